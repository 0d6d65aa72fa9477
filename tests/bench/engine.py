"""`make bench-engine`: the engine and the API beside llama-server itself and beside llama_cpp.server, in one run."""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import native, servers
from tests.bench.streams import Side, answered, at_once, median
from tests.bench.table import table
from tests.journeys.test_a_node_survives import engine_ids, process_ids
from tests.person import Person
from tests.product import ROOT, Product, running

OUTPUT = ROOT / "build" / "bench" / "engine.json"
TOKENS = 48
BARS = {
    "dispatch_vs_native": (">=", 0.95),
    "gateway_tps_vs_direct_1": (">=", 0.97),
    "gateway_tps_vs_direct_8": (">=", 0.97),
    "gateway_tps_vs_direct_16": (">=", 0.97),
    "gateway_added_ttft_ms_p50": ("<=", 5.0),
    "tps_16_vs_llama_cpp_server": (">=", 1.25),
    "ttft_p95_16_vs_llama_cpp_server": ("<=", 0.5),
    "later_turn_ttft_vs_first": ("<=", 0.10),
    "prompt_tps_vs_shipped_q4_1": (">=", 1.7),
}
LONG = " ".join(f"Note {number}: the lamp of house {number} burns {number + 3} hours." for number in range(60))


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-native", action="store_true", help="leave out what needs a second build")
    given = parser.parse_args(argv)
    load_before = os.getloadavg()[0]
    with running(config=[Path(__file__).with_name("still.toml")]) as product:
        owner = Person(product.url)
        owner.claim(product.setup_code).raise_for_status()
        figures = asyncio.run(_served(product, owner, given.rounds))
        figures |= _idle(product, owner)
        threads = _threads(product)
    figures |= native.prompt_vs_q4_1(threads=threads, rounds=given.rounds)
    if not given.without_native:
        figures |= native.dispatch_vs_native(threads=threads, rounds=given.rounds)
    figures |= {"load_before": load_before, "load_after": os.getloadavg()[0], "cpus": float(os.cpu_count() or 0)}
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(figures, indent=2) + "\n")
    sys.stdout.write(table(figures, BARS, OUTPUT))
    return 0


async def _served(product: Product, owner: Person, rounds: int) -> dict[str, float]:
    async with servers.gateway(product, owner) as ours, servers.direct(product) as engine:
        figures = {}
        for streams in (1, 8, 16):
            figures[f"gateway_tps_vs_direct_{streams}"] = await _against(ours, engine, streams, rounds)
            _say(figures)
        figures["gateway_added_ttft_ms_p50"] = await _added_ms(ours, engine, 6 * rounds)
        figures["later_turn_ttft_vs_first"] = await _later_turn(ours, rounds)
        _say(figures)
        figures |= await _beside(ours, _threads(product), rounds)
    return figures


def _say(figures: dict[str, float]) -> None:
    """How far it is: a run takes minutes."""
    sys.stderr.write(", ".join(f"{name} {value:.3f}" for name, value in figures.items()) + "\n")


async def _against(ours: Side, theirs: Side, streams: int, rounds: int) -> float:
    """Our tokens a second against theirs; each round asks both, one after the other, in turn first."""
    await at_once(ours, 1, tokens=4, salt="warm")
    await at_once(theirs, 1, tokens=4, salt="warm")
    ratios = []
    for number in range(rounds):
        speeds: dict[bool, float] = {}
        for is_ours in (True, False) if number % 2 else (False, True):
            side = ours if is_ours else theirs
            speeds[is_ours] = (await at_once(side, streams, tokens=TOKENS, salt=f"Round {number}")).tokens_per_second
        ratios.append(speeds[True] / speeds[False])
    return median(ratios)


async def _added_ms(ours: Side, engine: Side, pairs: int) -> float:
    """What the way through the gateway adds until the first word, with the prompt known already."""
    messages = [{"role": "user", "content": "Say hello."}]
    added = []
    for number in range(pairs):
        waits: dict[bool, float] = {}
        for is_ours in (True, False) if number % 2 else (False, True):
            waits[is_ours] = (await answered(ours if is_ours else engine, messages, 2)).first_seconds
        if number:
            added.append((waits[True] - waits[False]) * 1000)
    return median(added)


async def _later_turn(ours: Side, rounds: int) -> float:
    """The second turn of a chat against its first, until the first word."""
    ratios = []
    for number in range(rounds):
        turns = [{"role": "user", "content": f"Chat {number}, {time.time_ns()}. {LONG} Which lamp burns longest?"}]
        first = await answered(ours, turns, 8)
        turns += [{"role": "assistant", "content": first.text}, {"role": "user", "content": "Why?"}]
        second = await answered(ours, turns, 8)
        ratios.append(second.first_seconds / first.first_seconds)
    return median(ratios)


async def _beside(ours: Side, threads: int, rounds: int) -> dict[str, float]:
    """Sixteen at once, ours and theirs; theirs is started anew for each round, as it was seen to die in its second."""
    speeds, waits = [], []
    for number in range(max(2, rounds // 2)):
        with servers.llama_cpp_server(threads) as url:
            async with servers.beside(url) as theirs:
                await at_once(theirs, 1, tokens=4, salt="warm")
                first, second = (ours, theirs) if number % 2 else (theirs, ours)
                told = {}
                for side in (first, second):
                    told[id(side)] = await at_once(side, 16, tokens=TOKENS, salt=f"Beside {number}")
                speeds.append(told[id(ours)].tokens_per_second / told[id(theirs)].tokens_per_second)
                waits.append(told[id(ours)].first_p95_seconds / told[id(theirs)].first_p95_seconds)
    return {"tps_16_vs_llama_cpp_server": median(speeds), "ttft_p95_16_vs_llama_cpp_server": median(waits)}


def _idle(product: Product, owner: Person) -> dict[str, float]:
    """Memory of the engine with its model, and once the model left."""
    daemon = process_ids(product, "services.run_engine")
    loaded = servers.resident_mib(daemon | engine_ids(product))
    owner.client.post("/api/models/unload", json={"name": servers.CHAT_MODEL}).raise_for_status()
    return {"loaded_rss_mib": loaded, "idle_rss_mib": servers.resident_mib(daemon | engine_ids(product))}


def _threads(product: Product) -> int:
    profile = json.loads(Path(product.data / "device" / "profile.json").read_text())
    return int(profile["threads"])


if __name__ == "__main__":
    sys.exit(main())
