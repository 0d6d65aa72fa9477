"""How much of its speed a model keeps when it runs over two nodes; see `tests/bench/mesh.py` for the figures."""

import os
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.wide import wide_model
from tests.mesh.network.conftest import Lan
from tests.mesh.network.real_node import large_model
from tests.mesh.network.splitting import Asker, alone, split_in_two
from tests.mesh.network.wired_node import wired_in_two

_REPEATS = 5
_TOKENS = 96
_CORES = {"alpha": 0, "beta": 1}
_ROOM_FOR_HALF_BYTES = 1_700_000_000
"""Less than the wide model takes, and more than half of it with its words and its conversation."""

_InTwo = Callable[[Lan, Path, Path], AbstractAsyncContextManager[tuple[Any, Any, Asker]]]


async def split_against_local(lan: Lan) -> dict[str, float]:
    """Each figure is one median against another; what is on one node runs on the core of the node that asks."""
    figures = {}
    half = partial(split_in_two, room_bytes=_ROOM_FOR_HALF_BYTES)
    with _a_core_each(lan):
        for name, in_two, model in (
            ("split_two_vs_local", half, wide_model),
            ("split_small_vs_local", split_in_two, large_model),
            ("split_wired_vs_local", wired_in_two, large_model),
        ):
            figures[name] = await _kept(lan, in_two, model)
    return figures


async def _kept(lan: Lan, in_two: _InTwo, model: Callable[[Path], Path]) -> float:
    local, split = [], []
    async with _asked(lan, in_two, model) as (asker, large, place):
        for _ in range(_REPEATS):
            local.append((await alone(large, place, _TOKENS))[1])
            await asker.said(await asker.prepared(), _TOKENS)
            split.append(asker.tokens_per_second)
    return statistics.median(split) / statistics.median(local)


@asynccontextmanager
async def _asked(lan: Lan, in_two: _InTwo, model: Callable[[Path], Path]) -> AsyncIterator[tuple[Asker, Path, Path]]:
    with tempfile.TemporaryDirectory(prefix="hm-") as folder:
        place = Path(folder)
        large = model(place)
        async with in_two(lan, place, large) as (_, _, asker):
            yield asker, large, place


@contextmanager
def _a_core_each(lan: Lan) -> Iterator[None]:
    """What is started in a node's network keeps to the node's core, and what this program starts to the asker's."""
    able, enter = os.sched_getaffinity(0), dict(lan.enter)
    lan.enter |= {name: (*enter[name], "taskset", "--cpu-list", str(core)) for name, core in _CORES.items()}
    os.sched_setaffinity(0, {_CORES["alpha"]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, able)
        lan.enter |= enter
