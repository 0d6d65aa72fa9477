"""The rows of passages and vectors in SQLite, of which both indexes are made and by which each finding is checked."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy
from numpy.typing import NDArray

from assistant.chunks import Chunk
from assistant.documents import Passage
from assistant.identifiers import DocumentId, ShelfId
from assistant.lexical import Entry
from assistant.parser.page import Page
from assistant.places import packed
from assistant.queue import Job, Stage, enqueue, hand_on, is_current
from assistant.records import marks
from assistant.store import Database
from assistant.vectors import Vectors

_ENTRY: Final = (
    "SELECT passages.id AS passage, document_id, shelf_id, name, heading, "
    'substr(text, start + 1, "end" - start) AS text '
    "FROM passages JOIN pages USING (document_id, page) JOIN documents ON documents.id = document_id "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A passage that an index named and that SQLite confirmed, with its vector where it has one."""

    number: int
    passage: Passage
    vector: NDArray[numpy.float32] | None


class Passages:
    """Reads and changes passages. Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self, job: Job, pages: Sequence[Page], chunks: Iterable[Chunk], notes: Sequence[str] = ()
    ) -> list[int] | None:
        """Keep what was read and begin the next stage, at once.

        Answers the passages of an earlier reading that are gone; None where the document was deleted or changed
        meanwhile.
        """
        with self._database.transaction() as connection:
            if not is_current(connection, job):
                return None
            gone = _keep(connection, job.document, pages, chunks)
            connection.execute(
                "UPDATE documents SET progress = 0.4, notes = ? WHERE id = ?", (json.dumps(list(notes)), job.document)
            )
            hand_on(connection, job, Stage.WORDS, running=True)
        return gone

    def forget_deleted(self) -> None:
        """Overwrite what the disk still holds of passages that are gone."""
        self._database.forget_deleted()

    def keep_some(self, job: Job, pages: Sequence[Page], chunks: Iterable[Chunk]) -> bool:
        """Keep the pages read so far of a document; false where it was deleted or changed meanwhile."""
        with self._database.transaction() as connection:
            if not is_current(connection, job):
                return False
            _keep(connection, job.document, pages, chunks)
        return True

    def entries(self, document: DocumentId) -> list[Entry]:
        """The passages of a document as the indexes take them."""
        with self._database.reading() as connection:
            rows = connection.execute(_ENTRY + "WHERE document_id = ?", (document,)).fetchall()
        return [_entry(row) for row in rows]

    def findable(self) -> Iterator[Entry]:
        """The passages of all documents whose words can be found."""
        with self._database.reading() as connection:
            for row in connection.execute(_ENTRY + "WHERE status IN ('searchable', 'ready')"):
                yield _entry(row)

    def count_findable(self) -> int:
        """How many those are."""
        with self._database.reading() as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM passages JOIN documents ON documents.id = document_id "
                "WHERE status IN ('searchable', 'ready')"
            ).fetchone()
        return int(count)

    def without_vector(self, document: DocumentId, limit: int, *, from_end: bool = False) -> list[Entry]:
        """The next passages of a document that have no vector yet, or the last ones, backwards."""
        with self._database.reading() as connection:
            rows = connection.execute(
                _ENTRY + "LEFT JOIN vectors ON vectors.passage_id = passages.id "
                "WHERE document_id = ? AND vectors.passage_id IS NULL "
                f"ORDER BY passages.id {'DESC' if from_end else 'ASC'} LIMIT ?",
                (document, limit),
            ).fetchall()
        return [_entry(row) for row in rows]

    def keep_vectors(self, entries: Sequence[Entry], vectors: Vectors) -> list[int]:
        """Keep these vectors; answers the positions of those whose passage still exists."""
        with self._database.transaction() as connection:
            return lay_vectors(connection, entries, vectors)

    def count_without_vector(self, document: DocumentId) -> int:
        """How many passages of a document have no vector yet."""
        with self._database.reading() as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM passages LEFT JOIN vectors ON vectors.passage_id = passages.id "
                "WHERE document_id = ? AND vectors.passage_id IS NULL",
                (document,),
            ).fetchone()
        return int(count)

    def numbers_with_vector(self, shelf: ShelfId) -> set[int]:
        """Which passages on a shelf have a vector."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT passage_id FROM vectors JOIN passages ON passages.id = passage_id "
                "JOIN documents ON documents.id = document_id WHERE shelf_id = ?",
                (shelf,),
            ).fetchall()
        return {row["passage_id"] for row in rows}

    def vectors(self, numbers: Sequence[int]) -> tuple[list[int], Vectors]:
        """The vectors of these passages, one row for each of the numbers that have one."""
        with self._database.reading() as connection:
            rows = [
                row
                for number in numbers
                for row in connection.execute("SELECT passage_id, vector FROM vectors WHERE passage_id = ?", (number,))
            ]
        return [row["passage_id"] for row in rows], numpy.array([_vector(row["vector"]) for row in rows], dtype="<f4")

    def numbers_of(self, document: DocumentId) -> list[int]:
        """All passages of a document."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id FROM passages WHERE document_id = ?", (document,)).fetchall()
        return [row["id"] for row in rows]

    def numbers_in(self, documents: Sequence[DocumentId]) -> list[int]:
        """All passages of these documents."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id FROM passages WHERE document_id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(documents)),),
            ).fetchall()
        return [row["id"] for row in rows]

    def forget_vectors(self) -> None:
        """Drop all vectors, which another model made."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM vectors")

    def queue_missing_vectors(self) -> None:
        """Queue every findable document that is not in the queue and lacks vectors."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT DISTINCT document_id FROM passages JOIN documents ON documents.id = document_id "
                "LEFT JOIN vectors ON vectors.passage_id = passages.id "
                "WHERE status IN ('searchable', 'ready') AND vectors.passage_id IS NULL "
                "AND document_id NOT IN (SELECT document_id FROM jobs)"
            ).fetchall()
            for row in rows:
                enqueue(connection, DocumentId(row["document_id"]), Stage.MEANING)
                connection.execute("UPDATE documents SET status = 'searchable' WHERE id = ?", (row["document_id"],))

    def candidates(self, numbers: Iterable[int], shelves: Sequence[ShelfId]) -> list[Candidate]:
        """Those of the passages that exist and lie on these shelves, whatever the indexes said."""
        wanted = tuple(numbers)
        with self._database.reading() as connection:
            rows = connection.execute(
                'SELECT passages.id AS number, document_id, name, page, start, "end", heading, vector, '  # noqa: S608 - question marks
                'substr(text, start + 1, "end" - start) AS text '
                "FROM passages JOIN pages USING (document_id, page) JOIN documents ON documents.id = document_id "
                "LEFT JOIN vectors ON vectors.passage_id = passages.id "
                f"WHERE passages.id IN ({marks(wanted)}) AND shelf_id IN ({marks(shelves)})",
                (*wanted, *shelves),
            ).fetchall()
        return [_candidate(row) for row in rows]

    def around(self, passage: Passage, reach: int) -> list[Passage]:
        """The passages of its page that begin or end at most so many characters before or after it, in their order."""
        with self._database.reading() as connection:
            rows = connection.execute(
                'SELECT passages.id AS number, document_id, name, page, start, "end", heading, NULL AS vector, '
                'substr(text, start + 1, "end" - start) AS text '
                "FROM passages JOIN pages USING (document_id, page) JOIN documents ON documents.id = document_id "
                'WHERE document_id = ? AND page = ? AND "end" >= ? AND start <= ? ORDER BY start',
                (passage.document_id, passage.page, passage.start - reach, passage.end + reach),
            ).fetchall()
        return [_candidate(row).passage for row in rows]

    def joined(self, run: Sequence[Passage]) -> Passage:
        """Neighbours on a page, in their order, as one passage; under the heading of the first."""
        first, last = run[0], run[-1]
        if first is last:
            return first
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT substr(text, ?, ?) AS text FROM pages WHERE document_id = ? AND page = ?",
                (first.start + 1, last.end - first.start, first.document_id, first.page),
            ).fetchone()
        # A page that went away a moment ago leaves what was found.
        return first if row is None else replace(first, end=last.end, text=row["text"])

    def mark(self, index: str) -> str | None:
        """The mark that an index was built by."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT mark FROM indexes WHERE name = ?", (index,)).fetchone()
        return None if row is None else str(row["mark"])

    def forget_mark(self, index: str) -> None:
        """There is no such mark any more."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM indexes WHERE name = ?", (index,))

    def set_mark(self, index: str, mark: str) -> None:
        """Say by which mark an index is built."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO indexes (name, mark) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET mark = excluded.mark",
                (index, mark),
            )


def lay_vectors(connection: sqlite3.Connection, entries: Sequence[Entry], vectors: Vectors) -> list[int]:
    """See `Passages.keep_vectors`, within the caller's transaction."""
    kept: list[int] = []
    for position, (entry, vector) in enumerate(zip(entries, vectors, strict=True)):
        if connection.execute(
            "INSERT INTO vectors (passage_id, vector) SELECT id, ? FROM passages WHERE id = ? "
            "ON CONFLICT (passage_id) DO UPDATE SET vector = excluded.vector",
            (vector.astype("<f2").tobytes(), entry.passage),
        ).rowcount:
            kept.append(position)
    if entries:
        _show_progress(connection, entries[0].document)
    return kept


def _keep(
    connection: sqlite3.Connection, document: DocumentId, pages: Sequence[Page], chunks: Iterable[Chunk]
) -> list[int]:
    """Make these all pages and passages of a document; answers the passages that are gone.

    A passage whose heading and words were there before keeps its number, and with it its vector.
    """
    connection.execute("UPDATE documents SET pages = ? WHERE id = ?", (len(pages), document))
    before: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row in connection.execute(
        'SELECT id, heading, substr(text, start + 1, "end" - start) AS words '
        "FROM passages JOIN pages USING (document_id, page) WHERE document_id = ? ORDER BY id DESC",
        (document,),
    ):
        before[row["heading"], row["words"]].append(row["id"])
    connection.executemany(
        "INSERT INTO pages (document_id, page, text, words, origin) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (document_id, page) DO UPDATE SET "
        "text = excluded.text, words = excluded.words, origin = excluded.origin",
        ((document, page.number, page.text, packed(page.words), _origin(page)) for page in pages),
    )
    texts = {page.number: page.text for page in pages}
    for chunk in chunks:
        same = before[chunk.heading, texts[chunk.page][chunk.start : chunk.end]]
        if same:
            connection.execute(
                'UPDATE passages SET page = ?, start = ?, "end" = ? WHERE id = ?',
                (chunk.page, chunk.start, chunk.end, same.pop()),
            )
        else:
            connection.execute(
                'INSERT INTO passages (document_id, page, start, "end", heading) VALUES (?, ?, ?, ?, ?)',
                (document, chunk.page, chunk.start, chunk.end, chunk.heading),
            )
    gone = [number for numbers in before.values() for number in numbers]
    connection.executemany("DELETE FROM passages WHERE id = ?", ((number,) for number in gone))
    connection.execute(
        "DELETE FROM pages WHERE document_id = ? AND page NOT IN (SELECT value FROM json_each(?))",
        (document, json.dumps([page.number for page in pages])),
    )
    return gone


def _origin(page: Page) -> str | None:
    """Where the page's picture is; nothing is said of a page of the file itself."""
    told = page.origin
    return json.dumps([told.within, told.page, told.shift]) if told is not None and told.within else None


def _show_progress(connection: sqlite3.Connection, document: DocumentId) -> None:
    connection.execute(
        "UPDATE documents SET progress = 0.5 + 0.5 * ("
        "SELECT count(vectors.passage_id) * 1.0 / count(*) FROM passages "
        "LEFT JOIN vectors ON vectors.passage_id = passages.id WHERE document_id = ?) WHERE id = ?",
        (document, document),
    )


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        passage=row["passage"],
        document=DocumentId(row["document_id"]),
        shelf=ShelfId(row["shelf_id"]),
        title=row["name"],
        heading=row["heading"],
        text=row["text"],
    )


def _candidate(row: sqlite3.Row) -> Candidate:
    passage = Passage(
        document_id=DocumentId(row["document_id"]),
        file=row["name"],
        page=row["page"],
        start=row["start"],
        end=row["end"],
        text=row["text"],
        heading=row["heading"],
        score=0.0,
    )
    return Candidate(
        number=row["number"], passage=passage, vector=None if row["vector"] is None else _vector(row["vector"])
    )


def _vector(stored: bytes) -> NDArray[numpy.float32]:
    return numpy.frombuffer(stored, dtype="<f2").astype(numpy.float32)
