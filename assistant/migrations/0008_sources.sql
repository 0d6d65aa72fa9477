-- Who brought a file, so that what comes again from there replaces its own and nothing else.
ALTER TABLE files ADD COLUMN source TEXT; -- null: a person, by hand
UPDATE files SET source = 'folder:' || (SELECT path FROM watched_folders WHERE id = folder_id) WHERE folder_id IS NOT NULL;
