-- A shelf whose words never leave this box: no other node computes an answer from its files.
ALTER TABLE shelves ADD COLUMN stays_here INTEGER NOT NULL DEFAULT 0 CHECK (stays_here IN (0, 1));
