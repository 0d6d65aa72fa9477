"""Keys for programs: each stands for one person, is shown once, and can be taken back. Only its hash is kept."""

import hashlib
import hmac
import secrets
import sqlite3
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from assistant.clock import Clock
from assistant.errors import UnfitNameError
from assistant.household_errors import KeyNotFoundError, TooManyKeysError
from assistant.identifiers import PersonId
from assistant.library_errors import DiskFullError
from assistant.store import Database

PREFIX: Final = "sk-hearth-"
"""Every key begins so: programs that look for `sk-` take it, and a person knows it in a settings file."""
LONGEST_NAME: Final = 60
MOST_KEYS: Final = 100
"""A person's keys at once."""
_SHOWN: Final = len(PREFIX) + 4
_NOTED_EVERY: Final = timedelta(minutes=1)
"""How often the time of last use is written down: not at each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as its person sees it; `id` names it and opens nothing."""

    id: str
    person_id: PersonId
    name: str
    beginning: str
    """The first characters, by which a person tells one key from another."""
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made, and its secret, which nobody can see again."""

    key: Key
    secret: str


def new_secret() -> str:
    """192 random bits behind the prefix."""
    return PREFIX + secrets.token_urlsafe(24)


class Keys:
    """Every key that still counts, in the database."""

    def __init__(self, *, database: Database, clock: Clock, make_secret: Callable[[], str] = new_secret) -> None:
        self._database = database
        self._clock = clock
        self._make_secret = make_secret

    def create(self, person_id: PersonId, name: str) -> NewKey:
        """A key of this person; raises `UnfitNameError` or `TooManyKeysError`."""
        name = fit_name(name)
        secret = self._make_secret()
        key = Key(
            id=secrets.token_urlsafe(9),
            person_id=person_id,
            name=name,
            beginning=secret[:_SHOWN],
            created_at=self._clock.now(),
            used_at=None,
        )
        with self._database.transaction() as connection:
            (held,) = connection.execute("SELECT count(*) FROM keys WHERE person_id = ?", (person_id,)).fetchone()
            if held >= MOST_KEYS:
                raise TooManyKeysError(MOST_KEYS)
            connection.execute(
                "INSERT INTO keys (id, person_id, name, beginning, key_sha256, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (key.id, person_id, name, key.beginning, hashed(secret), key.created_at.timestamp()),
            )
        return NewKey(key=key, secret=secret)

    def find(self, secret: str) -> Key | None:
        """The key of this secret, if there is one; its use is noted."""
        if not secret.startswith(PREFIX):
            return None
        digest = hashed(secret)
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM keys WHERE key_sha256 = ?", (digest,)).fetchone()
        if row is None or not hmac.compare_digest(row["key_sha256"], digest):
            return None
        key = _key(row)
        now = self._clock.now()
        if key.used_at is None or now - key.used_at > _NOTED_EVERY:
            self._note_use(key.id, now)
        return key

    def of(self, person_id: PersonId) -> list[Key]:
        """This person's keys, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM keys WHERE person_id = ? ORDER BY created_at DESC, rowid DESC", (person_id,)
            ).fetchall()
        return [_key(row) for row in rows]

    def revoke(self, key_id: str, person_id: PersonId) -> None:
        """Take a key back; it opens nothing from now on. Raises `KeyNotFoundError`, also for another person's."""
        with self._database.transaction() as connection:
            gone = connection.execute("DELETE FROM keys WHERE id = ? AND person_id = ?", (key_id, person_id)).rowcount
        if not gone:
            raise KeyNotFoundError

    def _note_use(self, key_id: str, now: datetime) -> None:
        with suppress(DiskFullError), self._database.transaction() as connection:
            connection.execute("UPDATE keys SET used_at = ? WHERE id = ?", (now.timestamp(), key_id))


def hashed(secret: str) -> bytes:
    """One round of SHA-256: slow hashes protect guessable passwords, and nobody guesses 192 random bits.

    Being looked up by its hash, a key is compared in a time that says nothing of how much of it was right.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def fit_name(name: str) -> str:
    """The key's name in its one spelling; raises `UnfitNameError`."""
    spelled = " ".join(unicodedata.normalize("NFKC", name).split())
    if not spelled or len(spelled) > LONGEST_NAME or not spelled.isprintable():
        message = f"A key needs a name of 1 to {LONGEST_NAME} letters, such as that of the program that will use it."
        raise UnfitNameError(message)
    return spelled


def _key(row: sqlite3.Row) -> Key:
    return Key(
        id=row["id"],
        person_id=PersonId(row["person_id"]),
        name=row["name"],
        beginning=row["beginning"],
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        used_at=None if row["used_at"] is None else datetime.fromtimestamp(row["used_at"], UTC),
    )
