"""How what the nodes tell each other grows with their number: bytes on the wire and time of the processor.

`exchange_bytes_N_nodes`: what one node says to one other that knows nothing of it yet, in a mesh of so many.
`told_bytes_per_second_N_nodes`: what one node sends in all on average, since it calls each other one every two seconds
and answers as many calls, while all that it measures moves; `told_whole_bytes_per_second_N_nodes` is the same without
leaving out what the others keep. `exchange_ms_N_nodes`: to put one exchange into bytes and to read and check one.
`offers_ms_N_nodes`: to weigh all of them anew, as for each request.
"""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

from mesh.links import EVERY_SECONDS
from mesh.report import EXCHANGE, Exchange
from mesh.scheduler import Candidate, offers
from mesh.telling import Kept, Telling, completed
from tests.fakes import FakeClock
from tests.mesh.simulation.requests import candidate

SIZES = (10, 50, 100, 1000)
SECONDS = 1200.0
PEERS = 5
"""So many of the others are played; each is told the same."""
TURNS = 15
_TO_BASE32 = str.maketrans("0123456789", "abcdefghij")


def growth() -> dict[str, float]:
    """The figures for each size of a mesh."""
    figures: dict[str, float] = {}
    for nodes in SIZES:
        random_ = random.Random(1)
        all_of_them = [_named(number, candidate(number, random_)) for number in range(nodes)]
        said = _said(all_of_them, random_)
        content = EXCHANGE.dump_json(said)
        figures |= {
            f"exchange_bytes_{nodes}_nodes": len(content),
            f"told_whole_bytes_per_second_{nodes}_nodes": 2 * (nodes - 1) * len(content) / EVERY_SECONDS,
            f"told_bytes_per_second_{nodes}_nodes": _told(said, random_, nodes),
            f"exchange_ms_{nodes}_nodes": _median_ms(lambda: EXCHANGE.validate_json(EXCHANGE.dump_json(said))),  # noqa: B023 - called at once
            f"offers_ms_{nodes}_nodes": _median_ms(lambda: offers(all_of_them, "d")),  # noqa: B023 - called at once
        }
    return figures


def _named(number: int, one: Candidate) -> Candidate:
    """With an id as nodes have it, of letters alone."""
    return replace(one, report=replace(one.report, node_id=f"{number:026d}".translate(_TO_BASE32)))


def _said(nodes: list[Candidate], random_: random.Random) -> Exchange:
    """What the first one says when it has heard of all others and measured a link to half of them."""
    others = [one.report.node_id for one in nodes[1:]]
    report = replace(
        nodes[0].report,
        lags={node_id: round(random_.uniform(0.0005, 0.02), 4) for node_id in others},
        bandwidths={node_id: float(random_.randrange(10**6, 10**9)) for node_id in others[::2]},
    )
    places = {node_id: (f"192.168.{number // 250}.{number % 250}", 7377) for number, node_id in enumerate(others)}
    return Exchange(report=report, roster_version=nodes[0].report.port, places=places)


def _told(said: Exchange, random_: random.Random, nodes: int) -> float:
    """Bytes a second that one node sends, each lag moving at each turn, and the speed of a model now and then."""
    clock, sent = FakeClock(), 0
    telling, kept = Telling(clock.monotonic), [Kept()] * PEERS
    for turn in range(int(SECONDS / EVERY_SECONDS)):
        clock.advance(seconds=EVERY_SECONDS)
        lags = {node_id: round(lag + random_.uniform(0, 0.001), 4) for node_id, lag in said.report.lags.items()}
        rate = float(turn // 15)
        models = tuple(replace(one, decode_rate=rate) for one in said.report.models)
        now = replace(said, report=replace(said.report, lags=lags, models=models, clock=1e9 + turn))
        for peer in range(PEERS):
            for _call_and_answer in range(2):
                told = replace(telling.shortened(now, kept[peer].names, nodes - 1), knows=kept[peer].names)
                sent += len(EXCHANGE.dump_json(told))
                _, kept[peer] = completed(told, kept[peer])
    return sent / PEERS * (nodes - 1) / SECONDS


def _median_ms(deed: Callable[[], object]) -> float:
    taken = []
    for _ in range(TURNS):
        began = time.perf_counter()
        deed()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)
