-- What reading a file told of it: whether it waits for a password, what kind it is, of which day, and where pages lie.

ALTER TABLE documents ADD COLUMN is_locked INTEGER NOT NULL DEFAULT 0; -- whether a password would open more of it
ALTER TABLE documents ADD COLUMN sealed_password BLOB; -- see file_passwords.py; null: none was given

UPDATE documents SET is_locked = 1 WHERE status = 'failed' AND reason LIKE 'This file is locked: it needs a password.%';
