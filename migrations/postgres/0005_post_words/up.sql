-- The words of a post that comments under it are compared with, by the live revision that they were taken from.
CREATE TABLE post_words (
  post_id UUID NOT NULL CONSTRAINT post_words_post_id_fkey REFERENCES posts (id) ON DELETE CASCADE,
  revision INTEGER NOT NULL,
  words TEXT NOT NULL,
  CONSTRAINT post_words_pkey PRIMARY KEY (post_id)
);
