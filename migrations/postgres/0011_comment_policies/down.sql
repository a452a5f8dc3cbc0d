ALTER TABLE posts ADD COLUMN comments_open BOOLEAN NOT NULL DEFAULT TRUE;
UPDATE posts SET comments_open = FALSE
WHERE id IN (SELECT post_id FROM comment_policies WHERE policy = 'closed');
DROP TABLE comment_policies;
