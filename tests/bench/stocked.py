"""A stopped node's database filled with documents, pages, passages and vectors, as if they had been read and embedded.

The indexes are not touched: at its next start the node builds them from these rows, as it does after a restore.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy

from assistant.identifiers import HOUSEHOLD
from assistant.store import Database
from assistant.vectors import Vectors
from tests.bench.prose import Prose

_PAGE_PASSAGES: Final = 4
_DOCUMENT_PASSAGES: Final = 20
_NOISE: Final = 0.02
"""Of each of a vector's numbers; those of a vector of unit length are about 0.05."""
_BORDER: Final = "\n\n"


def stock(database: Path, prose: Prose, meanings: Vectors, *, model: str, first: int, passages: int, seed: int) -> None:
    """Add the documents that hold passages `first` to `passages`; vectors are blends of `meanings`, which are real."""
    opened = Database(database)
    blends = _blends(meanings, seed)
    with opened.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO indexes (name, mark) VALUES ('model', ?)", (model,))
        for number in range(first // _DOCUMENT_PASSAGES, passages // _DOCUMENT_PASSAGES):
            _add(connection, number, prose, blends)
    opened.close()


def _add(connection: Any, number: int, prose: Prose, blends: Iterator[bytes]) -> None:
    document, name = f"bench-{number}", f"{prose.title()} {number}.md"
    texts = [[prose.passage() for _ in range(_PAGE_PASSAGES)] for _ in range(_DOCUMENT_PASSAGES // _PAGE_PASSAGES)]
    size_bytes = sum(len(text) for page in texts for text in page)
    connection.execute(
        "INSERT INTO documents (id, shelf_id, name, media_type, size_bytes, sha256, pages, status, progress, added_at) "
        "VALUES (?, ?, ?, 'text/markdown', ?, ?, ?, 'ready', 1, '2027-01-01T12:00:00+00:00')",
        (document, HOUSEHOLD, name, size_bytes, hashlib.sha256(document.encode()).hexdigest(), len(texts)),
    )
    connection.execute("INSERT INTO files (shelf_id, path, document_id) VALUES (?, ?, ?)", (HOUSEHOLD, name, document))
    for page, passages in enumerate(texts, start=1):
        connection.execute(
            "INSERT INTO pages (document_id, page, text) VALUES (?, ?, ?)", (document, page, _BORDER.join(passages))
        )
        start = 0
        for text in passages:
            kept = connection.execute(
                'INSERT INTO passages (document_id, page, start, "end", heading) VALUES (?, ?, ?, ?, ?)',
                (document, page, start, start + len(text), name.removesuffix(".md")),
            )
            connection.execute("INSERT INTO vectors (passage_id, vector) VALUES (?, ?)", (kept.lastrowid, next(blends)))
            start += len(text) + len(_BORDER)


def _blends(meanings: Vectors, seed: int) -> Iterator[bytes]:
    """Vectors between two real ones, with some noise: as near to each other as those of real passages."""
    random = numpy.random.default_rng(seed)
    while True:
        one, other = meanings[random.integers(len(meanings), size=2)]
        share = random.uniform(0.2, 0.8)
        blend = share * one + (1 - share) * other + random.normal(0, _NOISE, meanings.shape[1])
        yield (blend / numpy.linalg.norm(blend)).astype("<f2").tobytes()
