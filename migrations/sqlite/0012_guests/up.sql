-- By what a guest is known: SHA-256 of the token that only their browser has, in hexadecimal.
ALTER TABLE comments ADD COLUMN guest_hash TEXT;
CREATE INDEX comments_guest_idx ON comments (guest_hash, status);

-- What comments that moderators took for spam had: who sent them, from where, where their links lead, each as a keyed hash.
CREATE TABLE spam_marks (
  mark TEXT NOT NULL,
  comment_id BLOB NOT NULL,
  made_at TEXT NOT NULL,
  CONSTRAINT spam_marks_pkey PRIMARY KEY (mark, comment_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX spam_marks_comment_id_idx ON spam_marks (comment_id);

-- The names of authors and accounts in the form in which lookalikes are equal.
CREATE TABLE known_names (
  skeleton TEXT NOT NULL,
  owner_id BLOB NOT NULL,
  CONSTRAINT known_names_pkey PRIMARY KEY (skeleton, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_names_owner_id_idx ON known_names (owner_id);

-- Keys that the server makes for itself.
CREATE TABLE secrets (
  name TEXT NOT NULL CONSTRAINT secrets_pkey PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
