ALTER TABLE posts DROP COLUMN preview_epoch;
