"""A storm of kill -9: a library that puts, changes and deletes files is ended at random moments; truth and index agree.

`python -m tests.assistant.storm COUNT` runs COUNT kills; `make storm COUNT=1000` the long one. Each kill ends a process
that was working; the next one finds what was left, heals it, is looked over, and is killed in turn.
"""

import asyncio
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from assistant.documents import Document, Status
from assistant.identifiers import HOUSEHOLD
from assistant.library import Library
from tests.assistant.shelves import ALL, at_work, library

WORDS = ("boiler", "garden", "bicycle", "piano", "kitchen", "ladder", "window", "carpet", "kettle", "violin")
LONGEST_SECONDS = 1.5


async def body(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def work(folder: Path, seed: int) -> None:
    """Heal, say so with what was found, then change files until somebody ends this."""
    chance = random.Random(seed)
    async with at_work(library(folder)) as shelves:
        await settled(shelves)
        print(json.dumps(problems_of(shelves, folder)), flush=True)
        while True:
            path = f"{chance.choice(WORDS)}.txt"
            if chance.random() < 0.25:
                await shelves.take_away(HOUSEHOLD, path)
            else:
                text = "\n\n".join(" ".join(chance.choices(WORDS, k=60)) for _ in range(chance.randint(1, 8)))
                await shelves.place(path=path, shelf=HOUSEHOLD, body=body(text))
            await asyncio.sleep(chance.random() * 0.05)


async def settled(shelves: Library) -> None:
    """Wait until nothing is left to do."""
    async with asyncio.timeout(120):
        await shelves._indexing.words_open.wait()
        await shelves._indexing.meanings_whole.wait()
        while any(one.status not in {Status.READY, Status.FAILED} for one in shelves.documents(ALL)):
            await asyncio.sleep(0.02)


def problems_of(shelves: Library, folder: Path) -> list[str]:
    """Everything in which truth, indexes and files on the disk differ."""
    problems = []
    documents = {document.id: document for document in shelves.documents(ALL)}
    files = shelves.files(HOUSEHOLD)
    if {document.id for _path, document, _digest in files} != documents.keys():
        problems.append("a document without a file, or a file without a document")
    if len({path for path, _document, _digest in files}) != len(files):
        problems.append("a path twice")
    wanted = {shelves._records.sha256(document, ALL) for document in documents}
    kept = {path.name for path in (folder / "originals").glob("??/*")}
    if kept != wanted:
        problems.append(f"originals: {len(wanted - kept)} missing, {len(kept - wanted)} too many")
    places = {one: folder / "originals" / one[:2] / one for one in wanted & kept}
    if any(hashlib.sha256(path.read_bytes()).hexdigest() != one for one, path in places.items()):
        problems.append("an original with other bytes")
    if any(text_of(shelves, document) != places[sha256].read_text().split() for document, sha256 in read(shelves)):
        problems.append("a document with the text of other bytes")
    if shelves._lexical.count() != shelves._passages.count_findable():
        problems.append(f"words: {shelves._lexical.count()} of {shelves._passages.count_findable()} passages")
    meanings, vectors = shelves._vectors.passages(HOUSEHOLD), shelves._passages.numbers_with_vector(HOUSEHOLD)
    if meanings != vectors or len(vectors) != shelves._passages.count_findable():
        problems.append(f"meanings: {len(meanings)}, vectors: {len(vectors)}")
    return problems


def read(shelves: Library) -> list[tuple[Document, str]]:
    """Every document that was read, and the digest of its bytes."""
    ready = [document for document in shelves.documents(ALL) if document.status is Status.READY]
    return [(document, shelves._records.sha256(document.id, ALL)) for document in ready]


def text_of(shelves: Library, document: Document) -> list[str]:
    """The words of its pages."""
    pages = range(1, document.pages + 1)
    return " ".join(shelves.page_text(document.id, page, ALL) for page in pages).split()


def storm(count: int, folder: Path, seed: int) -> list[str]:
    """Kill so many times; answers the problems that were found."""
    chance = random.Random(seed)
    problems: list[str] = []
    for number in range(count + 1):
        command = [sys.executable, "-m", "tests.assistant.storm", "--work", str(folder), str(seed + number)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        told = process.stdout.readline() if process.stdout else ""
        if not told:
            problems.append(f"after kill {number}: it did not come up again")
        else:
            problems += [f"after kill {number}: {problem}" for problem in json.loads(told)]
        time.sleep(chance.random() * LONGEST_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
    return problems


def main() -> int:
    """Run the worker, or the storm."""
    if sys.argv[1] == "--work":
        asyncio.run(work(Path(sys.argv[2]), int(sys.argv[3])))
        return 0
    count, seed = int(sys.argv[1]), random.SystemRandom().randrange(1_000_000)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        problems = storm(count, Path(folder), seed)
    print(f"{count} kills, seed {seed}, {time.monotonic() - began:.0f} s, {len(problems)} problems")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
