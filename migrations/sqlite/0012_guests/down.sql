DROP TABLE secrets;
DROP TABLE known_names;
DROP TABLE spam_marks;
DROP INDEX comments_guest_idx;
ALTER TABLE comments DROP COLUMN guest_hash;
