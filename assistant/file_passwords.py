"""Passwords of locked files: sealed beside their document, so that it can be read and drawn again, and gone with it.

The key lies in a file of its own that no backup takes along: who has the database alone has no password.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assistant.documents import Document, Status
from assistant.identifiers import DocumentId
from assistant.library_errors import NotLockedError
from assistant.parser.client import Reading
from assistant.queue import Job, Stage, enqueue, is_current
from assistant.store import Database
from firmware.durable import write_durably

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class FilePasswords:
    """Keeps them. Blocking."""

    def __init__(self, database: Database, key_file: Path) -> None:
        self._database = database
        self._key_file = key_file

    def give(self, document: Document, password: str) -> None:
        """Read a document again, with this password. Raises NotLockedError where none is missing."""
        sealed = self._sealed(document.id, password)
        with self._database.transaction() as connection:
            if not connection.execute(
                "UPDATE documents SET sealed_password = ?, is_locked = 0, status = ?, reason = NULL, progress = 0 "
                "WHERE id = ? AND is_locked",
                (sealed, Status.QUEUED, document.id),
            ).rowcount:
                raise NotLockedError
            enqueue(connection, document.id, Stage.READ)

    def of(self, document: DocumentId) -> str | None:
        """The password of a document; None where there is none, or where this box is not the one that sealed it."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT sealed_password FROM documents WHERE id = ?", (document,)).fetchone()
        if row is None or row["sealed_password"] is None or not self._key_file.exists():
            return None
        sealed = bytes(row["sealed_password"])
        try:
            opened = self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], document.encode())
        except InvalidTag:
            return None
        return opened.decode()

    def settle(self, job: Job, reading: Reading) -> None:
        """Keep whether a document still waits for a password; one that opened nothing is forgotten."""
        self._settle(job, reading.is_locked, reading.was_opened)

    def failed(self, job: Job, is_locked: bool) -> None:
        """The same of a document that could not be read."""
        self._settle(job, is_locked, False)

    def _settle(self, job: Job, waits: bool, fitted: bool) -> None:
        with self._database.transaction() as connection:
            if not is_current(connection, job):
                return
            connection.execute("UPDATE documents SET is_locked = ? WHERE id = ?", (waits, job.document))
            if not fitted:
                connection.execute("UPDATE documents SET sealed_password = NULL WHERE id = ?", (job.document,))

    def _sealed(self, document: DocumentId, password: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, password.encode("utf-8", "ignore"), document.encode())

    def _cipher(self) -> AESGCM:
        if not self._key_file.exists():
            write_durably(self._key_file, os.urandom(_KEY_BYTES), 0o600)
        return AESGCM(self._key_file.read_bytes())
