"""Sessions: the tokens that stand for a person after they signed in. Only a token's hash is kept."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assistant.clock import Clock
from assistant.household_errors import SessionNotFoundError
from assistant.identifiers import PersonId
from assistant.library_errors import DiskFullError
from assistant.store import Database

IDLE_LIFETIME = timedelta(days=30)
WHOLE_LIFETIME = timedelta(days=90)
_NOTED_EVERY = timedelta(minutes=5)
"""How often the time of last use is written down: not at each request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One device on which a person is signed in; `id` names it and opens nothing."""

    id: str
    person_id: PersonId
    created_at: datetime
    used_at: datetime


def new_token() -> str:
    """256 random bits, as text that fits a cookie and a header."""
    return secrets.token_urlsafe(32)


def has_ended(session: Session, now: datetime) -> bool:
    """Whether the session was unused, or lived, for too long."""
    return now - session.used_at > IDLE_LIFETIME or now - session.created_at > WHOLE_LIFETIME


class Sessions:
    """Every session that still counts, in the database."""

    def __init__(self, *, database: Database, clock: Clock, make_token: Callable[[], str] = new_token) -> None:
        self._database = database
        self._clock = clock
        self._make_token = make_token

    def open(self, person_id: PersonId) -> str:
        """Sign a person in and return the token; ended sessions of anybody are swept away."""
        token = self._make_token()
        now = self._clock.now()
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM sessions WHERE used_at < ? OR created_at < ?",
                ((now - IDLE_LIFETIME).timestamp(), (now - WHOLE_LIFETIME).timestamp()),
            )
            connection.execute(
                "INSERT INTO sessions (id, token_sha256, person_id, created_at, used_at) VALUES (?, ?, ?, ?, ?)",
                (secrets.token_urlsafe(9), _hashed(token), person_id, now.timestamp(), now.timestamp()),
            )
        return token

    def find(self, token: str) -> Session | None:
        """The session that the token opens, if it has not ended; its use is noted."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM sessions WHERE token_sha256 = ?", (_hashed(token),)).fetchone()
        if row is None:
            return None
        session = _session(row)
        now = self._clock.now()
        if has_ended(session, now):
            return None
        if now - session.used_at > _NOTED_EVERY:
            self._note_use(session.id, now)
        return session

    def renew(self, session: Session) -> str:
        """Exchange the session's token for a fresh one; the old one opens nothing from now on."""
        token = self._make_token()
        with self._database.transaction() as connection:
            changed = connection.execute(
                "UPDATE sessions SET token_sha256 = ?, used_at = ? WHERE id = ?",
                (_hashed(token), self._clock.now().timestamp(), session.id),
            ).rowcount
        if not changed:
            raise SessionNotFoundError
        return token

    def of(self, person_id: PersonId) -> list[Session]:
        """Where this person is signed in, last used first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM sessions WHERE person_id = ? ORDER BY used_at DESC", (person_id,)
            ).fetchall()
        now = self._clock.now()
        return [session for session in map(_session, rows) if not has_ended(session, now)]

    def close(self, session_id: str, person_id: PersonId) -> None:
        """Sign this person out there; raises `SessionNotFoundError`."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM sessions WHERE id = ? AND person_id = ?", (session_id, person_id)
            ).rowcount
        if not gone:
            raise SessionNotFoundError

    def _note_use(self, session_id: str, now: datetime) -> None:
        with suppress(DiskFullError), self._database.transaction() as connection:
            connection.execute("UPDATE sessions SET used_at = ? WHERE id = ?", (now.timestamp(), session_id))


def _hashed(token: str) -> bytes:
    """A token has 256 random bits, so one round of SHA-256 is enough to keep it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _session(row: sqlite3.Row) -> Session:
    return Session(
        id=row["id"],
        person_id=PersonId(row["person_id"]),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        used_at=datetime.fromtimestamp(row["used_at"], UTC),
    )
