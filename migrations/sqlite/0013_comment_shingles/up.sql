-- By what texts of comments of the last days are found that say nearly the same.
CREATE TABLE comment_shingles (
  shingle INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  comment_id BLOB NOT NULL,
  CONSTRAINT comment_shingles_pkey PRIMARY KEY (shingle, created_at, comment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX comment_shingles_comment_id_idx ON comment_shingles (comment_id);
CREATE INDEX comment_shingles_created_at_idx ON comment_shingles (created_at);
