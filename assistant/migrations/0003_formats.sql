-- What a reader of many formats has to say: what in a file could not be read, and where the words of a scanned page stand.

ALTER TABLE documents ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'; -- JSON: sentences

ALTER TABLE pages ADD COLUMN words BLOB; -- as assistant/places.py packs them; null where the page is no scan
