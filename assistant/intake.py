"""How bytes become a file of the library: received whole, kept under their digest, entered in the records."""

import contextlib
import logging
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from assistant.documents import Added, Document, Status
from assistant.filing import Origin, Placed, changed_on
from assistant.headway import Headway
from assistant.hops import Hop
from assistant.identifiers import DocumentId, PersonId, ShelfId
from assistant.library_errors import DiskFullError
from assistant.originals import Digest, Originals, Upload
from assistant.parser.failure import unsupported
from assistant.parser.kinds import UNREADABLE, media_type
from assistant.records import Records, Removed
from assistant.shelf_files import folder_of, name_of
from assistant.store import Database

log = logging.getLogger(__name__)

_PIECE_BYTES: Final = 1 << 20


class Intake:
    """Brings bytes to the disk with their rows, and takes those from it that nobody uses any more."""

    def __init__(
        self,
        *,
        database: Database,
        originals: Originals,
        records: Records,
        headway: Headway,
        files: Hop,
        uploads: Hop,
    ) -> None:
        """`files` is the one thread on which originals and their rows come and go; `uploads` receive side by side."""
        self._database = database
        self._originals = originals
        self._records = records
        self._headway = headway
        self._files = files
        self._uploads = uploads

    async def add(self, path: str, shelf: ShelfId, body: AsyncIterator[bytes], added_by: PersonId | None) -> Added:
        """Keep these bytes as a document, or find the one that has them; see `Library.add` for what is raised."""
        async with self._arrived(body) as (upload, digest):
            return await self._files(self._keep, path, shelf, upload, digest, added_by)

    async def place(
        self,
        path: str,
        shelf: ShelfId,
        body: AsyncIterator[bytes],
        added_by: PersonId | None,
        origin: Origin,
    ) -> tuple[Placed, Removed | None]:
        """Let the file at this path be these bytes; the indexes still have what was removed."""
        async with self._arrived(body) as (upload, digest):
            return await self._files(self._place, path, shelf, upload, digest, added_by, origin)

    async def pieces(self, path: Path) -> AsyncIterator[bytes]:
        """The bytes of a file of this disk, as a body."""
        opened = await self._uploads(path.open, "rb")
        try:
            while piece := await self._uploads(opened.read, _PIECE_BYTES):
                yield piece
        finally:
            await self._uploads(opened.close)

    def cleared(self, removed: Removed | None) -> Removed | None:
        """The same, with its bytes gone from the disk; in one go with its rows, on `files`: they may come again."""
        if removed is not None:
            if removed.unused is not None:
                self._originals.remove(removed.unused)
            self._forget_deleted()
        return removed

    def sweep(self) -> None:
        """Clear up what an earlier stop left behind; on the thread `files`, so that no new file looks orphaned."""
        self._records.name_again()
        self._originals.sweep(self._records.digests())
        self._forget_deleted()

    def _forget_deleted(self) -> None:
        """On a full disk it is left to the upkeep: who deletes to make room is not refused for want of room."""
        try:
            self._database.forget_deleted()
        except DiskFullError:
            log.warning("the disk is full: what was deleted is overwritten later")

    @contextlib.asynccontextmanager
    async def _arrived(self, body: AsyncIterator[bytes]) -> AsyncIterator[tuple[Upload, Digest]]:
        upload = await self._uploads(self._originals.begin)
        try:
            async for piece in body:
                await self._uploads(upload.write, piece)
            yield upload, await self._uploads(upload.finish)
        finally:
            await self._uploads(self._originals.drop, upload)

    def _keep(self, path: str, shelf: ShelfId, upload: Upload, digest: Digest, added_by: PersonId | None) -> Added:
        name = name_of(path)
        wanted = _wanted(path, shelf, digest, added_by)
        self._originals.keep(upload, digest)
        document = self._records.add(wanted, digest.sha256)
        is_new = document.id == wanted.id
        if is_new and self._is_hopeless(document.id, name):
            document = self._records.one(document.id, [shelf])
        return Added(document=document, is_new=is_new)

    def _place(
        self,
        path: str,
        shelf: ShelfId,
        upload: Upload,
        digest: Digest,
        added_by: PersonId | None,
        origin: Origin,
    ) -> tuple[Placed, Removed | None]:
        self._originals.keep(upload, digest)
        dated_at = changed_on(origin.looked) if origin.looked else None
        wanted = _wanted(path, shelf, digest, added_by, dated_at=dated_at)
        placed, removed = self._records.place(wanted, digest.sha256, path, origin)
        if placed.unused is not None:
            self._originals.remove(placed.unused)
            self._database.forget_deleted()
        if placed.is_new:
            self._is_hopeless(placed.document, name_of(path))
        return placed, self.cleared(removed)

    def _is_hopeless(self, document: DocumentId, name: str) -> bool:
        suffix = PurePosixPath(name).suffix
        if suffix.lower() not in UNREADABLE:
            return False
        self._headway.fail(document, unsupported(suffix))
        return True


def _wanted(
    path: str, shelf: ShelfId, digest: Digest, added_by: PersonId | None, dated_at: date | None = None
) -> Document:
    """The document of a file, where there has to be a new one."""
    name = name_of(path)
    return Document(
        id=DocumentId(uuid.uuid4().hex),
        shelf=shelf,
        name=name,
        media_type=media_type(name),
        size_bytes=digest.size_bytes,
        pages=0,
        status=Status.QUEUED,
        reason=None,
        progress=0.0,
        added_at=datetime.now(UTC),
        folder=folder_of(path),
        added_by=added_by,
        dated_at=dated_at,
    )
