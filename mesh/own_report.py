"""Owns what this node tells of itself, kept fresh in the background so that telling it costs nothing."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from mesh.engine_door import EngineDoor
from mesh.identity import NodeId
from mesh.ledger import Ledger
from mesh.proving import proving
from mesh.report import Bringing, EngineState, KeptUpdate, NodeReport, Updating, Vitals
from mesh.vitals import VitalsReader

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 2.0


class OwnReport:
    """The latest report of this node."""

    def __init__(
        self,
        *,
        node_id: NodeId,
        version: str,
        engine: EngineDoor,
        ledger: Ledger,
        state: Path,
        port: Callable[[], int],
        now: Callable[[], datetime],
        is_in_mesh: Callable[[], bool],
        lags: Callable[[], dict[str, float]],
        room: Callable[[], tuple[int, float]] = lambda: (0, 0.0),
        lends: Callable[[], bool] = lambda: False,
        embeds: Callable[[], str] = str,
        bandwidths: Callable[[], Mapping[str, float]] = dict,
        graphics: Callable[[], tuple[str, int, int]] = lambda: ("", 0, 0),
        bringing: Callable[[], tuple[Bringing, ...]] = tuple,
        update: Callable[[], KeptUpdate | None] = lambda: None,
        updating: Callable[[], tuple[Updating | None, str]] = lambda: (None, ""),
    ) -> None:
        """`room` is the memory for models and the weights a second; `lends` whether another node could have some.

        `embeds` is the model whose vectors would be computed for others; `bandwidths` are those of the links.
        `graphics` is the card that computes, its memory for models, and what is free of that; `bringing`
        are models that are fetched at the owner's wish; `update` is the one that is kept here.
        `updating` is the one that is installed at that wish, and the version that did not work here.
        """
        self._node_id = node_id
        self._version = version
        self._engine = engine
        self._ledger = ledger
        self._reader = VitalsReader(state, monotonic=time.monotonic)
        self._port = port
        self._now = now
        self._is_in_mesh = is_in_mesh
        self._lags = lags
        self._room = room
        self._lends = lends
        self._embeds = embeds
        self._bandwidths = bandwidths
        self._graphics = graphics
        self._bringing = bringing
        self._update = update
        self._updating = updating
        self._run = secrets.token_hex(8)
        self._engine_state: EngineState = "starting"
        self._vitals = Vitals()
        self._measured: set[str] = set()

    def current(self) -> NodeReport:
        """The report of this moment."""
        slots, at_work = self._engine.slots, self._ledger.reserved.get(self._node_id, 0)
        at_work += self._engine.running_for_others
        room_bytes, weights_per_second = self._room()
        card, card_bytes, card_free_bytes = self._graphics()
        updating, failed_update = self._updating()
        return NodeReport(
            node_id=self._node_id,
            version=self._version,
            clock=self._now().timestamp(),
            port=self._port(),
            engine=self._engine_state,
            slots=slots,
            running=min(at_work, slots),
            waiting=max(0, at_work - slots),
            served=dict(self._engine.served),
            turn_seconds=self._engine.turn_seconds,
            models=self._engine.models(),
            vitals=replace(self._vitals, graphics=card, graphics_bytes=card_bytes, graphics_free_bytes=card_free_bytes),
            room_bytes=room_bytes,
            weights_per_second=weights_per_second,
            lends=self._lends(),
            embeds=self._embeds(),
            lags=self._lags(),
            bandwidths=self._bandwidths(),
            bringing=self._bringing(),
            update=self._update(),
            updating=updating,
            failed_update=failed_update,
            run=self._run,
        )

    async def told(self) -> NodeReport:
        """See `current`; an engine that hangs must not keep this node from telling so."""
        return self.current()

    async def run(self) -> None:
        """Look again and again, until cancelled; a model that came into memory is measured once."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look())
            tasks.create_task(proving(self._engine, self.current))

    async def _look(self) -> None:
        while True:
            self._engine_state = await self._engine.state()
            self._vitals = await asyncio.to_thread(self._reader.read)
            if self._engine_state == "ready" and self._is_in_mesh():
                for model in self._engine.models():
                    if model.is_loaded and model.digest not in self._measured:
                        self._measured.add(model.digest)
                        await self._engine.measure(model.digest)
            await asyncio.sleep(EVERY_SECONDS)
