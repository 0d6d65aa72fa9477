-- People, the sessions they are signed in with, and the chats that belong to them.

CREATE TABLE people (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE, -- the name in NFKC and without case, so that nobody can look like somebody else
    role TEXT NOT NULL CHECK (role IN ('owner', 'adult', 'child')),
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- Two people who claim the box at the same moment: the second one is refused here.
CREATE UNIQUE INDEX one_owner ON people (role) WHERE role = 'owner';

-- The token itself is never kept.
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    token_sha256 BLOB NOT NULL UNIQUE,
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    created_at REAL NOT NULL, -- seconds since 1970
    used_at REAL NOT NULL
) STRICT;

CREATE INDEX sessions_by_person ON sessions (person_id);

CREATE TABLE chats (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    title TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX chats_by_person ON chats (person_id);

CREATE TABLE messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text TEXT NOT NULL,
    interrupted INTEGER NOT NULL DEFAULT 0, -- 1 where the answer broke off
    citations TEXT NOT NULL DEFAULT '[]', -- JSON
    sources TEXT, -- JSON: what was retrieved, fitted and dropped; null for questions
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX messages_by_chat ON messages (chat_id, position);
