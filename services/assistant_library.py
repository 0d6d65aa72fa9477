"""Assembles the library of the assistant's daemon: its folders, who reads files, and who computes their vectors."""

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from assistant.embedding.client import EmbeddingProcess
from assistant.embedding.helpers import MeshHelpers
from assistant.file_passwords import FilePasswords
from assistant.jobs.helped import HelpedMeaning
from assistant.jobs.records import JobRecords
from assistant.learning import Calm
from assistant.lexical import LexicalIndex
from assistant.library import Library
from assistant.originals import Originals
from assistant.papers import Papers
from assistant.parser.client import ChildTransport, Parser, UnitTransport
from assistant.parser.protocol import Limits
from assistant.shelves import Shelves
from assistant.store import Database
from assistant.vectors import VectorIndex
from firmware.profile import Profile
from services.settings import Places

PAPER_SECONDS: Final = 300
"""Somebody waits for an answer meanwhile."""
PAPER_CHARACTERS: Final = 2_000_000
"""More than any model here has room for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """Who computes vectors: a process of this box, and other nodes for its large files."""

    embedder: EmbeddingProcess
    helpers: MeshHelpers
    help_: HelpedMeaning


def meaning_of(places: Places, profile: Profile, *, jobs: JobRecords, shelves: Shelves) -> Meaning:
    """The process is started when it is first needed; what is on a bound shelf is never sent to other nodes."""
    embedder = EmbeddingProcess(
        [sys.executable, "-m", "services.run_embedder"], places.models / "embedding", profile.embedding_threads
    )
    helpers = MeshHelpers(places.mesh_socket)
    help_ = HelpedMeaning(
        records=jobs,
        helpers=helpers,
        embedder=embedder,
        may_leave=lambda shelf: not shelves.are_bound(documents=(), shelves=[shelf]),
    )
    return Meaning(embedder=embedder, helpers=helpers, help_=help_)


@contextlib.asynccontextmanager
async def library_over(
    places: Places, database: Database, originals: Originals, meaning: Meaning, *, calm: Calm
) -> AsyncIterator[Library]:
    """The library over its folders, closed at the end."""
    library = Library(
        database=database,
        originals=originals,
        file_passwords=FilePasswords(database, places.assistant_state / "file-passwords.key"),
        parser=Parser(_transport(places)),
        embedder=meaning.embedder,
        lexical=LexicalIndex(places.assistant_state / "lexical"),
        vectors=VectorIndex(places.assistant_state / "vectors"),
        calm=calm,
        help_=meaning.help_,
    )
    try:
        yield library
    finally:
        await library.close()


def papers_of(places: Places) -> Papers:
    """What reads the PDFs that come with questions; each within less than a file of the library."""
    limits = Limits(total_seconds=PAPER_SECONDS, characters=PAPER_CHARACTERS)
    return Papers(Parser(_transport(places), limits))


def _transport(places: Places) -> UnitTransport | ChildTransport:
    """systemd's sandboxed parser where its socket is, else a child with resource limits."""
    if places.parser_socket.is_socket():
        return UnitTransport(places.parser_socket)
    return ChildTransport([sys.executable, "-m", "services.run_parser"])
