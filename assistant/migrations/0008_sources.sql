-- Where files come from: who brought each, and on what it lies there.

-- Who brought a file, so that what comes again from there replaces its own and nothing else.
ALTER TABLE files ADD COLUMN source TEXT; -- null: a person, by hand
UPDATE files SET source = 'folder:' || (SELECT path FROM watched_folders WHERE id = folder_id) WHERE folder_id IS NOT NULL;

-- On which file system a watched file lay, by its number; what goes together with its file system is not gone for good.
ALTER TABLE files ADD COLUMN device INTEGER;
ALTER TABLE watched_folders ADD COLUMN missing INTEGER NOT NULL DEFAULT 0; -- files that are kept though they are not seen
