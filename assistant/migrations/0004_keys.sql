-- Keys with which a person's programs speak to the API. Only a hash is kept, and the first characters, to tell keys apart.

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    beginning TEXT NOT NULL,
    key_sha256 BLOB NOT NULL UNIQUE,
    created_at REAL NOT NULL, -- seconds since 1970
    used_at REAL -- null until it was used
) STRICT;

CREATE INDEX keys_by_person ON keys (person_id);
