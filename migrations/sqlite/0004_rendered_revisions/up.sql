-- What a revision's body was rendered to when it was saved: JSON of the application's own. NULL in older rows, until it is needed.
ALTER TABLE revisions ADD COLUMN rendered TEXT;
