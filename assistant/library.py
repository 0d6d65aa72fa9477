"""The library as the rest of the assistant sees it: files go in, are read in the background, and are found."""

import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from assistant.documents import Added, Document, Findings, Status, display_name
from assistant.embedding.client import Embedder
from assistant.errors import NoPictureError, PageNotFoundError
from assistant.hops import Hop
from assistant.identifiers import DocumentId, ShelfId
from assistant.indexing import FIRST_PAGES_SECONDS, READING_LANES, Calm, Indexing, always_calm
from assistant.lexical import LexicalIndex
from assistant.originals import Digest, Originals, Upload
from assistant.parser.client import Parser
from assistant.parser.failure import unsupported
from assistant.parser.kinds import PICTURED, UNREADABLE, media_type
from assistant.parser.protocol import Mark
from assistant.passages import Passages
from assistant.queue import Queue
from assistant.records import Records
from assistant.search import Search
from assistant.store import Database
from assistant.vectors import VectorIndex

_PICTURE_WIDTHS: Final = (100, 2_400)
_MOST_RESULTS: Final = 50


class Library:
    """Documents on shelves: kept, read, indexed, found. Every question names the shelves that the asker may read."""

    def __init__(
        self,
        *,
        database: Database,
        originals: Originals,
        parser: Parser,
        embedder: Embedder,
        lexical: LexicalIndex,
        vectors: VectorIndex,
        first_pages_seconds: float = FIRST_PAGES_SECONDS,
        calm: Calm = always_calm,
    ) -> None:
        self._database = database
        self._originals = originals
        self._parser = parser
        self._embedder = embedder
        self._lexical = lexical
        self._vectors = vectors
        self._records = Records(database)
        self._passages = Passages(database)
        self._files = Hop("files")
        self._uploads = Hop("uploads", threads=4)
        self._reading = Hop("reading", threads=READING_LANES)
        self._pictures = Hop("pictures", threads=2)
        self._words = Hop("words")
        self._looking = Hop("looking", threads=2)
        self._meaning = Hop("meaning")
        self._search = Search(
            passages=self._passages,
            lexical=lexical,
            vectors=vectors,
            embedder=embedder,
            words=self._looking,
            meaning=self._meaning,
        )
        self._indexing = Indexing(
            queue=Queue(database),
            records=self._records,
            passages=self._passages,
            originals=originals,
            parser=parser,
            lexical=lexical,
            vectors=vectors,
            embedder=embedder,
            reading=self._reading,
            words=self._words,
            meaning=self._meaning,
            first_pages_seconds=first_pages_seconds,
            calm=calm,
        )

    async def add(self, *, name: str, shelf: ShelfId, body: AsyncIterator[bytes]) -> Added:
        """Keep an upload and queue it; on an error nothing is kept.

        Raises UploadTooLargeError, EmptyUploadError or DiskFullError. A file of a kind that cannot be read is kept as a
        failed document with the reason.
        """
        upload = await self._uploads(self._originals.begin)
        try:
            async for piece in body:
                await self._uploads(upload.write, piece)
            digest = await self._uploads(upload.finish)
            added = await self._files(self._keep, display_name(name), shelf, upload, digest)
        finally:
            await self._uploads(self._originals.drop, upload)
        self._indexing.wake()
        return added

    def documents(self, shelves: Sequence[ShelfId]) -> list[Document]:
        """All documents on these shelves, newest first."""
        return self._records.all(shelves)

    def document(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        """One document. Raises DocumentNotFoundError, also where it lies on another shelf."""
        return self._records.one(document_id, shelves)

    async def delete(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> None:
        """Remove a document and all that was made of it. Raises DocumentNotFoundError."""
        document = await self._files(self._records.one, document_id, shelves)
        numbers = await self._files(self._delete_rows, document.id)
        await self._words(self._lexical.remove, [document.id])
        await self._meaning(self._vectors.remove, document.shelf, numbers)

    def page_text(self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId]) -> str:
        """The text to which the offsets of passages refer. Raises DocumentNotFoundError or PageNotFoundError."""
        return self._records.page_text(document_id, page, shelves)

    async def page_picture(
        self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId], *, start: int, end: int, width: int
    ) -> bytes:
        """A page of a PDF or a scan as PNG, with characters [start, end) of its text marked.

        Raises DocumentNotFoundError, PageNotFoundError, NoPictureError or UnreadableDocumentError.
        """
        document = await self._looking(self._records.one, document_id, shelves)
        if document.media_type not in PICTURED:
            raise NoPictureError
        if not 1 <= page <= document.pages:
            raise PageNotFoundError(page, document.pages)
        narrowest, widest = _PICTURE_WIDTHS
        boxes = await self._looking(self._records.boxes, document_id, page, start, end)
        mark = Mark(page=page, start=start, end=end, width=min(max(width, narrowest), widest), boxes=boxes)
        return await self._pictures(
            self._parser.picture, self.original(document_id, shelves), document.media_type, mark
        )

    def original(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Path:
        """The file as it was uploaded. Raises DocumentNotFoundError."""
        return self._originals.path(self._records.sha256(document_id, shelves))

    async def search(self, text: str, shelves: Sequence[ShelfId], limit: int = 10) -> Findings:
        """The passages on these shelves that fit the text best; waits for `run` to open the index after a start."""
        await self._indexing.words_open.wait()
        return await self._search.find(text, shelves, min(max(limit, 1), _MOST_RESULTS))

    async def run(self) -> None:
        """Clear up what an earlier stop left behind, heal the indexes, work through the queue until cancelled."""
        await self._files(self._sweep)
        await self._indexing.run()

    async def close(self) -> None:
        """End all processes and threads of the library; call it after `run` was cancelled."""
        self._parser.stop()
        await self._embedder.close()
        for hop in (self._files, self._uploads, self._reading, self._pictures, self._looking):
            hop.close()
        await self._words(self._lexical.close)
        await self._meaning(self._vectors.close)
        self._words.close()
        self._meaning.close()

    def _keep(self, name: str, shelf: ShelfId, upload: Upload, digest: Digest) -> Added:
        kind = media_type(name)
        wanted = Document(
            id=DocumentId(uuid.uuid4().hex),
            shelf=shelf,
            name=name,
            media_type=kind,
            size_bytes=digest.size_bytes,
            pages=0,
            status=Status.QUEUED,
            reason=None,
            progress=0.0,
            added_at=datetime.now(UTC),
        )
        self._originals.keep(upload, digest)
        document = self._records.add(wanted, digest.sha256)
        is_new = document.id == wanted.id
        suffix = PurePosixPath(name).suffix
        if is_new and suffix.lower() in UNREADABLE:
            self._records.fail(document.id, unsupported(suffix))
            document = self._records.one(document.id, [shelf])
        return Added(document=document, is_new=is_new)

    def _sweep(self) -> None:
        # On the thread that keeps files, so that none is taken for an orphan before its row is written.
        self._originals.sweep(self._records.digests())

    def _delete_rows(self, document: DocumentId) -> list[int]:
        """Delete the truth and the original; answers the passages that the indexes have to forget."""
        numbers = self._passages.numbers_of(document)
        unused = self._records.delete(document)
        if unused is not None:
            self._originals.remove(unused)
        self._database.forget_deleted()
        return numbers
