"""Shelves: who may read which, and how a person makes, shares and clears one away."""

import secrets
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from assistant.errors import UnfitNameError
from assistant.household_errors import NotAllowedError, PersonNotFoundError
from assistant.identifiers import HOUSEHOLD, DocumentId, PersonId, ShelfId, private_shelf
from assistant.library_errors import KeptShelfError, ShelfNotFoundError
from assistant.people import Person, fit_name
from assistant.rights import Deed, may, refuse_unless
from assistant.store import Database

ShelfKind = Literal["household", "private"]
MOST_SHELVES: Final = 100
"""That one person may have, and that the household may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A shelf as one person sees it."""

    id: ShelfId
    name: str
    kind: ShelfKind
    person_id: PersonId | None
    """Whose private shelf it is; nobody's where it is the household's."""
    readers: tuple[PersonId, ...]
    """With whom its person shares it."""
    may_change: bool
    """Whether the one who asks may put files on it and take them away."""
    documents: int
    stays_here: bool
    """Whether its words may never leave this box, not even for a node of its mesh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The shelves that somebody may read, the own one first, and those of them that they may change."""

    readable: tuple[ShelfId, ...]
    changeable: frozenset[ShelfId]
    household: frozenset[ShelfId]
    """Those of the readable ones that are everybody's."""


class Shelves:
    """Every shelf, in the database. Each call says who asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reach(self, person: Person | None) -> Reach:
        """What this person may read and change; without a person, the household's shelves alone."""
        person_id = None if person is None else person.id
        with self._database.reading() as connection:
            rows = connection.execute(_READABLE, (person_id, person_id)).fetchall()
        readable = tuple(ShelfId(row["id"]) for row in rows)
        if person is not None and private_shelf(person.id) not in readable:
            readable = (private_shelf(person.id), *readable)
        household = frozenset(ShelfId(row["id"]) for row in rows if row["kind"] == "household")
        may_change = person is None or may(person.role, Deed.CHANGE_HOUSEHOLD)
        own = frozenset(ShelfId(row["id"]) for row in rows if row["person_id"] == person_id and person_id is not None)
        return Reach(readable=readable, changeable=own | household if may_change else own, household=household)

    def of(self, person: Person, *, counted: bool = True) -> list[Shelf]:
        """The shelves that this person may read, the own ones first; `documents` is 0 where they are not counted."""
        reach = self.reach(person)
        with self._database.reading() as connection:
            rows = connection.execute(_READABLE, (person.id, person.id)).fetchall()
            readers = connection.execute("SELECT * FROM shelf_readers ORDER BY person_id").fetchall()
            count = "SELECT shelf_id, count(*) AS documents FROM documents GROUP BY shelf_id"
            counts = {row["shelf_id"]: int(row["documents"]) for row in connection.execute(count)} if counted else {}
        return [
            Shelf(
                id=ShelfId(row["id"]),
                name=row["name"],
                kind=row["kind"],
                person_id=row["person_id"],
                # With whom somebody else shares a shelf is theirs to know.
                readers=tuple(
                    PersonId(one["person_id"])
                    for one in readers
                    if one["shelf_id"] == row["id"] and row["person_id"] == person.id
                ),
                may_change=row["id"] in reach.changeable,
                documents=counts.get(row["id"], 0),
                stays_here=bool(row["stays_here"]),
            )
            for row in rows
        ]

    def shelf(self, shelf_id: ShelfId, person: Person) -> Shelf:
        """One of them. Raises `ShelfNotFoundError`, also where this person may not read it."""
        for shelf in self.of(person):
            if shelf.id == shelf_id:
                return shelf
        raise ShelfNotFoundError

    def create(self, person: Person, *, name: str, kind: ShelfKind) -> Shelf:
        """A further shelf, of this person or of the household. Raises `NotAllowedError` or `UnfitNameError`."""
        refuse_unless(person.role, Deed.SHARE if kind == "private" else Deed.CHANGE_HOUSEHOLD)
        shelf_id = ShelfId(f"shelf-{secrets.token_urlsafe(12)}")
        owner = person.id if kind == "private" else None
        with self._database.transaction() as connection:
            fit = _free_name(connection, name, owner)
            connection.execute(
                "INSERT INTO shelves (id, kind, person_id, name) VALUES (?, ?, ?, ?)", (shelf_id, kind, owner, fit)
            )
        return self.shelf(shelf_id, person)

    def rename(self, shelf_id: ShelfId, person: Person, name: str) -> None:
        """Call a shelf otherwise.

        Raises `ShelfNotFoundError`, `NotAllowedError`, `KeptShelfError` or `UnfitNameError`.
        """
        shelf = self._changeable(shelf_id, person)
        if is_first(shelf_id):
            raise KeptShelfError
        with self._database.transaction() as connection:
            fit = _free_name(connection, name, shelf.person_id, besides=shelf_id)
            connection.execute("UPDATE shelves SET name = ? WHERE id = ?", (fit, shelf_id))

    def share(self, shelf_id: ShelfId, person: Person, readers: Sequence[PersonId]) -> None:
        """Let exactly these people read a private shelf of this person's.

        Raises `ShelfNotFoundError`, `NotAllowedError` or `PersonNotFoundError`.
        """
        refuse_unless(person.role, Deed.SHARE)
        shelf = self._changeable(shelf_id, person)
        if shelf.person_id != person.id:
            message = "Everybody in the house reads this shelf already. Share a shelf of your own instead."
            raise NotAllowedError(message)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM shelf_readers WHERE shelf_id = ?", (shelf_id,))
            for reader in dict.fromkeys(readers):
                if reader == person.id:
                    continue
                if not connection.execute("SELECT 1 FROM people WHERE id = ?", (reader,)).fetchone():
                    raise PersonNotFoundError
                connection.execute("INSERT INTO shelf_readers VALUES (?, ?)", (shelf_id, reader))

    def keep_here(self, shelf_id: ShelfId, person: Person, *, stays_here: bool) -> None:
        """Say whether its words may never leave this box. Raises `ShelfNotFoundError` or `NotAllowedError`."""
        self._changeable(shelf_id, person)
        with self._database.transaction() as connection:
            connection.execute("UPDATE shelves SET stays_here = ? WHERE id = ?", (stays_here, shelf_id))

    def are_bound(self, *, documents: Collection[DocumentId], shelves: Collection[ShelfId]) -> bool:
        """Whether one of these shelves stays here, or one on which one of these documents lies.

        A document that is not there any more counts as one that stays: nobody can say on what shelf it lay.
        """
        with self._database.reading() as connection:
            bound = {row["id"] for row in connection.execute("SELECT id FROM shelves WHERE stays_here")}
            if not bound:
                return False
            lying = [connection.execute(_SHELF_OF, (one,)).fetchone() for one in documents]
        return not bound.isdisjoint(shelves) or any(row is None or row["shelf_id"] in bound for row in lying)

    def to_clear(self, shelf_id: ShelfId, person: Person) -> ShelfId:
        """The shelf, where this person may clear it away; the first ones of people and household stay."""
        self._changeable(shelf_id, person)
        if is_first(shelf_id):
            raise KeptShelfError
        return shelf_id

    def remove(self, shelf_id: ShelfId) -> None:
        """Forget an empty shelf."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM shelves WHERE id = ?", (shelf_id,))

    def owned(self, person_id: PersonId) -> list[ShelfId]:
        """All private shelves of this person."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id FROM shelves WHERE person_id = ?", (person_id,)).fetchall()
        return [ShelfId(row["id"]) for row in rows]

    def _changeable(self, shelf_id: ShelfId, person: Person) -> Shelf:
        shelf = self.shelf(shelf_id, person)
        if not shelf.may_change:
            message = "This shelf belongs to somebody else, who lets you read it. Ask them to change it."
            raise NotAllowedError(message)
        return shelf


def owner_of(database: Database, shelf_id: ShelfId) -> PersonId | None:
    """Whose shelf this is; None where it is the household's."""
    with database.reading() as connection:
        row = connection.execute("SELECT person_id FROM shelves WHERE id = ?", (shelf_id,)).fetchone()
    return None if row is None or row["person_id"] is None else PersonId(row["person_id"])


def is_first(shelf_id: ShelfId) -> bool:
    """Whether this is the household's or a person's first shelf, which is always there."""
    return shelf_id == HOUSEHOLD or shelf_id.startswith("private-")


def out_of_reach(
    connection: sqlite3.Connection, person_id: PersonId, documents: Collection[DocumentId]
) -> list[DocumentId]:
    """Those of these documents that lie on a shelf which this person may not read now."""
    readable = {row["id"] for row in connection.execute(_READABLE, (person_id, person_id))} | {private_shelf(person_id)}
    lying = ((one, connection.execute(_SHELF_OF, (one,)).fetchone()) for one in sorted(documents))
    return [one for one, row in lying if row is not None and row["shelf_id"] not in readable]


_SHELF_OF: Final = "SELECT shelf_id FROM documents WHERE id = ?"
_READABLE: Final = (
    "SELECT * FROM shelves WHERE kind = 'household' OR person_id = ? "
    "OR id IN (SELECT shelf_id FROM shelf_readers WHERE person_id = ?) "
    "ORDER BY id NOT LIKE 'private-%', id != 'household', kind, name, id"
)


def _free_name(
    connection: sqlite3.Connection, name: str, owner: PersonId | None, *, besides: ShelfId | None = None
) -> str:
    """The name as it is spelled; raises `UnfitNameError` where such a shelf is there already."""
    fit = fit_name(name).replace("/", "-")
    rows = connection.execute("SELECT id, name FROM shelves WHERE person_id IS ?", (owner,)).fetchall()
    if any(row["name"].casefold() == fit.casefold() and row["id"] != besides for row in rows):
        message = "There is a shelf of this name already. Choose another name."
        raise UnfitNameError(message)
    if len(rows) >= MOST_SHELVES:
        message = f"There are {len(rows)} shelves already, the most there may be. Clear one away first."
        raise UnfitNameError(message)
    return fit
