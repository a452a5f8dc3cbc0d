-- Rises when a post's preview links are revoked: a link is good for the number with which it was made.
ALTER TABLE posts ADD COLUMN preview_epoch BIGINT NOT NULL DEFAULT 0;
