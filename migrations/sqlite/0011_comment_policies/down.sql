ALTER TABLE posts ADD COLUMN comments_open INTEGER NOT NULL DEFAULT 1 CHECK (comments_open IN (0, 1));
UPDATE posts SET comments_open = 0
WHERE id IN (SELECT post_id FROM comment_policies WHERE policy = 'closed');
DROP TABLE comment_policies;
