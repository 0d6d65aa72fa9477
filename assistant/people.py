"""The people of the house: who they are, how the first one claims the box, and which shelves each may read."""

import secrets
import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assistant.clock import Clock
from assistant.errors import AlreadyClaimedError, UnfitNameError, WrongLoginError
from assistant.identifiers import HOUSEHOLD, PersonId, ShelfId, private_shelf
from assistant.passwords import Passwords, refuse_weak
from assistant.store import Database

LONGEST_NAME = 60

Role = Literal["owner", "adult", "child"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who lives with this box."""

    id: PersonId
    name: str
    role: Role
    created_at: datetime


def shelves_of(person: Person | None) -> tuple[ShelfId, ...]:
    """What this person may read: the own shelf and the household's; without a person, the household's alone."""
    return (HOUSEHOLD,) if person is None else (private_shelf(person.id), HOUSEHOLD)


class People:
    """Everybody whom the box knows, in the database."""

    def __init__(self, *, database: Database, passwords: Passwords, clock: Clock) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock

    def owner(self) -> Person | None:
        """Who claimed the box; nobody yet on a new one."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM people WHERE role = 'owner'").fetchone()
        return None if row is None else _person(row)

    def is_claimed(self) -> bool:
        """Whether the box has an owner."""
        return self.owner() is not None

    def person(self, person_id: PersonId) -> Person | None:
        """The person of this id, if there still is one."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM people WHERE id = ?", (person_id,)).fetchone()
        return None if row is None else _person(row)

    async def claim(self, *, name: str, password: str) -> Person:
        """Make the first person the owner, with a private shelf.

        Raises `UnfitNameError`, `WeakPasswordError`, or `AlreadyClaimedError` where somebody was faster.
        """
        name = fit_name(name)
        refuse_weak(password, name=name)
        hashed = await self._passwords.hash(password)
        person = Person(id=PersonId(secrets.token_urlsafe(12)), name=name, role="owner", created_at=self._clock.now())
        try:
            with self._database.transaction() as connection:
                _insert(connection, person, hashed)
        except sqlite3.IntegrityError as error:
            raise AlreadyClaimedError from error
        return person

    async def sign_in(self, *, name: str, password: str) -> Person:
        """The person with this name and password; raises `WrongLoginError`, after the same time for unknown names."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT * FROM people WHERE name_key = ?", (name_key(name),)).fetchone()
        hashed = None if row is None else str(row["password_hash"])
        if not await self._passwords.matches(password, hashed) or row is None or hashed is None:
            raise WrongLoginError
        if self._passwords.is_outdated(hashed):
            await self._rehash(PersonId(row["id"]), password)
        return _person(row)

    async def _rehash(self, person_id: PersonId, password: str) -> None:
        hashed = await self._passwords.hash(password)
        with self._database.transaction() as connection:
            connection.execute("UPDATE people SET password_hash = ? WHERE id = ?", (hashed, person_id))


def fit_name(name: str) -> str:
    """The name in its one spelling; raises `UnfitNameError` for an empty, endless or unprintable one."""
    spelled = " ".join(unicodedata.normalize("NFKC", name).split())
    if not spelled:
        message = "The name is empty. Type the name that the others in the house call you by."
        raise UnfitNameError(message)
    if len(spelled) > LONGEST_NAME:
        message = f"This name is too long. Choose one of at most {LONGEST_NAME} characters."
        raise UnfitNameError(message)
    if not spelled.isprintable():
        message = "This name holds characters that cannot be shown. Type it again with letters alone."
        raise UnfitNameError(message)
    return spelled


def name_key(name: str) -> str:
    """What two names have in common that people would take for the same."""
    return unicodedata.normalize("NFKC", " ".join(unicodedata.normalize("NFKC", name).split()).casefold())


def _insert(connection: sqlite3.Connection, person: Person, hashed: str) -> None:
    connection.execute(
        "INSERT INTO people (id, name, name_key, role, password_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (person.id, person.name, name_key(person.name), person.role, hashed, person.created_at.isoformat()),
    )
    connection.execute(
        "INSERT INTO shelves (id, kind, person_id, name) VALUES (?, 'private', ?, ?)",
        (private_shelf(person.id), person.id, person.name),
    )


def _person(row: sqlite3.Row) -> Person:
    return Person(
        id=PersonId(row["id"]),
        name=row["name"],
        role=row["role"],
        created_at=datetime.fromisoformat(row["created_at"]),
    )
