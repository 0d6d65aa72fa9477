"""A storm of kill -9: a library at work is ended at random moments; truth, index and chats agree.

Files, scans among them, are put, changed and deleted, while somebody asks and is answered from them.

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
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from assistant.backup.making import Backups, sealed
from assistant.documents import Document, Status
from assistant.errors import AssistantError
from assistant.identifiers import HOUSEHOLD
from assistant.library import Library
from assistant.watching import Watching
from tests import pdf, scans
from tests.assistant.shelves import ALL, ANNA, at_work, library
from tests.assistant.storm_chats import StormChats
from tests.fakes import FakeClock

WORDS = ("boiler", "garden", "bicycle", "piano", "kitchen", "ladder", "window", "carpet", "kettle", "violin")
LONGEST_SECONDS = 1.5
WORDS_A_SCAN = 10
SCAN_SIZE = (800, 300)


async def body(text: str) -> AsyncIterator[bytes]:
    yield text.encode()


async def work(folder: Path, seed: int) -> None:
    """Heal, say so with what was found, then change files until somebody ends this."""
    chance = random.Random(seed)
    watched = folder.with_name(f"{folder.name}-watched")
    watched.mkdir(exist_ok=True)
    async with at_work(library(folder, first_pages_seconds=0.0)) as shelves:
        chats = StormChats(shelves, folder)
        watching = Watching(database=shelves._database, library=shelves, roots=[watched.parent], own=folder)
        if not watching.folders():
            await watching.add(str(watched), HOUSEHOLD)
        await settled(shelves)
        problems = problems_of(shelves, folder) + chats.problems()
        await watching.look(watching.folders()[0])
        await settled(shelves)
        problems += [f"after a look at the folder: {problem}" for problem in problems_of(shelves, folder)]
        there = {path.name for path in watched.iterdir()}
        known = {document.name for document in shelves.documents(ALL) if document.folder.startswith(watched.name)}
        if known != there:
            problems.append(f"the watched folder: {len(there - known)} missing, {len(known - there)} too many")
        counts = {**chats.counts(), "scanned": len(scanned(shelves, folder))}
        print(json.dumps({"problems": problems, "counts": counts}), flush=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(chats.talk(random.Random(seed), WORDS))
            while True:
                await deed(chance, shelves, watching, watched, folder)
                await asyncio.sleep(chance.random() * 0.05)


async def deed(chance: random.Random, shelves: Library, watching: Watching, watched: Path, folder: Path) -> None:
    """Something that a household does: mostly putting and taking, now and then the rest."""
    path = f"{chance.choice(WORDS)}.txt"
    text = "\n\n".join(paragraph(chance) for _ in range(chance.randint(1, 8)))
    documents = [one for one in shelves.documents(ALL) if not one.folder.startswith(watched.name)]
    match chance.choices(
        ("put", "take", "pages", "scan", "rename", "move", "watch", "ask", "back up"), (8, 4, 1, 2, 2, 2, 2, 2, 1)
    )[0]:
        case "put":
            await shelves.place(path=path, shelf=chance.choice((HOUSEHOLD, ANNA)), body=body(text))
        case "take":
            await shelves.take_away(chance.choice((HOUSEHOLD, ANNA)), path)
        case "pages":  # a long file, findable page by page while it is read
            pages = pdf.written([f"{chance.choice(WORDS)} {chance.choice(WORDS)} {number}" for number in range(12)])
            await shelves.place(path=f"{chance.choice(WORDS)}.pdf", shelf=HOUSEHOLD, body=bytes_of(pages))
        case "scan":
            await scan(chance, shelves, folder)
        case "rename" if documents:
            with suppress(AssistantError):
                await shelves.rename(chance.choice(documents).id, f"{chance.choice(WORDS)} {seed_of(chance)}.txt", ALL)
        case "move" if documents:
            with suppress(AssistantError):
                await shelves.move(chance.choice(documents).id, chance.choice((HOUSEHOLD, ANNA)), ALL)
        case "watch":
            file = watched / path
            if chance.random() < 0.3:
                file.unlink(missing_ok=True)
            else:
                file.write_text(text)
            await watching.look(watching.folders()[0])
        case "ask":
            await shelves.search(" ".join(chance.choices(WORDS, k=3)), ALL)
        case "back up":
            backups = Backups(
                database=shelves._database,
                originals=shelves._originals,
                library=shelves,
                folder=folder / "backups",
                clock=FakeClock(),
                version="1",
                models=tuple,
            )
            backups.sweep()
            moment = await backups.moment("one")
            await asyncio.to_thread(lambda: sum(map(len, sealed(moment, "four words about nothing"))))
            moment.clear()


async def scan(chance: random.Random, shelves: Library, folder: Path) -> None:
    """A letter or two of several pages come from the scanner; what stands on them is noted before."""
    words = [chance.choices(WORDS, k=WORDS_A_SCAN) for _ in range(chance.randint(1, 2))]
    drawn = [scans.page([f"The {' '.join(one[:5])}", f"{' '.join(one[5:])}."], SCAN_SIZE) for one in words]
    kind = "PNG" if len(drawn) == 1 else chance.choice(("PDF", "TIFF"))
    content = scans.saved(drawn, kind)
    noted = folder.with_name(f"{folder.name}-scans")
    noted.mkdir(exist_ok=True)
    (noted / hashlib.sha256(content).hexdigest()).write_text(json.dumps(words))
    name = f"scan of the {chance.choice(WORDS)}.{kind.lower()}"
    await shelves.place(path=name, shelf=HOUSEHOLD, body=bytes_of(content))


def paragraph(chance: random.Random) -> str:
    """Sentences of nothing but things."""
    return " ".join(f"The {' '.join(chance.choices(WORDS, k=6))}." for _ in range(8))


async def bytes_of(content: bytes) -> AsyncIterator[bytes]:
    yield content


def seed_of(chance: random.Random) -> int:
    return chance.randrange(50)


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
    files = [(f"{shelf}/{path}", one, sha256) for shelf in ALL for path, one, sha256 in shelves.files(shelf)]
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
    texts = [(one, sha256) for one, sha256 in read(shelves) if one.media_type == "text/plain"]
    if any(text_of(shelves, document) != places[sha256].read_text().split() for document, sha256 in texts):
        problems.append("a document with the text of other bytes")
    problems += [problem for one, pages in scanned(shelves, folder) for problem in misread(shelves, one, pages)]
    if shelves._lexical.count() != shelves._passages.count_findable():
        problems.append(f"words: {shelves._lexical.count()} of {shelves._passages.count_findable()} passages")
    meanings = [number for shelf in ALL for number in sorted(shelves._vectors.passages(shelf))]
    vectors = [number for shelf in ALL for number in sorted(shelves._passages.numbers_with_vector(shelf))]
    if meanings != vectors or len(vectors) != shelves._passages.count_findable():
        problems.append(f"meanings: {len(meanings)}, vectors: {len(vectors)}")
    return problems


def scanned(shelves: Library, folder: Path) -> list[tuple[Document, list[list[str]]]]:
    """Every scan that was read, and the words that were drawn on its pages."""
    noted = folder.with_name(f"{folder.name}-scans")
    found = [(one, noted / sha256) for one, sha256 in read(shelves)]
    return [(one, json.loads(note.read_text())) for one, note in found if note.exists()]


def misread(shelves: Library, document: Document, pages: list[list[str]]) -> list[str]:
    """What is wrong with a scan: a page or its words that are not there, or not in their place on the picture."""
    if document.pages != len(pages):
        return [f"a scan of {len(pages)} pages with {document.pages}"]
    problems = []
    for number, words in enumerate(pages, start=1):
        text = shelves.page_text(document.id, number, ALL)
        there = sum(word in text.lower() for word in words)
        if there < len(words) - 1:
            problems.append(f"page {number} of a scan has {there} of its {len(words)} words")
        if not shelves._records.boxes(document.id, number, 0, len(text)):
            problems.append(f"page {number} of a scan has words without a place")
    return problems


def read(shelves: Library) -> list[tuple[Document, str]]:
    """Every document that was read, and the digest of its bytes."""
    ready = [document for document in shelves.documents(ALL) if document.status is Status.READY]
    return [(document, shelves._records.sha256(document.id, ALL)) for document in ready]


def text_of(shelves: Library, document: Document) -> list[str]:
    """The words of its pages."""
    pages = range(1, document.pages + 1)
    return " ".join(shelves.page_text(document.id, page, ALL) for page in pages).split()


def storm(count: int, folder: Path, seed: int) -> tuple[list[str], Counter[str]]:
    """Kill so many times; answers the problems that were found, and how much was looked at, summed over all looks."""
    chance = random.Random(seed)
    problems: list[str] = []
    counts = Counter[str]()
    for number in range(count + 1):
        command = [sys.executable, "-m", "tests.assistant.storm", "--work", str(folder), str(seed + number)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        told = process.stdout.readline() if process.stdout else ""
        if not told:
            problems.append(f"after kill {number}: it did not come up again")
        else:
            said = json.loads(told)
            counts.update(said["counts"])
            problems += [f"after kill {number}: {problem}" for problem in said["problems"]]
        time.sleep(chance.random() * LONGEST_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()
    return problems, counts


def main() -> int:
    """Run the worker, or the storm."""
    if sys.argv[1] == "--work":
        asyncio.run(work(Path(sys.argv[2]), int(sys.argv[3])))
        return 0
    count, seed = int(sys.argv[1]), random.SystemRandom().randrange(1_000_000)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        problems, counts = storm(count, Path(folder) / "state", seed)
    print(f"{count} kills, seed {seed}, {time.monotonic() - began:.0f} s, {len(problems)} problems")
    print(f"looked at, in all: {dict(counts)}")
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
