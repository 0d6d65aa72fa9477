"""A real library filled with a set's files, kept in the cache until the files or the code that reads them change."""

import asyncio
import contextlib
import hashlib
import os
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from assistant.documents import Status
from assistant.embedding.client import EmbeddingProcess
from assistant.file_passwords import FilePasswords
from assistant.identifiers import DocumentId, ShelfId
from assistant.lexical import LexicalIndex
from assistant.library import Library
from assistant.originals import Originals
from assistant.parser.client import ChildTransport, Parser
from assistant.passages import Passages
from assistant.store import Database
from assistant.vectors import VectorIndex
from image.build.checkout import cache
from image.build.content_key import content_key
from tests.eval.sets import EvalSet, group

ROOT = Path(__file__).parent.parent.parent
# What decides how files become passages and vectors; the rest may change without reading everything again.
_READERS = ("parser/**/*.py", "chunks.py", "embedding/*.py")
_WORDS = ("lexical.py", "terms.py", "language.py", "stop_words.py")
_LIMIT_BYTES = 1 << 31
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A library, which file each document is, and on which shelf each file lies."""

    library: Library
    lexical: LexicalIndex
    passages: Passages
    names: dict[DocumentId, str]
    shelves: dict[str, ShelfId]
    failed: dict[str, str]
    """The reason of each file that could not be read."""


@contextlib.asynccontextmanager
async def filled(questions: EvalSet) -> AsyncIterator[Filled]:
    """The library of a set while it runs; minutes the first time, and none after."""
    places = tomllib.loads((ROOT / "build" / "places.toml").read_text())["places"]
    files = dict(questions.files())
    folder = cache() / "eval" / f"{questions.name}-{_key(files)}"
    for older in folder.parent.glob(f"{questions.name}-*"):
        if older != folder:
            shutil.rmtree(older)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old_words(folder)
    lexical = LexicalIndex(folder / "lexical")
    database = Database(folder / "hearth.sqlite")
    library = Library(
        database=database,
        originals=Originals(folder / "originals", _LIMIT_BYTES),
        file_passwords=FilePasswords(database, folder / "file-passwords.key"),
        parser=Parser(ChildTransport([sys.executable, "-m", "services.run_parser"])),
        embedder=EmbeddingProcess(
            [sys.executable, "-m", "services.run_embedder"], Path(places["models"]) / "embedding", os.cpu_count() or 1
        ),
        lexical=lexical,
        vectors=VectorIndex(folder / "vectors"),
    )
    shelves = {group(name): ShelfId(f"eval-{group(name)}") for name in files}
    with database.transaction() as connection:
        connection.executemany(
            "INSERT OR IGNORE INTO shelves (id, kind, person_id, name) VALUES (?, 'private', 'eval', ?)",
            [(shelf, shelf) for shelf in shelves.values()],
        )
    running = asyncio.create_task(library.run())
    try:
        names = await _fill(library, files, shelves)
        documents = await _settled(questions.name, library, list(shelves.values()))
        failed = {names[document]: reason for document, reason in documents.items() if document in names}
        yield Filled(
            library=library,
            lexical=lexical,
            passages=Passages(database),
            names=names,
            shelves={name: shelves[group(name)] for name in files},
            failed=failed,
        )
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await library.close()
        database.close()


async def _fill(library: Library, files: dict[str, bytes], shelves: dict[str, ShelfId]) -> dict[DocumentId, str]:
    """Add what is not there yet; the same bytes on the same shelf are one document."""
    names: dict[DocumentId, str] = {}
    for name, content in files.items():
        added = await library.add(name=name, shelf=shelves[group(name)], body=_body(content))
        names[added.document.id] = name
    return names


async def _body(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _settled(name: str, library: Library, shelves: list[ShelfId]) -> dict[DocumentId, str]:
    """Wait until every document is ready or failed; the reasons of those that failed."""
    told = -1
    while True:
        documents = library.documents(shelves)
        count = Counter(document.status for document in documents)
        waiting = len(documents) - count[Status.READY] - count[Status.FAILED]
        if count[Status.READY] != told:
            told = count[Status.READY]
            print(f"\r{name}: {told} of {len(documents)} files ready ", end="", file=sys.stderr, flush=True)
        if not waiting:
            print(file=sys.stderr)
            return {document.id: document.reason or "" for document in documents if document.status is Status.FAILED}
        await asyncio.sleep(_LOOK_SECONDS)


def _forget_old_words(folder: Path) -> None:
    """Without the index of words, the library builds it anew from what was read."""
    mark, made = folder / "words-made-by", content_key(*((ROOT / "assistant" / name) for name in _WORDS))
    if not mark.exists() or mark.read_text() != made:
        shutil.rmtree(folder / "lexical", ignore_errors=True)
        mark.write_text(made)


def _key(files: dict[str, bytes]) -> str:
    contents = hashlib.sha256()
    for name, content in files.items():
        contents.update(f"{name}\0{len(content)}\0".encode() + content)
    readers = sorted(path for pattern in _READERS for path in (ROOT / "assistant").glob(pattern))
    return content_key(contents.hexdigest(), *readers)
