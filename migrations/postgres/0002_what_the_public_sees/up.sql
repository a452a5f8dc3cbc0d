-- The site tells of the comments under listed posts, as it does of the listed posts themselves.
UPDATE counters SET value = (SELECT coalesce(sum(comment_count), 0) FROM posts WHERE listed = TRUE) WHERE name = 'comments';

-- A tag that somebody named in a draft is nobody else's business until a post with it goes out.
ALTER TABLE tags ADD COLUMN is_public BOOLEAN NOT NULL DEFAULT TRUE;
