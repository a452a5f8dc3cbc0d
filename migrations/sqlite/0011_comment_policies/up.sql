-- Whether a post takes comments, where it does not follow the site: moderators decide, at once, whatever the working copy has.
CREATE TABLE comment_policies (
  post_id BLOB NOT NULL CONSTRAINT comment_policies_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  policy TEXT NOT NULL CONSTRAINT comment_policies_policy_check CHECK (policy IN ('open', 'held', 'closed')),
  CONSTRAINT comment_policies_pkey PRIMARY KEY (post_id)
) STRICT, WITHOUT ROWID;
INSERT INTO comment_policies (post_id, policy)
SELECT p.id, CASE WHEN p.comments_open THEN 'open' ELSE 'closed' END
FROM posts AS p LEFT JOIN site AS s ON s.id = 1 WHERE p.comments_open <> coalesce(s.comments_open, 1);
ALTER TABLE posts DROP COLUMN comments_open;
