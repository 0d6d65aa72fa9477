"""Pictures of pages: which pages have one, and what is marked on it."""

from collections.abc import Sequence
from typing import Final

from assistant.file_passwords import FilePasswords
from assistant.hops import Hop
from assistant.identifiers import DocumentId, ShelfId
from assistant.library_errors import NoPictureError, PageNotFoundError
from assistant.originals import Originals
from assistant.parser.client import Parser
from assistant.parser.protocol import Mark
from assistant.records import Records

_WIDTHS: Final = (100, 2_400)


class PagePictures:
    """Draws pages of PDFs and scans; every question names the shelves that the asker may read."""

    def __init__(
        self, *, records: Records, originals: Originals, parser: Parser, file_passwords: FilePasswords, looking: Hop
    ) -> None:
        """`looking` is where rows are read."""
        self._records = records
        self._originals = originals
        self._parser = parser
        self._file_passwords = file_passwords
        self._looking = looking
        self._drawing = Hop("pictures", threads=2)

    def has(self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId]) -> bool:
        """Whether a page can be shown as a picture. Raises DocumentNotFoundError."""
        return self._records.origin(self._records.one(document_id, shelves), page) is not None

    async def drawn(
        self, document_id: DocumentId, page: int, shelves: Sequence[ShelfId], *, start: int, end: int, width: int
    ) -> bytes:
        """See `Library.page_picture`."""
        document = await self._looking(self._records.one, document_id, shelves)
        origin = await self._looking(self._records.origin, document, page)
        if origin is None:
            raise NoPictureError
        if not 1 <= page <= document.pages:
            raise PageNotFoundError(page, document.pages)
        narrowest, widest = _WIDTHS
        boxes = await self._looking(self._records.boxes, document_id, page, start, end)
        mark = Mark(
            page=origin.page,
            start=max(start - origin.shift, 0),
            end=max(end - origin.shift, 0),
            width=min(max(width, narrowest), widest),
            boxes=boxes,
            within=origin.within,
        )
        password = await self._looking(self._file_passwords.of, document_id)
        original = self._originals.path(self._records.sha256(document_id, shelves))
        return await self._drawing(self._parser.picture, original, document.media_type, mark, password)

    def close(self) -> None:
        """End the threads that draw."""
        self._drawing.close()
