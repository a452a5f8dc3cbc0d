DROP TABLE comment_shingles;
