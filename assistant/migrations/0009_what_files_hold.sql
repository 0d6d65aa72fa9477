-- What reading a file told of it: whether it waits for a password, what kind it is, of which day, and where pages lie.

ALTER TABLE documents ADD COLUMN is_locked INTEGER NOT NULL DEFAULT 0; -- whether a password would open more of it
ALTER TABLE documents ADD COLUMN sealed_password BLOB; -- see file_passwords.py; null: none was given
ALTER TABLE documents ADD COLUMN dated_at TEXT; -- the file's own day, such as 2026-03-04; null: it says none
ALTER TABLE pages ADD COLUMN origin TEXT; -- JSON: where in a file inside the file its picture is; null: in the file itself

-- Watched files were kept with when they changed, and are their person's.
UPDATE documents SET
    dated_at = (SELECT date(max(changed_ns) / 1000000000, 'unixepoch') FROM files WHERE document_id = documents.id),
    added_by = coalesce(added_by, (SELECT person_id FROM shelves WHERE id = documents.shelf_id))
WHERE id IN (SELECT document_id FROM files WHERE folder_id IS NOT NULL);
UPDATE documents SET is_locked = 1 WHERE status = 'failed' AND reason LIKE 'This file is locked: it needs a password.%';
