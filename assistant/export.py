"""What is one person's own, as a zip that any PC opens: the files on their shelves, and their chats to read."""

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from io import RawIOBase
from pathlib import Path
from typing import Any, Final

from assistant.chats import Chat, Chats, StoredMessage
from assistant.identifiers import PersonId, ShelfId
from assistant.library import Library

PIECE_BYTES: Final = 256 * 1024
_OLDEST: Final = (1980, 1, 1, 0, 0, 0)
"""A zip knows no earlier year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """All that goes into one person's zip."""

    files: Sequence[tuple[str, Path, datetime]]
    """Name in the zip, where the bytes lie, and the day."""
    chats: Sequence[tuple[Chat, Sequence[StoredMessage]]]


def own(library: Library, chats: Chats, person_id: PersonId, shelves: Sequence[tuple[ShelfId, str]]) -> Own:
    """What this person has, on these shelves of theirs."""
    return Own(
        files=[
            (f"files/{name}/{path}", library.original(document.id, [shelf]), document.added_at)
            for shelf, name in shelves
            for path, document, _digest in library.files(shelf)
        ],
        chats=[(chat, chats.messages(chat.id, person_id)) for chat in chats.of(person_id)],
    )


def zipped(things: Own) -> Iterator[bytes]:
    """The zip, piece by piece; a file that is deleted meanwhile is named in `missing.txt`."""
    sink = _Sink()
    missing: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, path, day in things.files:
            try:
                opened = path.open("rb")
            except FileNotFoundError:
                missing.append(name)
                continue
            with opened, archive.open(_entry(name, day), "w", force_zip64=True) as entry:
                while piece := opened.read(PIECE_BYTES):
                    entry.write(piece)
                    yield sink.taken()
        for number, (chat, messages) in enumerate(things.chats, start=1):
            archive.writestr(_entry(f"chats/{number:04d}.md", chat.created_at), told(chat, messages))
            yield sink.taken()
        whole = [_plain(chat, messages) for chat, messages in things.chats]
        archive.writestr("chats.json", json.dumps(whole, ensure_ascii=False, indent=1, default=str))
        if missing:
            archive.writestr("missing.txt", "Deleted while this was made:\n" + "\n".join(missing))
    yield sink.taken()


def told(chat: Chat, messages: Sequence[StoredMessage]) -> str:
    """A chat as a person reads it."""
    lines = [f"# {chat.title}", "", f"{chat.created_at:%Y-%m-%d %H:%M} UTC", ""]
    for message in messages:
        lines += [f"**{'You' if message.role == 'user' else 'Hearth'}:** {message.text}", ""]
        lines += [f"> [{one.marker}] {one.file}, page {one.page}: “{one.text}”" for one in message.citations]
        lines += [""] if message.citations else []
    return "\n".join(lines)


def _plain(chat: Chat, messages: Sequence[StoredMessage]) -> dict[str, Any]:
    return {**asdict(chat), "messages": [asdict(message) for message in messages]}


def _entry(name: str, day: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, max(_OLDEST, day.timetuple()[:6]))


class _Sink(RawIOBase):
    """Takes what the zip writes until it is fetched."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, piece: Any) -> int:
        """Keep it."""
        self._waiting += piece
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken
