"""`make bench-mesh`: real daemons in network namespaces, and seeded histories; writes build/bench/mesh.json.

`join_s`: from the code entered to the first request that the new node served, the owner approving at once.
`failover_s`: from a worker's death before its first word to the first word from another node, less the time that this
one's prompt takes. `failover_hung_s`: the same where the worker falls silent instead.
`route_ms_…_nodes`: one decision of the router, as the daemon makes it for each request; between two of them, a tenth of
the nodes say something new, which is what they do in a fifth of a second.
`two_nodes_throughput_vs_one`: tokens a second of many requests at once over two nodes, each on a processor core of its
own, against those of the first alone; `prediction_error_p50`: by how much the scheduler was wrong in it, half the time.
`split_two_vs_local`: tokens a second of a model of 1.7 billion weights over two nodes, through leases, sandboxes and
mutual TLS, against the same model on one; each node has one core, as two PCs would not share theirs, and the two are
measured in turns. `split_small_vs_local`: the same of the product's own small model, of which a token takes 8 ms, so
that it shows what the wire costs. `split_wired_vs_local`: the small one through a WireGuard wire, which on this host
wireguard-go makes: two more programs on these cores, where the image has its kernel's.
How traffic and its cost grow with the number of nodes: see `growth`. `failed_parts` names what has no figures.
"""

import asyncio
import json
import random
import signal
import statistics
import tempfile
import time
import traceback
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mesh.scheduler import Need
from tests.bench.growth import growth
from tests.bench.helped import helped_against_alone
from tests.bench.split import split_against_local
from tests.bench.two_nodes import two_against_one
from tests.mesh.crowd import Crowd
from tests.mesh.network.asking import assistant_of, busy
from tests.mesh.network.conftest import Lan, houses
from tests.mesh.network.node import Node, running
from tests.mesh.simulation import jobs, joins, requests, rosters

TARGET = Path("build/bench/mesh.json")
REPEATS = 3
ROUTES = 200
UNDER_WAY = 50
HISTORIES = {rosters.history: 5000, requests.history: 3200, joins.history: 300, jobs.history: 1500}
READ_SECONDS = 0.2


@contextmanager
def two(lan: Lan) -> Iterator[tuple[Node, Node]]:
    """Two nodes that know nothing of each other yet."""
    with tempfile.TemporaryDirectory(prefix="hm-") as folder:
        yield (
            Node(Path(folder) / "alpha", "alpha", enter=lan.enter["alpha"], address=lan.addresses["alpha"], port=7377),
            Node(Path(folder) / "beta", "beta", enter=lan.enter["beta"], address=lan.addresses["beta"], port=7377),
        )


async def joined_and_served(home: Node, guest: Node) -> float:
    """Seconds from the code entered to the end of the first request that the new node served."""
    code = (await home.ask("POST", "/window"))["window"]["code"]
    began = time.monotonic()
    await guest.ask("POST", "/join", {"address": home.address, "port": 7377, "code": code})
    seen = await home.until(lambda seen: seen["requests"])
    await home.ask("POST", f"/requests/{seen['requests'][0]['session']}/approve", {})
    await home.until(lambda seen: home.other(seen, guest.name)["is_reached"])
    # What keeps the home node busy has to go through its mesh, which counts it; its first words are in the figure.
    async with assistant_of(home) as assistant, busy(assistant):
        first = await assistant.ask("first", tokens=1)
        seconds = time.monotonic() - began
    assert first.computed_on == guest.name
    return seconds


async def failed_over(home: Node, guest: Node, how: signal.Signals) -> float:
    """Seconds from the worker's end to the first word from the other node, less its own prompt."""
    async with assistant_of(home) as assistant, busy(assistant):
        began = time.monotonic()
        answer = asyncio.create_task(assistant.ask(f"[read {READ_SECONDS + 1}]", tokens=1))
        await asyncio.sleep(0.5)
        assert guest.daemon is not None
        killed = time.monotonic()
        guest.daemon.send_signal(how)
        whole = await answer
        assert whole.computed_on == "this box"
    if how is signal.SIGKILL:
        await guest.start()
    else:
        guest.daemon.send_signal(signal.SIGCONT)
    await home.until(lambda seen: home.other(seen, guest.name)["is_reached"])
    return whole.first_seconds - (killed - began) - (READ_SECONDS + 1)


async def with_daemons(lan: Lan) -> dict[str, float]:
    figures: dict[str, list[float]] = {"join_s": [], "failover_s": [], "failover_hung_s": []}
    for _ in range(REPEATS):
        with two(lan) as (home, guest):
            async with running(home, guest):
                figures["join_s"].append(await joined_and_served(home, guest))
                figures["failover_s"].append(await failed_over(home, guest, signal.SIGKILL))
                figures["failover_hung_s"].append(await failed_over(home, guest, signal.SIGSTOP))
    return {name: statistics.median(values) for name, values in figures.items()}


def route_ms(nodes: int) -> float:
    """The median time of one decision of the daemon's router among so many nodes, a tenth of which just told anew."""
    random_ = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        crowd = Crowd(Path(folder), (requests.candidate(number, random_) for number in range(nodes + 1)))
    links = list(crowd.links.values())
    taken = []
    for number in range(ROUTES):
        for link in random_.sample(links, nodes // 10):
            assert link.report is not None
            crowd.tells(link, replace(link.report, running=random_.randrange(4)), random_.uniform(0, 0.1))
        need = Need(digest="d", prompt_tokens=100 + number, output_tokens=200)
        began = time.perf_counter()
        lease = crowd.router.route(need)
        taken.append(1000 * (time.perf_counter() - began))
        if lease is not None and number > UNDER_WAY:
            crowd.router.close(lease.lease_id, ok=True)
    return statistics.median(taken)


def simulated() -> tuple[int, int]:
    """How many histories were lived through, and how many of them went wrong."""
    wrong = 0
    for history, count in HISTORIES.items():
        found = [seed for seed in range(count) if history(seed)]
        if found:
            print(f"{history.__module__}: seeds {found[:10]}")
        wrong += len(found)
    return sum(HISTORIES.values()), wrong


def in_houses(measure: Callable[[Lan], Coroutine[Any, Any, dict[str, Any]]]) -> dict[str, Any]:
    """What this measures in a network of its own."""
    with houses() as lan:
        return asyncio.run(measure(lan))


def routed() -> dict[str, Any]:
    """How long a decision takes as a mesh grows."""
    return {f"route_ms_{nodes}_nodes": route_ms(nodes) for nodes in (10, 100, 1000)}


def lived_through() -> dict[str, Any]:
    """The histories, and those that went wrong."""
    histories, violations = simulated()
    return {"histories": histories, "violations": violations}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "routing": routed,
    "growth": growth,
    "histories": lived_through,
    "daemons": partial(in_houses, with_daemons),
    "two nodes": partial(in_houses, two_against_one),
    "split": partial(in_houses, split_against_local),
    "helped": partial(in_houses, helped_against_alone),
}


def main(parts: Mapping[str, Callable[[], dict[str, Any]]] = PARTS, target: Path = TARGET) -> int:
    """Measure, print and write after each part, so that one that fails takes no other's figures along.

    1 where a part failed or a history went wrong.
    """
    figures: dict[str, Any] = {}
    failed: list[str] = []
    target.parent.mkdir(parents=True, exist_ok=True)
    for name, measure in parts.items():
        try:
            found = measure()
        except Exception:  # noqa: BLE001 - whatever goes wrong in one part, the others are still to be measured
            traceback.print_exc()
            failed.append(name)
            found = {}
        figures |= found
        target.write_text(json.dumps({**figures, "failed_parts": failed}, indent=2) + "\n")
        for figure, value in found.items():
            print(f"{figure:<36}{value:.3f}" if isinstance(value, float) else f"{figure:<36}{value}", flush=True)
    if failed:
        print(f"These parts failed and have no figures: {', '.join(failed)}.")
    return 1 if failed or figures.get("violations") else 0


if __name__ == "__main__":
    raise SystemExit(main())
