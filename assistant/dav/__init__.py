"""The network folder: a person's shelves as WebDAV (RFC 4918), for phones, PCs and programs."""
