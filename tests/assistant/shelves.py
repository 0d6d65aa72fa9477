"""A real library in a folder of its own, with a fake embedder, for tests."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from assistant.documents import Document, Status
from assistant.embedding.client import Embedder
from assistant.file_passwords import FilePasswords
from assistant.identifiers import HOUSEHOLD, DocumentId, PersonId, ShelfId, private_shelf
from assistant.indexing import FIRST_PAGES_SECONDS
from assistant.jobs.helped import HelpedMeaning
from assistant.lexical import LexicalIndex
from assistant.library import Library
from assistant.originals import Originals
from assistant.parser.client import ChildTransport, Parser
from assistant.parser.protocol import Limits
from assistant.room import Room
from assistant.store import Database
from assistant.vectors import VectorIndex
from tests.fakes import FakeEmbedder

PARSER = (
    sys.executable,
    "-c",
    "import socket; from assistant.parser.worker import serve; serve(socket.socket(fileno=0))",
)
ANNA = private_shelf(PersonId("anna"))
BEN = private_shelf(PersonId("ben"))
ALL = (HOUSEHOLD, ANNA, BEN)
NOTE = "# Cat\n\nMiso gets 60 grams of dry food at 7:00.\n\nShe is allergic to fish."


def parser(command: Sequence[str] = PARSER, limits: Limits | None = None) -> Parser:
    """A parser that starts this command for each file."""
    return Parser(ChildTransport(command), limits)


def database(folder: Path) -> Database:
    """The database of a library in this folder, with two people's shelves."""
    opened = Database(folder / "hearth.sqlite")
    with opened.transaction() as connection:
        for shelf, person in ((ANNA, "anna"), (BEN, "ben")):
            connection.execute(
                "INSERT OR IGNORE INTO shelves (id, kind, person_id, name) VALUES (?, 'private', ?, ?)",
                (shelf, person, person),
            )
    return opened


def library(
    folder: Path,
    *,
    embedder: Embedder | None = None,
    with_parser: Parser | None = None,
    first_pages_seconds: float = FIRST_PAGES_SECONDS,
    room: Room | None = None,
    helped: Callable[[Database], HelpedMeaning] | None = None,
) -> Library:
    """A library whose work in the background has not begun; `helped` finds other nodes for it."""
    opened = database(folder)
    return Library(
        database=opened,
        originals=Originals(folder / "originals", upload_limit_bytes=5_000_000, room=room),
        file_passwords=FilePasswords(opened, folder / "file-passwords.key"),
        parser=with_parser or parser(),
        embedder=embedder or FakeEmbedder(),
        lexical=LexicalIndex(folder / "lexical"),
        vectors=VectorIndex(folder / "vectors"),
        first_pages_seconds=first_pages_seconds,
        help_=None if helped is None else helped(opened),
    )


@asynccontextmanager
async def at_work(shelves: Library) -> AsyncIterator[Library]:
    """A library that works in the background until the end of the block."""
    work = asyncio.create_task(shelves.run())
    try:
        yield shelves
    finally:
        work.cancel()
        await asyncio.wait([work])
        await shelves.close()
        if not work.cancelled():
            work.result()


async def body(content: bytes | str) -> AsyncIterator[bytes]:
    """The pieces of an upload."""
    whole = content.encode() if isinstance(content, str) else content
    for start in range(0, len(whole), 65_536):
        yield whole[start : start + 65_536]


async def put(shelves: Library, name: str, content: bytes | str, shelf: ShelfId = HOUSEHOLD) -> Document:
    """Add a file and wait until the work on it has ended."""
    added = await shelves.add(name=name, shelf=shelf, body=body(content))
    return await settled(shelves, added.document.id)


async def settled(shelves: Library, document: DocumentId, *, status: Status | None = None) -> Document:
    """The document once it is ready, failed or of the given status."""
    wanted = (status,) if status else (Status.READY, Status.FAILED)
    await until(lambda: shelves.document(document, ALL).status in wanted)
    return shelves.document(document, ALL)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until this is so."""
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.01)


def meanings(shelves: Library) -> set[int]:
    """Which passages of the household the vector index holds, as far as it is open."""
    return shelves._vectors.passages(HOUSEHOLD) if shelves._vectors.is_open else set()
