"""The names that things in the library are known by: plain strings that mypy keeps apart."""

from typing import Final, NewType

DocumentId = NewType("DocumentId", str)
PersonId = NewType("PersonId", str)
ShelfId = NewType("ShelfId", str)
ChatId = NewType("ChatId", str)

HOUSEHOLD: Final = ShelfId("household")
"""The shelf that everybody in the house may read."""


def private_shelf(person_id: PersonId) -> ShelfId:
    """The shelf that only this person may read."""
    return ShelfId(f"private-{person_id}")
