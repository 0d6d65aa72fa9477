-- The library: shelves, what lies on them, and the work that is still to be done on it.

CREATE TABLE shelves (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('household', 'private')),
    person_id TEXT, -- whose private shelf; null for the household's
    name TEXT NOT NULL,
    CHECK ((kind = 'private') = (person_id IS NOT NULL))
) STRICT;

INSERT INTO shelves (id, kind, person_id, name) VALUES ('household', 'household', NULL, 'Household');

CREATE TABLE documents (
    id TEXT PRIMARY KEY,
    shelf_id TEXT NOT NULL REFERENCES shelves (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    pages INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL CHECK (status IN ('queued', 'reading', 'searchable', 'ready', 'failed')),
    reason TEXT, -- a sentence, where the status is 'failed'
    progress REAL NOT NULL DEFAULT 0,
    added_at TEXT NOT NULL,
    UNIQUE (shelf_id, sha256)
) STRICT;

CREATE INDEX documents_by_sha256 ON documents (sha256);

CREATE TABLE pages (
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    page INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (document_id, page)
) STRICT;

-- A passage is the characters [start, end) of a page's text. Its number is never used again, so that an index that lags behind
-- can name a passage that is gone but never a wrong one.
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id TEXT NOT NULL,
    page INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    heading TEXT NOT NULL,
    FOREIGN KEY (document_id, page) REFERENCES pages (document_id, page) ON DELETE CASCADE
) STRICT;

CREATE INDEX passages_by_page ON passages (document_id, page);

-- Half-precision floats, so that the vector index can be rebuilt without computing them again.
CREATE TABLE vectors (
    passage_id INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
    vector BLOB NOT NULL
) STRICT;

-- One row for each document that is not finished; the row goes when the work is done.
CREATE TABLE jobs (
    document_id TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    stage TEXT NOT NULL CHECK (stage IN ('read', 'words', 'meaning')),
    running INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    queued_at TEXT NOT NULL
) STRICT;

-- What each derived index was built by; a differing mark means that it has to be built again.
CREATE TABLE indexes (
    name TEXT PRIMARY KEY,
    mark TEXT NOT NULL
) STRICT;
