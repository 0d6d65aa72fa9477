"""The index of meanings, in an embedded Chroma: which passages on these shelves lie nearest to a question's vector.

Derived from SQLite. A shelf is a collection of its own, so that more than a filter keeps two people's files apart.
"""

import ctypes
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import chromadb
import numpy
from chromadb.api import ClientAPI
from chromadb.api.models.Collection import Collection
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.errors import ChromaError, NotFoundError
from numpy.typing import NDArray

from assistant.errors import VectorIndexDamagedError
from assistant.identifiers import ShelfId
from assistant.lexical import Hit
from assistant.library_errors import DiskFullError

Vectors = NDArray[numpy.float32]
"""Rows of unit length."""
_BATCH: Final = 2_000
_M_PERTURB: Final = -6
"""The name of the setting in glibc's malloc.h."""


def blank_memory() -> None:
    """Let glibc hand out zeroed memory and overwrite what is freed, in this whole process and from now on.

    Chroma's index writes memory to its file that it never filled, so words of a deleted file that had lain there
    reached the disk: in one of six runs of the test that looks for them.
    """
    ctypes.CDLL(None).mallopt(_M_PERTURB, 0xFF)


class VectorIndex:
    """One folder of Chroma's. All calls come from one thread; each may raise VectorIndexDamagedError or DiskFullError.

    A Chroma that met the end of the disk is let go of at once, since its next call may never come back; the folder is
    opened anew by the next call that needs it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._client: ClientAPI | None = None
        self._collections: dict[ShelfId, Collection] = {}
        self._met_the_end = False

    @property
    def is_open(self) -> bool:
        """Whether it can be asked yet."""
        return self._client is not None or self._met_the_end

    def open(self) -> None:
        """Open the folder, or make an empty one."""
        blank_memory()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Built without its sources: it would be read from the environment, and from a file `.env` where Hearth was
        # started, and one line there (`CHROMA_API_IMPL`) had every vector sent to a server.
        settings = chromadb.Settings.model_construct(anonymized_telemetry=False, allow_reset=False)
        with self._damage():
            self._client = chromadb.PersistentClient(path=str(self._folder), settings=settings)

    def begin_anew(self) -> None:
        """Throw the folder away and make an empty one."""
        self.close()
        SharedSystemClient.clear_system_cache()  # Chroma would go on with what it began on the damaged files
        shutil.rmtree(self._folder, ignore_errors=True)
        self.open()

    def add(self, shelf: ShelfId, passages: Sequence[int], vectors: Vectors) -> None:
        """Hold these vectors; a passage that has one already gets the new one."""
        with self._damage():
            collection = self._collection(shelf)
            for start in range(0, len(passages), _BATCH):
                ids = [str(passage) for passage in passages[start : start + _BATCH]]
                collection.upsert(ids=ids, embeddings=vectors[start : start + _BATCH])

    def remove(self, shelf: ShelfId, passages: Iterable[int]) -> None:
        """Forget these passages; an index that is not open yet is healed when it is opened."""
        if not self.is_open:
            return
        ids = [str(passage) for passage in passages]
        with self._damage():
            collection = self._existing(shelf)
            if collection is None:
                return
            for start in range(0, len(ids), _BATCH):
                collection.delete(ids=ids[start : start + _BATCH])

    def passages(self, shelf: ShelfId) -> set[int]:
        """Which passages have a vector here."""
        with self._damage():
            collection = self._existing(shelf)
            return set() if collection is None else {int(passage) for passage in collection.get(include=[])["ids"]}

    def strangers(self, shelves: Iterable[ShelfId]) -> int:
        """Remove the collections of all other shelves; answers how many there were."""
        known = {_name(shelf) for shelf in shelves}
        with self._damage():
            unknown = [name for name in map(_name_of, self._opened().list_collections()) if name not in known]
            for name in unknown:
                self._opened().delete_collection(name)
        self._collections.clear()
        return len(unknown)

    def search(
        self, vector: Vectors, shelves: Sequence[ShelfId], limit: int, within: Iterable[int] | None = None
    ) -> list[Hit]:
        """The passages on these shelves nearest to this one vector, best first; the score is the cosine.

        `within` names the only passages that count; None for all of them.
        """
        ids = None if within is None else [str(passage) for passage in within]
        hits: list[Hit] = []
        if not self.is_open:
            return hits
        with self._damage():
            for collection in map(self._existing, shelves):
                # Chroma answers nothing from an empty collection, but takes ids that it lacks for damage.
                if collection is not None and ids != [] and (ids is None or collection.count()):
                    hits.extend(_nearest(collection, vector, limit, ids))
        return sorted(hits, key=lambda hit: hit.score, reverse=True)[:limit]

    def close(self) -> None:
        """Let go of the folder."""
        if self._client is not None:
            self._client.close()
        self._client = None
        self._collections.clear()

    @contextmanager
    def _damage(self) -> Iterator[None]:
        try:
            yield
        except ChromaError as error:
            if not _is_full(error):
                raise VectorIndexDamagedError from error
            self._met_the_end = True
            with suppress(ChromaError):
                self.close()
            SharedSystemClient.clear_system_cache()
            raise DiskFullError from error

    def _existing(self, shelf: ShelfId) -> Collection | None:
        if shelf not in self._collections:
            try:
                self._collections[shelf] = self._opened().get_collection(_name(shelf), embedding_function=None)
            except NotFoundError:
                return None
        return self._collections[shelf]

    def _collection(self, shelf: ShelfId) -> Collection:
        if shelf not in self._collections:
            self._collections[shelf] = self._opened().get_or_create_collection(
                _name(shelf), embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        return self._collections[shelf]

    def _opened(self) -> ClientAPI:
        if self._client is None and self._met_the_end:
            self.open()
            self._met_the_end = False
        if self._client is None:
            raise RuntimeError("the vector index is not open")
        return self._client


def _nearest(collection: Collection, vector: Vectors, limit: int, ids: list[str] | None) -> list[Hit]:
    found = collection.query(query_embeddings=vector.reshape(1, -1), ids=ids, n_results=limit, include=["distances"])
    distances = (found["distances"] or [[]])[0]
    return [
        Hit(passage=int(passage), score=1.0 - float(distance))
        for passage, distance in zip(found["ids"][0], distances, strict=True)
    ]


def _is_full(error: ChromaError) -> bool:
    """Whether Chroma met the end of the disk; SQLite's words, and the kernel's."""
    return any(words in str(error) for words in ("disk is full", "No space left"))


def _name(shelf: ShelfId) -> str:
    """A collection's name by Chroma's rules, whatever the shelf is called."""
    return "shelf-" + hashlib.sha256(shelf.encode()).hexdigest()[:32]


def _name_of(collection: Collection | str) -> str:
    return collection if isinstance(collection, str) else collection.name
