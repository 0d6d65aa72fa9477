-- Work in the background: who does it now, by which lease, how far it is, and what each step of it gave.

CREATE TABLE background_jobs (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'meaning')),
    person_id TEXT REFERENCES people (id) ON DELETE CASCADE, -- who sees it; null: nobody but by its number
    chat_id TEXT REFERENCES chats (id) ON DELETE CASCADE, -- where an answer goes
    document_id TEXT REFERENCES documents (id) ON DELETE CASCADE, -- whose meaning is computed
    question TEXT,
    standing TEXT NOT NULL CHECK (standing IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    token INTEGER NOT NULL, -- grows with every lease, so that who held an earlier one is known
    worker TEXT NOT NULL, -- who holds the lease, or held the last one
    expires_at REAL NOT NULL, -- seconds since 1970
    attempts INTEGER NOT NULL, -- in a row without a step that was kept
    not_before REAL NOT NULL, -- after a failed attempt; seconds since 1970
    done INTEGER NOT NULL, -- steps
    total INTEGER NOT NULL, -- 0 until it is known
    end_is_wished INTEGER NOT NULL,
    reason TEXT NOT NULL, -- a sentence: why it failed, or why the last attempt did
    made_at TEXT NOT NULL,
    ended_at REAL, -- seconds since 1970
    CHECK (kind != 'answer' OR (person_id IS NOT NULL AND chat_id IS NOT NULL AND question IS NOT NULL)),
    CHECK (kind != 'meaning' OR document_id IS NOT NULL)
) STRICT;

CREATE INDEX background_jobs_by_standing ON background_jobs (standing, kind);
CREATE INDEX background_jobs_by_person ON background_jobs (person_id);
CREATE INDEX background_jobs_by_chat ON background_jobs (chat_id);
CREATE INDEX background_jobs_by_document ON background_jobs (document_id);

-- The steps of an answer, one a file, until the whole answer is kept in its chat. What rests on a file goes with it.
CREATE TABLE background_steps (
    job_id TEXT NOT NULL REFERENCES background_jobs (id) ON DELETE CASCADE,
    step INTEGER NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    result TEXT, -- JSON; null until the step is done
    PRIMARY KEY (job_id, step)
) STRICT;

CREATE INDEX background_steps_by_document ON background_steps (document_id);
