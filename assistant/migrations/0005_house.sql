-- A household: who may read whose shelf, who is asked in, where each file lies, and which folders are watched.

-- A private shelf that its person shares with some others. They read it; only its person changes it.
CREATE TABLE shelf_readers (
    shelf_id TEXT NOT NULL REFERENCES shelves (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    PRIMARY KEY (shelf_id, person_id)
) STRICT;

CREATE INDEX shelf_readers_by_person ON shelf_readers (person_id);

-- A code that lets one person in, or sets one person's password anew. Only its hash is kept; it goes when it was used.
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    code_sha256 BLOB NOT NULL UNIQUE,
    role TEXT CHECK (role IN ('adult', 'child')), -- of the one who will join; null for a new password
    person_id TEXT REFERENCES people (id) ON DELETE CASCADE, -- whose new password; null for one who will join
    made_at REAL NOT NULL, -- seconds since 1970
    expires_at REAL NOT NULL,
    CHECK ((role IS NULL) = (person_id IS NOT NULL))
) STRICT;

-- Whose password the owner let be set anew, until that person has seen it.
CREATE TABLE password_resets (
    person_id TEXT PRIMARY KEY REFERENCES people (id) ON DELETE CASCADE,
    reset_at REAL NOT NULL -- seconds since 1970
) STRICT;

ALTER TABLE documents ADD COLUMN folder TEXT NOT NULL DEFAULT ''; -- in which folder of its shelf it lies first
ALTER TABLE documents ADD COLUMN added_by TEXT; -- the person, where it was one

-- Folders of this machine whose files are on a shelf, and follow what happens in the folder.
CREATE TABLE watched_folders (
    id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, -- of the folder on the shelf in which its files lie
    shelf_id TEXT NOT NULL REFERENCES shelves (id) ON DELETE CASCADE,
    added_at TEXT NOT NULL,
    looked_at TEXT, -- when it was last looked through
    problem TEXT -- a sentence, where it could not be
) STRICT;

-- The names under which documents lie on a shelf: one document has several where several files have the same bytes.
CREATE TABLE files (
    shelf_id TEXT NOT NULL REFERENCES shelves (id) ON DELETE CASCADE,
    path TEXT NOT NULL, -- folders and name, parted by slashes
    document_id TEXT REFERENCES documents (id) ON DELETE CASCADE, -- null: a watched file that was left out, see below
    folder_id TEXT REFERENCES watched_folders (id) ON DELETE SET NULL, -- null: it was sent to this box
    size_bytes INTEGER, -- a watched file as it looked when it was read; whoever deletes it here does not get it back
    changed_ns INTEGER, -- until it changes
    PRIMARY KEY (shelf_id, path)
) STRICT;

CREATE INDEX files_by_document ON files (document_id);
CREATE INDEX files_by_folder ON files (folder_id);

-- Until now each document had one name, and two could have the same.
INSERT INTO files (shelf_id, path, document_id)
SELECT shelf_id, CASE WHEN turn = 1 THEN name ELSE '(' || turn || ') ' || name END, id
FROM (SELECT id, shelf_id, name, row_number() OVER (PARTITION BY shelf_id, name ORDER BY added_at, id) AS turn FROM documents);
