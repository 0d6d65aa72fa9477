"""The library as the rest of the assistant sees it: files go in, are read in the background, and are found."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from assistant.documents import Added, Document, Findings, display_name
from assistant.embedding.client import Embedder
from assistant.file_passwords import FilePasswords
from assistant.filing import ANYBODY, Origin
from assistant.filters import Filter, fits
from assistant.headway import Headway
from assistant.hops import Hop
from assistant.identifiers import DocumentId, PersonId, ShelfId
from assistant.indexing import FIRST_PAGES_SECONDS, READING_LANES, Indexing
from assistant.intake import Intake
from assistant.jobs.helped import HelpedMeaning
from assistant.learning import Calm, always_calm
from assistant.lexical import LexicalIndex
from assistant.library_errors import DocumentNotFoundError
from assistant.originals import Originals
from assistant.page_pictures import PagePictures
from assistant.parser.client import Parser
from assistant.passages import Passages
from assistant.queue import Queue
from assistant.records import Records, Removed
from assistant.search import Search
from assistant.shelf_files import fit_path
from assistant.shelf_tree import File, ShelfTree
from assistant.store import Database
from assistant.vectors import VectorIndex

P = ParamSpec("P")
T = TypeVar("T")

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
        file_passwords: FilePasswords,
        first_pages_seconds: float = FIRST_PAGES_SECONDS,
        calm: Calm = always_calm,
        help_: HelpedMeaning | None = None,
    ) -> None:
        """`help_` finds other nodes that compute vectors of large files."""
        self._database = database
        self._originals = originals
        self._parser = parser
        self._embedder = embedder
        self._lexical = lexical
        self._vectors = vectors
        self._records, headway = Records(database), Headway(database)
        self._file_passwords = file_passwords
        self._tree = ShelfTree(database)
        self._passages = Passages(database)
        self._files = Hop("files")
        self._uploads = Hop("uploads", threads=4)
        self._reading = Hop("reading", threads=READING_LANES)
        self._intake = Intake(
            database=database,
            originals=originals,
            records=self._records,
            headway=headway,
            files=self._files,
            uploads=self._uploads,
        )
        self._words = Hop("words")
        self._looking = Hop("looking", threads=2)
        self._pictures = PagePictures(
            records=self._records,
            originals=originals,
            parser=parser,
            file_passwords=file_passwords,
            looking=self._looking,
        )
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
            headway=headway,
            passages=self._passages,
            originals=originals,
            file_passwords=file_passwords,
            parser=parser,
            lexical=lexical,
            vectors=vectors,
            embedder=embedder,
            reading=self._reading,
            words=self._words,
            meaning=self._meaning,
            room=originals.room,
            first_pages_seconds=first_pages_seconds,
            calm=calm,
            help_=help_,
        )

    @property
    def is_idle(self) -> bool:
        """Whether no file is being worked on."""
        return self._indexing.is_idle

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
        """Keep an upload and queue it; on an error nothing is kept. What the same `source` brought before is replaced.

        Raises UploadTooLargeError, EmptyUploadError or DiskFullError. A file of a kind that cannot be read is kept as a
        failed document with the reason.
        """
        path = f"{folder}/{display_name(name)}".strip("/")
        if source is not None:
            origin = Origin(source=f"sent:{source}", beside=True)
            return await self.place(path=path, shelf=shelf, body=body, added_by=added_by, origin=origin)
        added = await self._intake.add(path, shelf, body, added_by)
        self._indexing.wake()
        return added

    async def place(
        self,
        *,
        path: str,
        shelf: ShelfId,
        body: AsyncIterator[bytes],
        added_by: PersonId | None = None,
        origin: Origin = ANYBODY,
    ) -> Added:
        """Let the file at this path be these bytes; `origin` says what becomes of another file that lies there.

        Raises what `add` raises, or UnfitNameError.
        """
        placed, removed = await self._intake.place(fit_path(path), shelf, body, added_by, origin)
        await self._forget(removed)
        self._indexing.wake()
        document = await self._files(self._records.one, placed.document, [shelf])
        return Added(document=document, is_new=placed.is_new)

    async def take_away(self, shelf: ShelfId, path: str, source: str | None = None) -> None:
        """Remove a file, and its document where no other file has the same bytes; see `filing.take_away`."""
        await self._forget(
            await self._files(lambda: self._intake.cleared(self._records.take_away(shelf, path, source)))
        )
        self._indexing.wake()

    async def move_file(self, shelf: ShelfId, old: str, new: str) -> None:
        """Give a file, or a folder with all in it, another path; nothing is read again.

        Raises DocumentNotFoundError, UnfitNameError or FileNameTakenError.
        """
        await self._files(self._records.move_file, shelf, old, fit_path(new))
        self._indexing.wake()

    async def copy(
        self, document_id: DocumentId, shelf: ShelfId, target: ShelfId, path: str, added_by: PersonId | None
    ) -> Added:
        """Put a document's bytes under another path too. Raises what `place` raises, or DocumentNotFoundError."""
        original = await self._files(self.original, document_id, [shelf])
        return await self.place(path=path, shelf=target, body=self._intake.pieces(original), added_by=added_by)

    def files(self, shelf: ShelfId) -> list[tuple[str, Document, str]]:
        """Every file on a shelf: its path, its document and the digest of its bytes."""
        return self._records.files(shelf)

    async def file_at(self, shelf: ShelfId, path: str) -> File | None:
        """The file at this path of a shelf."""
        return await self._looking(self._tree.file_at, shelf, path)

    async def is_folder(self, shelf: ShelfId, path: str) -> bool:
        """Whether a file lies in a folder of this path."""
        return await self._looking(self._tree.is_folder, shelf, path)

    async def files_at(self, shelf: ShelfId, path: str) -> list[File]:
        """The file at this path, or every file in the folder."""
        return await self._looking(self._tree.files_at, shelf, path)

    async def inside(self, shelf: ShelfId, folder: str) -> tuple[list[File], list[str]]:
        """The files that lie in this folder itself, and the paths of the folders in it."""
        return await self._looking(self._tree.inside, shelf, folder)

    def documents(self, shelves: Sequence[ShelfId]) -> list[Document]:
        """All documents on these shelves, newest first."""
        return self._records.all(shelves)

    def document(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        """One document. Raises DocumentNotFoundError, also where it lies on another shelf."""
        return self._records.one(document_id, shelves)

    async def delete(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> None:
        """Remove a document and all that was made of it. Raises DocumentNotFoundError."""
        document = await self._files(self._records.one, document_id, shelves)
        await self._forget(await self._files(lambda: self._intake.cleared(self._records.delete(document.id))))

    async def _forget(self, removed: Removed | None) -> None:
        """Take from the indexes what is gone from the truth; the next start does it where a stop comes between."""
        if removed is None:
            return
        await self._words(self._lexical.remove, [removed.document])
        await self._meaning(self._vectors.remove, removed.shelf, list(removed.numbers))
        self._indexing.forgot()

    async def rename(self, document_id: DocumentId, path: str, shelves: Sequence[ShelfId]) -> Document:
        """Call a document otherwise, or lay it into another folder; it is not read again.

        Raises DocumentNotFoundError, UnfitNameError or FileNameTakenError.
        """
        document = await self._files(self._records.one, document_id, shelves)
        await self._files(self._records.rename, document, fit_path(path))
        self._indexing.wake()
        return await self._files(self._records.one, document_id, shelves)

    async def move(self, document_id: DocumentId, shelf: ShelfId, shelves: Sequence[ShelfId]) -> Document:
        """Put a document on another shelf; it is not read again. Where the same bytes lie there, those stay.

        Raises DocumentNotFoundError.
        """
        document = await self._files(self._records.one, document_id, shelves)
        if document.shelf == shelf:
            return document
        there = await self._files(self._records.move, document, shelf)
        if there != document_id:
            await self.delete(document_id, shelves)
            return await self._files(self._records.one, there, [shelf])
        await self._meaning(self._move_vectors, document, shelf)
        self._indexing.wake()
        return await self._files(self._records.one, document_id, [shelf])

    async def try_again(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Document:
        """Read a document again that could not be read. Raises DocumentNotFoundError or NotFailedError."""
        document = await self._files(self._records.one, document_id, shelves)
        await self._files(self._records.try_again, document)
        self._indexing.wake()
        return await self._files(self._records.one, document_id, shelves)

    async def unlock(self, document_id: DocumentId, password: str, shelves: Sequence[ShelfId]) -> Document:
        """Read a locked document with its password. Raises DocumentNotFoundError or NotLockedError."""
        document = await self._files(self._records.one, document_id, shelves)
        await self._files(self._file_passwords.give, document, password)
        self._indexing.wake()
        return await self._files(self._records.one, document_id, shelves)

    async def clear(self, shelf: ShelfId) -> None:
        """Remove every document of a shelf and all that was made of them."""
        for document in await self._files(self._records.all, [shelf]):
            with contextlib.suppress(DocumentNotFoundError):  # somebody else was faster
                await self.delete(document.id, [shelf])

    async def while_still(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do this while no document and no original comes or goes."""
        return await self._files(work, *args, **kwargs)

    def page_text(self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId]) -> str:
        """The text to which the offsets of passages refer. Raises DocumentNotFoundError or PageNotFoundError."""
        return self._records.page_text(document_id, page, shelves)

    def has_picture(self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId]) -> bool:
        """Whether a page can be shown as a picture. Raises DocumentNotFoundError."""
        return self._pictures.has(document_id, page, shelves)

    async def page_picture(
        self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId], *, start: int, end: int, width: int
    ) -> bytes:
        """A page of a PDF or a scan as PNG, with characters [start, end) of its text marked.

        Raises DocumentNotFoundError, PageNotFoundError, NoPictureError or UnreadableDocumentError.
        """
        return await self._pictures.drawn(document_id, page, shelves, start=start, end=end, width=width)

    def original(self, document_id: DocumentId, shelves: Sequence[ShelfId]) -> Path:
        """The file as it was uploaded. Raises DocumentNotFoundError."""
        return self._originals.path(self._records.sha256(document_id, shelves))

    async def search(self, text: str, shelves: Sequence[ShelfId], limit: int = 10, *, cited: bool = True) -> Findings:
        """The passages on these shelves that fit the text best; waits for `run` to open the index after a start."""
        await self._indexing.words_open.wait()
        return await self._search.find(text, shelves, min(max(limit, 1), _MOST_RESULTS), cited=cited)

    async def search_in(
        self, chosen: Filter, text: str, shelves: Sequence[ShelfId], limit: int = 10, *, cited: bool = True
    ) -> Findings:
        """The same among those documents alone that fit what was chosen."""
        await self._indexing.words_open.wait()
        within = await self._looking(self._chosen, chosen, shelves)
        return await self._search.find(text, shelves, min(max(limit, 1), _MOST_RESULTS), within, cited=cited)

    async def search_within(
        self, documents: Sequence[DocumentId], text: str, shelves: Sequence[ShelfId], limit: int = 10
    ) -> Findings:
        """The same among these documents alone."""
        await self._indexing.words_open.wait()
        return await self._search.find(text, shelves, min(max(limit, 1), _MOST_RESULTS), documents)

    def _chosen(self, chosen: Filter, shelves: Sequence[ShelfId]) -> list[DocumentId]:
        return [document.id for document in self._records.all(shelves) if fits(document, chosen)]

    async def run(self) -> None:
        """Clear up what an earlier stop left behind, heal the indexes, work through the queue until cancelled."""
        await self._files(self._intake.sweep)
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

    def _move_vectors(self, document: Document, shelf: ShelfId) -> None:
        numbers = self._passages.numbers_of(document.id)
        self._vectors.remove(document.shelf, numbers)
        with_vector, vectors = self._passages.vectors(numbers)
        if with_vector:
            self._vectors.add(shelf, with_vector, vectors)
