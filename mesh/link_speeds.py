"""Owns how many bytes a second each link of this node carries: measured rarely, and only while nobody has work."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from mesh.bench import measured_link
from mesh.errors import BenchRefusedError
from mesh.link import Link
from mesh.links import Links

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 5.0
SETTLED_SECONDS: Final = 10.0
"""A link that was made just now is left to whoever made it."""
AGAIN_SECONDS: Final = 3600.0
FAILED_SECONDS: Final = 300.0
TURNS: Final = 3


class LinkSpeeds:
    """Of two nodes the one with the lower id measures, and the other one hears of it in that one's report."""

    def __init__(self, links: Links, *, own: str, is_idle: Callable[[], bool], monotonic: Callable[[], float]) -> None:
        """`is_idle` says whether this node computes nothing now."""
        self._links = links
        self._own = own
        self._is_idle = is_idle
        self._monotonic = monotonic
        self._measured: dict[str, float] = {}
        self._due: dict[str, float] = {}

    def told(self) -> Mapping[str, float]:
        """What this node has measured itself: bytes a second in the slower direction, by node."""
        return {node_id: rate for node_id, rate in self._measured.items() if node_id in self._links.links}

    def between(self, node_id: str) -> float:
        """Bytes a second to and from this other node; 0 where neither of the two has measured it yet."""
        if node_id in self._measured:
            return self._measured[node_id]
        link = self._links.links.get(node_id)
        return link.report.bandwidths.get(self._own, 0.0) if link is not None and link.report is not None else 0.0

    async def run(self) -> None:
        """Measure what is due, one link at a time, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for node_id in self._due.keys() - self._links.links.keys():
                self._due.pop(node_id)
                self._measured.pop(node_id, None)
            for link in list(self._links.links.values()):
                if self._is_due(link):
                    await self._measure(link.member.node_id)

    def _is_due(self, link: Link) -> bool:
        node_id, now = link.member.node_id, self._monotonic()
        if link.report is None or link.problem(now) or node_id < self._own:
            return False
        due = self._due.setdefault(node_id, now + SETTLED_SECONDS)
        return now >= due and self._is_idle() and not link.report.running

    async def _measure(self, node_id: str) -> None:
        try:
            run = await measured_link(self._links, node_id, TURNS, monotonic=self._monotonic)
        except BenchRefusedError as refusal:
            log.info("A link could not be measured: %s", refusal, extra={"NODE_ID": node_id})
            self._due[node_id] = self._monotonic() + FAILED_SECONDS
            return
        self._measured[node_id] = min(run.up_bits_per_second, run.down_bits_per_second) / 8
        self._due[node_id] = self._monotonic() + AGAIN_SECONDS
