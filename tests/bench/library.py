"""`make bench-library`: embedding beside sentence-transformers, and a real node that grows to 100,000 passages.

`embed_per_cpu_s_vs_sentence_transformers`: real passages a second of processor time by our embedding process, against
the published model in full precision; one thread each, in turns. `findable_s_100_pages`: from the end of the upload of
a PDF to the first search that finds a word of its last page. `search_p95_ms_N`: a question over HTTPS to all its
findings, one after the other; `…_inside`: the same as the product counts it. `rss_mib_N`: the assistant with its
embedding process. What is named `…_1m_extrapolated` was not measured: it goes on from what 100,000 cost by the straight
line that fits all sizes best, which never falls, since what is found cannot cost less in a larger library.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from assistant.vectors import Vectors
from tests import pdf
from tests.bench.embedders import Ours, children, compared
from tests.bench.prose import Prose, Source, source
from tests.bench.servers import resident_mib
from tests.bench.stocked import stock
from tests.bench.table import table
from tests.journeys.test_a_node_survives import process_ids
from tests.person import Person
from tests.product import ROOT, Product, running

OUTPUT = ROOT / "build" / "bench" / "library.json"
BARS = {
    "embed_per_cpu_s_vs_sentence_transformers": (">=", 3.0),
    "embed_cosine_mean": (">=", 0.985),
    "findable_s_100_pages": ("<=", 2.0),
    "search_p95_ms_100k": ("<=", 50.0),
}
SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000}
SEED = 20261121
MEANINGS = 1_000
"""Real passages whose vectors those of the others are blended from."""
QUESTIONS = 100
PAGES, PAGE_PASSAGES, LINE_CHARACTERS = 100, 5, 90
POLL_SECONDS = 0.02
MOST_SECONDS = 3600.0


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of `make eval`: its words are those of all passages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", choices=SIZES, default="100k", help="how far the library grows")
    given = parser.parse_args(argv)
    figures = {"load_before": os.getloadavg()[0], "cpus": float(os.cpu_count() or 0)}
    real = source(given.data)
    figures |= asyncio.run(compared(real.passages(MEANINGS // 2), given.rounds))
    _say(figures)
    meanings, model = asyncio.run(_embedded(real.passages(MEANINGS)))
    prose = Prose(real.texts, SEED)
    figures["words_known"] = float(len(prose.words))
    with tempfile.TemporaryDirectory(prefix="hearth-", ignore_cleanup_errors=True) as folder:
        figures |= _grown(Path(folder), prose, real, (meanings, model), given.most, given.rounds)
    figures |= extrapolated(figures, 1_000_000, "1m") if given.most == "100k" else {}
    figures["load_after"] = os.getloadavg()[0]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(table(figures, BARS, OUTPUT))
    return 0


def extrapolated(figures: dict[str, float], passages: int, name: str) -> dict[str, float]:
    """What a library of so many passages would cost, if each further one costs what those that were measured did."""
    found = {}
    for kind in ("search_p50_ms", "search_p95_ms", "search_inside_p95_ms", "rss_mib", "disk_mib", "indexes_built_s"):
        costs = [figures[f"{kind}_{size}"] for size in SIZES]
        each = max(statistics.linear_regression(list(SIZES.values()), costs).slope, 0.0)
        found[f"{kind}_{name}_extrapolated"] = figures[f"{kind}_100k"] + each * (passages - SIZES["100k"])
    return found


async def _embedded(passages: Sequence[str]) -> tuple[Vectors, str]:
    ours = Ours()
    try:
        return (await ours.embedded(passages))[0], ours.model
    finally:
        await ours.close()


def _grown(
    data: Path, prose: Prose, real: Source, meanings: tuple[Vectors, str], most: str, rounds: int
) -> dict[str, float]:
    """The same node, stopped and filled further between the measurements."""
    vectors, model = meanings
    with _node(data) as (_product, owner):
        figures = _findable(owner, prose, rounds)
    _say(figures)
    here = 0
    questions = _questions(real)
    for name, passages in SIZES.items():
        stock(
            data / "assistant" / "hearth.sqlite",
            prose,
            vectors,
            model=model,
            first=here,
            passages=passages,
            seed=SEED + passages,
        )
        here = passages
        with _node(data) as (product, owner):
            figures |= _measured(product, owner, name, questions, rounds)
        _say(figures)
        if name == most:
            break
    return figures


@contextmanager
def _node(data: Path) -> Iterator[tuple[Product, Person]]:
    """The node with this data, and its owner; nothing on it but what is put there."""
    config = [Path(__file__).with_name(name) for name in ("still.toml", "empty.toml")]
    with running(data, config=config) as product:
        owner = Person(product.url)
        if product.setup_code:
            owner.claim(product.setup_code).raise_for_status()
        else:
            owner.log_in().raise_for_status()
        yield product, owner


def _findable(owner: Person, prose: Prose, rounds: int) -> dict[str, float]:
    """A new PDF each round, with a word on its last page that no other has."""
    by_words, whole = [], []
    for number in range(rounds):
        word = f"quagga{SEED + number}"
        pages = [_page(prose) for _ in range(PAGES - 1)] + [f"{_page(prose)}\nThe last word is {word}."]
        added = owner.upload(f"{prose.title()} {number}.pdf", pdf.written(pages)).raise_for_status()
        began = time.monotonic()
        while not _finds(owner, word, PAGES):
            if time.monotonic() - began > MOST_SECONDS:
                raise RuntimeError("the last page was never found")
            time.sleep(POLL_SECONDS)
        by_words.append(time.monotonic() - began)
        owner.wait_for(added.json()["id"], seconds=MOST_SECONDS)
        whole.append(time.monotonic() - began)
    return {
        "findable_s_100_pages": statistics.median(by_words),
        "findable_s_100_pages_longest": max(by_words),
        "by_meaning_s_100_pages": statistics.median(whole),
    }


def _finds(owner: Person, word: str, page: int) -> bool:
    try:
        answer = owner.client.get("/api/search", params={"q": word, "limit": 1}).raise_for_status()
    except httpx.TransportError:
        return False  # an idle connection that was closed at that moment
    found = answer.json()["passages"]
    return bool(found) and word in found[0]["text"] and found[0]["page"] == page


def _page(prose: Prose) -> str:
    """A page as a PDF has it: lines of one length."""
    words = " ".join(prose.passage() for _ in range(PAGE_PASSAGES)).split()
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > LINE_CHARACTERS:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return "\n".join(lines)


def _questions(real: Source) -> list[str]:
    """As many from all over the source."""
    return list(real.questions[:: max(1, len(real.questions) // QUESTIONS)][:QUESTIONS])


def _measured(product: Product, owner: Person, name: str, questions: Sequence[str], rounds: int) -> dict[str, float]:
    """Once both indexes are whole: what searching costs, and what the library takes."""
    began = time.monotonic()
    # Vectors of new files are made only after the index of meanings was brought up to what the database holds.
    marker = owner.upload(f"marker {name}.md", f"The library grew to {name}.".encode()).raise_for_status()
    owner.wait_for(marker.json()["id"], seconds=MOST_SECONDS)
    built = time.monotonic() - began
    _asked(owner, questions)
    waits = [_asked(owner, questions) for _ in range(rounds)]
    whole = sorted(wait for one in waits for wait, _inside in one)
    inside = sorted(wait for one in waits for _whole, wait in one)
    (assistant,) = process_ids(product, "services.run_assistant")
    return {
        f"search_p50_ms_{name}": statistics.median(whole),
        f"search_p95_ms_{name}": whole[int(len(whole) * 0.95)],
        f"search_inside_p95_ms_{name}": inside[int(len(inside) * 0.95)],
        f"rss_mib_{name}": resident_mib({assistant, *children(assistant)}),
        f"disk_mib_{name}": _size_bytes(product.data / "assistant") / 2**20,
        f"indexes_built_s_{name}": built,
    }


def _asked(owner: Person, questions: Sequence[str]) -> list[tuple[float, float]]:
    """For each question: milliseconds as the asker sees them, and as the product counts them."""
    waits = []
    for question in questions:
        began = time.perf_counter()
        found = owner.client.get("/api/search", params={"q": question}).raise_for_status().json()
        waits.append(((time.perf_counter() - began) * 1000, float(found["took_ms"])))
        if not found["passages"]:
            raise RuntimeError(f"nothing was found for: {question}")
    return waits


def _size_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _say(figures: dict[str, float]) -> None:
    """How far it is: a run takes many minutes."""
    last = list(itertools.islice(reversed(figures.items()), 6))
    sys.stderr.write(", ".join(f"{name} {value:.3f}" for name, value in reversed(last)) + "\n")


if __name__ == "__main__":
    sys.exit(main())
