"""Deletes a person with all that is theirs: files, what was made of them, chats, keys, sessions, shelves."""

from collections.abc import Callable

from assistant.household_errors import NotAllowedError
from assistant.identifiers import PersonId
from assistant.library import Library
from assistant.people import People
from assistant.shelves import Shelves


class Farewell:
    """Lets a person go. What they put on the household's shelves is the household's and stays."""

    def __init__(
        self,
        *,
        people: People,
        shelves: Shelves,
        library: Library,
        forget: Callable[[PersonId], None] = lambda _person: None,
    ) -> None:
        """`forget` lets go of what is theirs in memory alone."""
        self._forget = forget
        self._people = people
        self._shelves = shelves
        self._library = library

    async def say(self, person_id: PersonId) -> None:
        """Delete the person; who stops it half-way says it again. Raises `PersonNotFoundError` or `NotAllowedError`."""
        if self._people.somebody(person_id).role == "owner":
            message = "The owner can't be deleted while the box is theirs. Reset the box to give it away."
            raise NotAllowedError(message)
        self._people.lock_out(person_id)
        for shelf in self._shelves.owned(person_id):
            await self._library.clear(shelf)
        self._people.remove(person_id)
        self._forget(person_id)
