"""The index of words, in tantivy: which passages on these shelves hold a question's terms. Derived from SQLite."""

import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import tantivy

from assistant.identifiers import DocumentId, ShelfId
from assistant.language import language_of
from assistant.library_errors import DiskFullError
from assistant.stop_words import Language
from assistant.terms import emphasis, terms

_ANALYZER: Final = "hearth"
_REMOVALS: Final = 40
_REMOVAL_SECONDS: Final = 0.05
_WRITER_BYTES: Final = 32_000_000
_TITLE_WEIGHT: Final = 2.0
_HEADING_WEIGHT: Final = 1.0
_MARK_FILE: Final = "hearth-mark"
_NO_ROOM: Final = ("No space left", "index writer was killed", "Lockfile")
"""What tantivy says of it: its commit; its own thread, whose error it keeps to itself; a writer that is still going."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A passage as the indexes take it."""

    passage: int
    document: DocumentId
    shelf: ShelfId
    title: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that an index found, with the index's own score."""

    passage: int
    score: float


class LexicalIndex:
    """One folder of tantivy's. Changes come from one thread at a time; searches may come from any.

    A change that meets the end of the disk raises `DiskFullError`, and nothing of it is there: what could be found can
    be found still. Its writer is of no use afterwards and is replaced.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: tantivy.Index | None = None
        self._writer: tantivy.IndexWriter | None = None

    def open(self, mark: str) -> bool:
        """Open the folder; false where it holds no usable index of this mark, and `rebuild` is due."""
        mark_file = self._folder / _MARK_FILE
        if not mark_file.exists() or mark_file.read_text(encoding="utf-8") != mark:
            return False
        try:
            self._attach(tantivy.Index(_schema(), path=str(self._folder)))
        except (ValueError, OSError):
            return False
        return True

    def rebuild(self, mark: str, entries: Iterable[Entry]) -> None:
        """Begin anew with these entries. The mark is written last, so that an interrupted rebuild is seen as none."""
        self.close()
        for _ in range(_REMOVALS):
            # A thread of the index that was just closed may still put a file there.
            shutil.rmtree(self._folder, ignore_errors=True)
            if not self._folder.exists():
                break
            time.sleep(_REMOVAL_SECONDS)
        with self._changing():
            self._folder.mkdir(parents=True, mode=0o700)
            self._attach(tantivy.Index(_schema(), path=str(self._folder)))
            self._add(entries)
            (self._folder / _MARK_FILE).write_text(mark, encoding="utf-8")

    def renew(self, entries: Iterable[Entry]) -> None:
        """Hold exactly these, in files that never knew others; searches go on meanwhile."""
        with self._changing():
            writer, _index = self._opened()
            writer.delete_all_documents()
            self._add(entries)
            writer.garbage_collect_files()

    def count(self) -> int:
        """How many passages can be found."""
        return 0 if self._index is None else int(self._index.searcher().num_docs)

    def add(self, entries: Iterable[Entry]) -> None:
        """Make these passages findable; on return they are, and stay so."""
        with self._changing():
            self._add(entries)

    def _add(self, entries: Iterable[Entry]) -> None:
        writer, index = self._opened()
        for entry in entries:
            document = tantivy.Document()
            document.add_unsigned("passage", entry.passage)
            document.add_text("document", entry.document)
            document.add_text("shelf", entry.shelf)
            language = language_of(entry.text) or Language.ENGLISH
            for field, text in (("title", entry.title), ("heading", entry.heading), ("text", entry.text)):
                document.add_text(field, " ".join(terms(text, language)))
            writer.add_document(document)
        writer.commit()
        index.reload()

    def replace(self, document: DocumentId, entries: Iterable[Entry]) -> None:
        """Make these passages all that can be found of a document."""
        with self._changing():
            writer, _index = self._opened()
            writer.delete_documents_by_term("document", document)
            self._add(entries)

    def update(self, document: DocumentId, entries: Sequence[Entry]) -> None:
        """The same, where a passage of a number that is there already, under the same title, has the same words."""
        wanted = {entry.passage for entry in entries}
        with self._changing():
            writer, index = self._opened()
            query = tantivy.Query.term_query(index.schema, "document", document)
            searcher = index.searcher()
            found = searcher.search(query, max(1, int(searcher.num_docs)), count=False).hits
            numbers = set(searcher.fast_field_values("passage", [address for _score, address in found]))
            for number in numbers - wanted:
                # By a query: `delete_documents_by_term` takes a number for a signed one and deletes nothing.
                writer.delete_documents_by_query(tantivy.Query.term_query(index.schema, "passage", number))
            self._add(entry for entry in entries if entry.passage not in numbers)

    def remove(self, documents: Iterable[DocumentId]) -> None:
        """Forget all passages of these documents; an index that is not open yet is healed when it is opened."""
        if self._index is None:
            return
        with self._changing():
            writer, index = self._opened()
            for document in documents:
                writer.delete_documents_by_term("document", document)
            writer.commit()
            index.reload()

    def search(
        self,
        asked: Sequence[str],
        shelves: Sequence[ShelfId],
        limit: int,
        within: Sequence[DocumentId] | None = None,
    ) -> list[Hit]:
        """The passages on these shelves with any of the terms, best first. Terms and shelves are data, not syntax.

        `within` names the only documents that count; None for all of them.
        """
        if self._index is None or not asked or not shelves or within == []:
            return []
        schema = self._index.schema
        searcher = self._index.searcher()
        fields = (("title", _TITLE_WEIGHT), ("heading", _HEADING_WEIGHT), ("text", 1.0))
        any_term = tantivy.Query.boolean_query(
            [
                (
                    tantivy.Occur.Should,
                    tantivy.Query.boost_query(
                        tantivy.Query.term_query(schema, field, term, "freq"), weight * emphasis(term)
                    ),
                )
                for term in asked
                for field, weight in fields
            ]
        )
        allowed = tantivy.Query.const_score_query(tantivy.Query.term_set_query(schema, "shelf", list(shelves)), 0.0)
        musts = [(tantivy.Occur.Must, allowed), (tantivy.Occur.Must, any_term)]
        if within is not None:
            chosen = tantivy.Query.term_set_query(schema, "document", list(within))
            musts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0)))
        query = tantivy.Query.boolean_query(musts)
        found = searcher.search(query, limit, count=False).hits
        passages = searcher.fast_field_values("passage", [address for _score, address in found])
        return [
            Hit(passage=int(passage), score=float(score))
            for passage, (score, _address) in zip(passages, found, strict=True)
        ]

    def frequencies(self, asked: Iterable[str]) -> tuple[dict[str, int], int]:
        """In how many passages' text each term occurs, and how many passages there are."""
        if self._index is None:
            return dict.fromkeys(asked, 0), 0
        searcher = self._index.searcher()
        return {term: int(searcher.doc_freq("text", term)) for term in asked}, int(searcher.num_docs)

    def title_frequencies(self, asked: Iterable[str]) -> dict[str, int]:
        """How many passages stand in files whose name has each term."""
        if self._index is None:
            return dict.fromkeys(asked, 0)
        searcher = self._index.searcher()
        return {term: int(searcher.doc_freq("title", term)) for term in asked}

    def close(self) -> None:
        """Let go of the folder."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
        self._writer = None
        self._index = None

    @contextmanager
    def _changing(self) -> Iterator[None]:
        try:
            yield
        except (ValueError, OSError) as error:
            if not any(words in str(error) for words in _NO_ROOM):
                raise
            # Dropped first: one folder has one writer, and a second one is refused. `_opened` makes the next one.
            self._writer = None
            raise DiskFullError from error

    def _attach(self, index: tantivy.Index) -> None:
        # The terms are made before, each text's by its language; here they only have to be told apart.
        index.register_tokenizer(_ANALYZER, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
        self._index = index
        self._writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)

    def _opened(self) -> "tuple[tantivy.IndexWriter, tantivy.Index]":
        if self._index is None:
            raise RuntimeError("the lexical index is not open")
        if self._writer is None:
            self._writer = self._index.writer(heap_size=_WRITER_BYTES, num_threads=1)
        return self._writer, self._index


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("passage", fast=True, indexed=True)
    builder.add_text_field("document", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("shelf", tokenizer_name="raw", index_option="basic")
    for field in ("title", "heading", "text"):
        builder.add_text_field(field, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()
