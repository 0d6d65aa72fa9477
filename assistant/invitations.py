"""Codes that the owner hands to somebody: one lets a new person in, another sets a person's password anew."""

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from assistant.clock import Clock
from assistant.household_errors import InvitationNotFoundError, NotAllowedError, WrongInvitationError
from assistant.identifiers import PersonId
from assistant.passwords import Passwords, refuse_weak
from assistant.people import People, Person, fit_name, insert_person
from assistant.setup_code import ALPHABET, without_decoration
from assistant.store import Database

LENGTH: Final = 12
"""30 to the 12th: 58 bits, each guess slowed."""
LIFETIME: Final = timedelta(days=7)
RESET_LIFETIME: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A code that still opens something; the code itself is not kept."""

    id: str
    role: Literal["adult", "child"] | None
    """What the one who comes will be; None where it sets a password anew."""
    person_id: PersonId | None
    """Whose password it sets anew."""
    expires_at: datetime


class Invitations:
    """Every invitation, in the database. Each code works once."""

    def __init__(self, *, database: Database, people: People, passwords: Passwords, clock: Clock) -> None:
        self._database = database
        self._people = people
        self._passwords = passwords
        self._clock = clock

    def invite(self, role: Literal["adult", "child"]) -> tuple[Invitation, str]:
        """An invitation and its code, which is told this once."""
        return self._make(role, None, LIFETIME)

    def reset(self, person_id: PersonId) -> tuple[Invitation, str]:
        """A code by which this person sets a new password; earlier ones for them are void.

        Raises `PersonNotFoundError` or `NotAllowedError`.
        """
        if self._people.somebody(person_id).role == "owner":
            message = "The owner changes the own password under “People”, with the old one."
            raise NotAllowedError(message)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM invitations WHERE person_id = ?", (person_id,))
        return self._make(None, person_id, RESET_LIFETIME)

    def open(self) -> list[Invitation]:
        """Those that can still be used, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT * FROM invitations WHERE expires_at > ? ORDER BY made_at DESC, rowid DESC", (self._now(),)
            ).fetchall()
        return [_invitation(row) for row in rows]

    def take_back(self, invitation_id: str) -> None:
        """Make a code void. Raises `InvitationNotFoundError`."""
        with self._database.transaction() as connection:
            if not connection.execute("DELETE FROM invitations WHERE id = ?", (invitation_id,)).rowcount:
                raise InvitationNotFoundError

    async def join(self, *, code: str, name: str, password: str) -> Person:
        """Let the one who brings a code live here; the code is used up only where all else fits.

        Raises `WrongInvitationError`, `UnfitNameError`, `WeakPasswordError` or `NameTakenError`.
        """
        role = self._fitting(code).role
        if role is None:
            raise WrongInvitationError
        name = fit_name(name)
        refuse_weak(password, name=name)
        person, hashed = self._people.newcomer(name, role), await self._passwords.hash(password)
        with self._database.transaction() as connection:
            _use(connection, code)
            insert_person(connection, person, hashed)
        return person

    async def set_password(self, *, code: str, password: str) -> Person:
        """Give the person whose code this is a new password; they are signed out everywhere and told that it was so.

        Raises `WrongInvitationError` or `WeakPasswordError`.
        """
        person_id = self._fitting(code).person_id
        if person_id is None:
            raise WrongInvitationError
        person = self._people.somebody(person_id)
        refuse_weak(password, name=person.name)
        hashed = await self._passwords.hash(password)
        with self._database.transaction() as connection:
            _use(connection, code)
            connection.execute("UPDATE people SET password_hash = ? WHERE id = ?", (hashed, person_id))
            connection.execute("DELETE FROM sessions WHERE person_id = ?", (person_id,))
            connection.execute(
                "INSERT INTO password_resets VALUES (?, ?) "
                "ON CONFLICT (person_id) DO UPDATE SET reset_at = excluded.reset_at",
                (person_id, self._now()),
            )
        return person

    def was_reset_at(self, person_id: PersonId) -> datetime | None:
        """When the person's password was set anew by a code, if they have not said yet that they know of it."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM password_resets WHERE person_id = ?", (person_id,)).fetchone()
        return None if row is None else datetime.fromtimestamp(row["reset_at"], UTC)

    def reset_is_known(self, person_id: PersonId) -> None:
        """The person knows of it."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM password_resets WHERE person_id = ?", (person_id,))

    def _make(
        self, role: Literal["adult", "child"] | None, person_id: PersonId | None, lifetime: timedelta
    ) -> tuple[Invitation, str]:
        letters = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        expires_at = self._clock.now() + lifetime
        made = Invitation(id=secrets.token_urlsafe(9), role=role, person_id=person_id, expires_at=expires_at)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM invitations WHERE expires_at <= ?", (self._now(),))
            connection.execute(
                "INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?)",
                (made.id, _hashed(letters), role, person_id, self._now(), expires_at.timestamp()),
            )
        return made, "-".join(letters[start : start + 4] for start in range(0, LENGTH, 4))

    def _fitting(self, code: str) -> Invitation:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT * FROM invitations WHERE code_sha256 = ? AND expires_at > ?", (_hashed(code), self._now())
            ).fetchone()
        if row is None:
            raise WrongInvitationError
        return _invitation(row)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _use(connection: sqlite3.Connection, code: str) -> None:
    """Two who bring the same code at the same moment: the second one is refused here."""
    if not connection.execute("DELETE FROM invitations WHERE code_sha256 = ?", (_hashed(code),)).rowcount:
        raise WrongInvitationError


def _hashed(code: str) -> bytes:
    return hashlib.sha256(without_decoration(code).encode("utf-8", "surrogatepass")).digest()


def _invitation(row: sqlite3.Row) -> Invitation:
    return Invitation(
        id=row["id"],
        role=row["role"],
        person_id=None if row["person_id"] is None else PersonId(row["person_id"]),
        expires_at=datetime.fromtimestamp(row["expires_at"], UTC),
    )
