DROP TABLE post_words;
