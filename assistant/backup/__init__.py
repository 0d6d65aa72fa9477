"""Backups: everything of this node in one encrypted file, and back again on another machine."""
