"""Stand-ins for what is slow, random or outside: a clock, an engine, a tokenizer, a library in memory."""

import asyncio
import hashlib
import threading
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy
from numpy.typing import NDArray

from assistant.documents import Added, Document, Findings, Passage, Span, Status, display_name
from assistant.engine.client import CAREFUL, EngineState
from assistant.engine.message import Message
from assistant.engine.place import OnPlace, untold
from assistant.engine.sampling import Sampling
from assistant.errors import EmbedderUnavailableError
from assistant.filters import Filter, fits
from assistant.identifiers import DocumentId, PersonId, ShelfId
from assistant.library import Library
from assistant.library_errors import (
    DocumentNotFoundError,
    NoPictureError,
    NotFailedError,
    NotLockedError,
    PageNotFoundError,
    UploadTooLargeError,
)
from assistant.parser.kinds import media_type
from assistant.shelf_files import fit_path, folder_of, name_of
from assistant.store import Database
from assistant.terms import terms
from firmware.updates.errors import SystemAwayError
from firmware.updates.file import opened, public_keys
from firmware.updates.system import SystemState, Told
from firmware.updates.versions import Version
from tests.updates import MAKER

P = ParamSpec("P")
T = TypeVar("T")


class FakeClock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self._passed = timedelta()

    def now(self) -> datetime:
        """The time of day; it begins at noon of the first day of 2027."""
        return datetime(2027, 1, 1, 12, tzinfo=UTC) + self._passed

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._passed.total_seconds()

    def advance(self, **time: float) -> None:
        """Let time pass, as in `advance(hours=1)`."""
        self._passed += timedelta(**time)


@dataclass
class FakeEngine:
    """An engine that says what it was told to say, piece by piece, and remembers what it was asked."""

    pieces: Sequence[str] = ("It is ", "blue.")
    error: Exception | None = None
    """Raised after the pieces."""
    hangs: bool = False
    """Says nothing more after the pieces, until somebody stops it."""
    condition: EngineState = "ready"
    asked: list[tuple[Message, ...]] = field(default_factory=list)
    samplings: list[Sampling] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    bound: list[bool] = field(default_factory=list)
    """For each question, whether it had to stay on this box."""
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the generation has ended, by itself or because nobody listens."""

    async def state(self) -> EngineState:
        """Whether it can serve now."""
        return self.condition

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        sampling: Sampling = CAREFUL,
        line: str = "",
        on_place: OnPlace = untold,
        stays_here: bool = False,
    ) -> AsyncGenerator[str, None]:
        """The pieces, and then the error or the silence."""
        self.asked.append(tuple(messages))
        self.samplings.append(sampling)
        self.lines.append(line)
        self.bound.append(stays_here)
        try:
            for piece in self.pieces:
                yield piece
            if self.error is not None:
                raise self.error
            if self.hangs:
                await asyncio.Event().wait()
        finally:
            self.stopped.set()


@dataclass(kw_only=True)
class FakeBounds:
    """Shelves, of which the words of some documents may not leave this box."""

    documents: Collection[DocumentId] = ()
    shelves: Collection[ShelfId] = ()

    def are_bound(self, *, documents: Collection[DocumentId], shelves: Collection[ShelfId]) -> bool:
        """Whether one of these is among them."""
        return bool(set(documents) & set(self.documents) or set(shelves) & set(self.shelves))


class FakeTokenizer:
    """One token a word, and three a message for its template."""

    def count(self, text: str) -> int:
        """The number of words."""
        return len(text.split())

    def render(self, messages: Sequence[Message]) -> int:
        """The words of all messages and what frames them."""
        return sum(3 + self.count(message.text) for message in messages)

    def plain(self, text: str) -> str:
        """Its one sign is the end of a turn."""
        return text.replace("<|im_end|>", "< |im_end|>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    document: Document
    pages: tuple[str, ...]
    original: Path


class FakeLibrary(Library):
    """A library of plain texts in memory: form feeds part pages, a page is one passage, search counts words."""

    limit_bytes = 1_000_000

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        """With a `database`, its documents have their rows there too, which chats look for."""
        self._folder = folder
        self._rows = database
        self._kept: dict[DocumentId, _Kept] = {}

    async def add(
        self,
        *,
        name: str,
        shelf: ShelfId,
        body: AsyncIterator[bytes],
        folder: str = "",
        added_by: PersonId | None = None,
        source: str | None = None,
    ) -> Added:
        content = b""
        async for chunk in body:
            content += chunk
            if len(content) > self.limit_bytes:
                raise UploadTooLargeError(self.limit_bytes)
        for kept in self._kept.values():
            if kept.document.shelf == shelf and kept.original.read_bytes() == content:
                return Added(document=kept.document, is_new=False)
        pages = tuple(content.decode(errors="replace").split("\f"))
        document = Document(
            id=DocumentId(f"document-{len(self._kept) + 1}"),
            shelf=shelf,
            name=display_name(name),
            media_type=media_type(name),
            size_bytes=len(content),
            pages=len(pages),
            status=Status.READY,
            reason=None,
            progress=1.0,
            added_at=datetime(2027, 1, 1, tzinfo=UTC),
            folder=folder,
            added_by=added_by,
        )
        original = self._folder / document.id
        original.write_bytes(content)
        self._kept[document.id] = _Kept(document=document, pages=pages, original=original)
        if self._rows is not None:
            with self._rows.transaction() as connection:
                connection.execute(
                    "INSERT INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, status, added_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, 'ready', '2027-01-01')",
                    (document.id, shelf, document.name, document.media_type, document.size_bytes, document.id),
                )
        return Added(document=document, is_new=True)

    def files(self, shelf: ShelfId) -> list[tuple[str, Document, str]]:
        return [
            (
                f"{kept.document.id}/{kept.document.name}",
                kept.document,
                hashlib.sha256(kept.original.read_bytes()).hexdigest(),
            )
            for kept in self._kept.values()
            if kept.document.shelf == shelf
        ]

    def unread(self, document_id: DocumentId) -> None:
        """Make as if the document still waited to be read."""
        kept = self._kept[document_id]
        self._kept[document_id] = replace(kept, document=replace(kept.document, status=Status.QUEUED))

    def documents(self, shelves: Sequence[ShelfId]) -> list[Document]:
        return [kept.document for kept in self._kept.values() if kept.document.shelf in shelves]

    def document(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        return self._on(document_id, shelves).document

    async def rename(self, document_id: DocumentId, path: str, shelves: Sequence[ShelfId]) -> Document:
        fit = fit_path(path)
        return self._changed(document_id, shelves, name=name_of(fit), folder=folder_of(fit))

    async def move(self, document_id: DocumentId, shelf: ShelfId, shelves: Sequence[ShelfId]) -> Document:
        return self._changed(document_id, shelves, shelf=shelf)

    async def try_again(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        if self.document(document_id, shelves).status is not Status.FAILED:
            raise NotFailedError
        return self._changed(document_id, shelves, status=Status.QUEUED)

    async def unlock(self, document_id: DocumentId, password: str, shelves: Sequence[ShelfId]) -> Document:
        if not self.document(document_id, shelves).is_locked:
            raise NotLockedError
        return self._changed(document_id, shelves, is_locked=False)

    async def clear(self, shelf: ShelfId) -> None:
        for document in self.documents([shelf]):
            await self.delete(document.id, [shelf])

    async def while_still(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return work(*args, **kwargs)

    def _changed(self, document_id: DocumentId, shelves: Sequence[ShelfId], **changes: Any) -> Document:
        kept = self._on(document_id, shelves)
        self._kept[document_id] = replace(kept, document=replace(kept.document, **changes))
        return self._kept[document_id].document

    async def delete(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> None:
        del self._kept[self._on(document_id, shelves).document.id]
        if self._rows is not None:
            with self._rows.transaction() as connection:
                connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def page_text(self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId]) -> str:
        pages = self._on(document_id, shelves).pages
        if page > len(pages):
            raise PageNotFoundError(page, len(pages))
        return pages[page - 1]

    def has_picture(self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId]) -> bool:
        return self._on(document_id, shelves).document.media_type == "application/pdf"

    async def page_picture(
        self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId], *, start: int, end: int, width: int
    ) -> bytes:
        if self._on(document_id, shelves).document.media_type != "application/pdf":
            raise NoPictureError
        return b"\x89PNG"

    def original(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Path:
        return self._on(document_id, shelves).original

    async def search(self, text: str, shelves: Sequence[ShelfId], limit: int = 10, *, cited: bool = True) -> Findings:
        return await self.search_in(Filter(), text, shelves, limit)

    async def search_within(
        self, documents: Sequence[DocumentId], text: str, shelves: Sequence[ShelfId], limit: int = 10
    ) -> Findings:
        found = (await self.search(text, shelves, limit=50)).passages
        kept = tuple(passage for passage in found if passage.document_id in documents)[:limit]
        return Findings(passages=kept, answerable=bool(kept) and kept[0].score >= 2, took_ms=0.1)

    async def search_in(
        self, chosen: Filter, text: str, shelves: Sequence[ShelfId], limit: int = 10, *, cited: bool = True
    ) -> Findings:
        wanted = set(text.casefold().replace("?", "").split())
        scored = [
            replace(passage, score=float(len(wanted & set(passage.text.casefold().replace(".", "").split()))))
            for kept in self._kept.values()
            if kept.document.shelf in shelves and kept.document.status is Status.READY
            if fits(kept.document, chosen)
            for passage in _passages(kept)
        ]
        best_first = sorted((passage for passage in scored if passage.score), key=lambda found: -found.score)
        found = tuple(best_first[:limit])
        return Findings(passages=found, answerable=bool(found) and found[0].score >= 2, took_ms=0.1)

    async def run(self) -> None:
        """There is no queue."""

    def _on(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> _Kept:
        kept = self._kept.get(document_id)
        if kept is None or kept.document.shelf not in shelves:
            raise DocumentNotFoundError
        return kept


def _passages(kept: _Kept) -> list[Passage]:
    return [
        Passage(
            document_id=kept.document.id,
            file=kept.document.name,
            page=number,
            start=0,
            end=len(text),
            text=text,
            heading="",
            score=0.0,
            best=Span(start=0, end=len(text), text=text),
        )
        for number, text in enumerate(kept.pages, start=1)
    ]


class FakeEmbedder:
    """An Embedder without a model: a text's vector counts its word stems, so that texts with like words lie near."""

    def __init__(self, model: str = "counting") -> None:
        self.model = model
        self.error: EmbedderUnavailableError | None = None
        self.embedded: list[str] = []

    async def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        """One unit vector a text."""
        if self.error is not None:
            raise self.error
        self.embedded.extend(texts)
        rows = numpy.zeros((len(texts), 384), dtype=numpy.float32)
        for row, text in zip(rows, texts, strict=True):
            row[0] = 0.1
            for term in terms(text):
                row[1 + zlib.crc32(term.encode()) % 383] += 1.0
        return numpy.asarray(rows / numpy.linalg.norm(rows, axis=1, keepdims=True), dtype=numpy.float32)

    async def close(self) -> None:
        """There is no process."""


class FakeSystem:
    """A system of two versions in memory; `error` is raised where it is asked to install."""

    def __init__(self, running: str = "0.1.0") -> None:
        self.known = SystemState(running=Version(running))
        self.error: Exception | None = None
        self.is_away = False
        self.slow_seconds = 0.0
        self.goes_on = threading.Event()
        """Cleared by a test that wants to see an installation under way."""
        self.goes_on.set()
        self.asked = 0
        self.installed: list[bytes] = []
        self.restarts = 0

    def state(self) -> SystemState:
        """What is on the disk."""
        self.asked += 1
        time.sleep(self.slow_seconds)
        if self.is_away:
            raise SystemAwayError
        return self.known

    def install(self, file: Path, told: Told) -> SystemState:
        """Read the file in two steps."""
        content = file.read_bytes()
        told(len(content) // 2, len(content))
        self.goes_on.wait(10)
        if self.error is not None:
            raise self.error
        told(len(content), len(content))
        self.installed.append(content)
        with file.open("rb") as again:
            number = opened(again, public_keys([MAKER.public_key().public_bytes_raw()])).contents.number
        self.known = self.known.model_copy(update={"waiting": number, "failed": None})
        return self.known

    def restart(self) -> None:
        """Count it."""
        if self.is_away:
            raise SystemAwayError
        self.restarts += 1
