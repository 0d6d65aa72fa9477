"""The people of the house: who they are, how the first one claims the box, how others come, and how one goes."""

import secrets
import sqlite3
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from assistant.clock import Clock
from assistant.errors import UnfitNameError
from assistant.household_errors import (
    AlreadyClaimedError,
    NameTakenError,
    NotAllowedError,
    PersonNotFoundError,
    WrongLoginError,
    WrongPasswordError,
)
from assistant.identifiers import PersonId, private_shelf
from assistant.passwords import Passwords, refuse_weak
from assistant.rights import Role
from assistant.store import Database

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who lives with this box."""

    id: PersonId
    name: str
    role: Role
    created_at: datetime


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
        person = self.newcomer(name, "owner")
        try:
            with self._database.transaction() as connection:
                insert_person(connection, person, hashed)
        except sqlite3.IntegrityError as error:
            raise AlreadyClaimedError from error
        return person

    def newcomer(self, name: str, role: Role) -> Person:
        """Somebody who is not in the database yet."""
        return Person(id=PersonId(secrets.token_urlsafe(12)), name=name, role=role, created_at=self._clock.now())

    async def add(self, *, name: str, password: str, role: Role) -> Person:
        """Let somebody live here; raises `UnfitNameError`, `WeakPasswordError` or `NameTakenError`."""
        name = fit_name(name)
        refuse_weak(password, name=name)
        person, hashed = self.newcomer(name, role), await self._passwords.hash(password)
        with self._database.transaction() as connection:
            insert_person(connection, person, hashed)
        return person

    def all(self) -> list[Person]:
        """Everybody, the owner first."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT * FROM people ORDER BY role != 'owner', created_at, id").fetchall()
        return [_person(row) for row in rows]

    async def confirm(self, person_id: PersonId, password: str) -> None:
        """Raise `WrongPasswordError` unless this is the person's password."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT password_hash FROM people WHERE id = ?", (person_id,)).fetchone()
        if not await self._passwords.matches(password, None if row is None else str(row["password_hash"])):
            raise WrongPasswordError

    async def change_password(self, person: Person, *, old: str, new: str) -> None:
        """Give a person who knows the old password a new one; raises `WrongPasswordError` or `WeakPasswordError`."""
        refuse_weak(new, name=person.name)
        await self.confirm(person.id, old)
        await self._rehash(person.id, new)

    def set_role(self, person_id: PersonId, role: Role) -> Person:
        """Make an adult of a child, or a child of an adult; their keys go with the right to have some.

        Raises `PersonNotFoundError` or `NotAllowedError`.
        """
        person = self.somebody(person_id)
        if "owner" in (person.role, role):
            message = "This box has one owner, who stays its owner."
            raise NotAllowedError(message)
        with self._database.transaction() as connection:
            connection.execute("UPDATE people SET role = ? WHERE id = ?", (role, person_id))
            if role == "child":
                connection.execute("DELETE FROM keys WHERE person_id = ?", (person_id,))
        return self.somebody(person_id)

    def somebody(self, person_id: PersonId) -> Person:
        """The person of this id. Raises `PersonNotFoundError`."""
        person = self.person(person_id)
        if person is None:
            raise PersonNotFoundError
        return person

    def sign_out_everywhere(self, person_id: PersonId, *, but: str = "") -> None:
        """End this person's sessions, but the one of this id."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE person_id = ? AND id != ?", (person_id, but))

    def lock_out(self, person_id: PersonId) -> None:
        """From now on nothing that this person holds opens anything."""
        with self._database.transaction() as connection:
            for table in ("sessions", "keys", "invitations"):
                connection.execute(f"DELETE FROM {table} WHERE person_id = ?", (person_id,))  # noqa: S608 - ours

    def remove(self, person_id: PersonId) -> None:
        """Forget a person and their chats, from the disk too; their shelves have to be empty."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM people WHERE id = ?", (person_id,))
            connection.execute("DELETE FROM shelves WHERE person_id = ?", (person_id,))
        self._database.forget_deleted()

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


def insert_person(connection: sqlite3.Connection, person: Person, hashed: str) -> None:
    """Add a person with a private shelf, within the caller's transaction. Raises `NameTakenError`."""
    taken = connection.execute("SELECT 1 FROM people WHERE name_key = ?", (name_key(person.name),)).fetchone()
    if taken and person.role != "owner":
        raise NameTakenError
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
