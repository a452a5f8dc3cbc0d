ALTER TABLE revisions DROP COLUMN rendered;
