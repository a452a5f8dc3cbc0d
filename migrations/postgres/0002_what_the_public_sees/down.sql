ALTER TABLE tags DROP COLUMN is_public;

UPDATE counters SET value = (SELECT coalesce(sum(comment_count), 0) FROM posts) WHERE name = 'comments';
