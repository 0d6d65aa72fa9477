"""What the readers of one file share: its limits and what is left of them, notes for its owner, files inside files."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import Final, TypeAlias

from assistant.parser.blocks import under
from assistant.parser.failure import DOES_NOT_OPEN, FileFailureError, message_for
from assistant.parser.kinds import Kind, media_type
from assistant.parser.page import Page, PagePicture
from assistant.parser.protocol import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Bytes that somebody says are of this media type."""

    content: bytes
    media_type: str


_FAULTS: Final = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""How a reader stumbles over damage that nobody foresaw; it must not cost the files beside it."""

ReadAll: TypeAlias = "Callable[[Source, Desk], Iterator[Page]]"


class ReachedError(Exception):
    """The file inside that was looked for."""

    def __init__(self, source: Source) -> None:
        super().__init__("a file inside another was reached")
        self.source = source


@dataclass
class _Spent:
    """Counted over a file and all files inside it."""

    bytes_unpacked: int = 0
    members: int = 0
    is_locked: bool = False
    was_opened: bool = False
    day: date | None = None
    media_type: str | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Handed to every reader; a file inside another gets the same desk, one level deeper."""

    limits: Limits
    read: ReadAll
    password: str | None = field(default=None, repr=False)
    """Opens what is locked, in this file and in those inside."""
    depth: int = 0
    wanted: tuple[int, ...] = ()
    """The one file inside that is looked for; nothing else is read then, see `located`."""
    counted: Iterator[int] = field(default_factory=count)
    """The files inside this one, in the order in which they come."""
    spent: _Spent = field(default_factory=_Spent)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the owner has to know of how the file was read."""
        return tuple(self.spent.notes)

    def note(self, sentence: str) -> None:
        """Tell the owner that something could not be read. Said once, however often it happens."""
        if sentence in self.spent.notes:
            return
        if len(self.spent.notes) < self.limits.notes:
            self.spent.notes.append(sentence)
        elif len(self.spent.notes) == self.limits.notes:
            self.spent.notes.append("There is more of this file that could not be read.")

    @property
    def is_locked(self) -> bool:
        """Whether the right password would open more of this file."""
        return self.spent.is_locked

    @property
    def was_opened(self) -> bool:
        """Whether the password opened something."""
        return self.spent.was_opened

    def locked(self) -> FileFailureError:
        """The failure of something that no password was given for, or a wrong one."""
        self.spent.is_locked = True
        return FileFailureError("locked", None if self.password is None else DOES_NOT_OPEN)

    def opened(self) -> None:
        """The password was the right one."""
        self.spent.was_opened = True

    @property
    def media_type(self) -> str | None:
        """What the file is by its bytes."""
        return self.spent.media_type

    def found(self, kind: Kind) -> None:
        """The file is of this kind; one inside it does not count."""
        if self.spent.media_type is None:
            self.spent.media_type = kind.media_type

    @property
    def day(self) -> date | None:
        """Of which day the file is, by itself."""
        return self.spent.day

    def dated(self, day: date | None) -> None:
        """The file says that it is of this day; the last of several counts, and files inside another do not."""
        if self.depth == 0 and day is not None:
            self.spent.day = day if self.spent.day is None else max(day, self.spent.day)

    def unpack(self, size_bytes: int) -> None:
        """Count bytes before they are unpacked. Raises FileFailureError where the file would become too large."""
        self.spent.bytes_unpacked += size_bytes
        if self.spent.bytes_unpacked > self.limits.unpacked_bytes:
            raise FileFailureError("too_large")

    @property
    def room_bytes(self) -> int:
        """How many bytes may still be unpacked."""
        return max(self.limits.unpacked_bytes - self.spent.bytes_unpacked, 0)

    def inside(self, name: str, content: bytes, said: str | None = None) -> Iterator[Page]:
        """The pages of a file inside this one, under its name. What cannot be read becomes a note.

        Raises FileFailureError only where the limits of the whole are used up.
        """
        number = next(self.counted)
        if self.wanted and number != self.wanted[0]:
            return
        self.spent.members += 1
        if self.spent.members > self.limits.members:
            raise FileFailureError("too_large")
        if self.depth >= self.limits.depth:
            self.note(f"“{name}” lies too deep inside other files and was not read.")
            return
        promised = media_type(name)
        source = Source(content=content, media_type=said if said and promised.endswith("octet-stream") else promised)
        if len(self.wanted) == 1:
            raise ReachedError(source)
        found = False
        inner = replace(self, depth=self.depth + 1, wanted=self.wanted[1:], counted=count())
        try:
            for page in under(name, self.read(source, inner)):
                found = found or bool(page.text.strip())
                yield replace(page, origin=_inside(page.origin, number))
        except FileFailureError as failure:
            self.note(f"“{name}” could not be read: {failure}")
            if self.room_bytes == 0:
                raise
        except _FAULTS:
            self.note(f"“{name}” could not be read: {message_for('crashed')}")
        else:
            if not found and not source.media_type.startswith("image/"):
                self.note(f"“{name}” holds no text.")


def _inside(origin: PagePicture | None, number: int) -> PagePicture:
    """The same place, seen from the file outside; where there is no picture, that is known."""
    return PagePicture(within=(number,), page=0) if origin is None else replace(origin, within=(number, *origin.within))


def located(source: Source, within: tuple[int, ...], desk: Desk) -> Source:
    """The file that lies at this place inside another. Raises FileFailureError where there is none."""
    if not within:
        return source
    try:
        for _page in desk.read(source, replace(desk, wanted=within, counted=count())):
            pass
    except ReachedError as reached:
        return reached.source
    raise FileFailureError("broken", "There is no such page.")
