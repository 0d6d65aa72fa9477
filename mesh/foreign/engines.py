"""Owns the engines of other makes that the owner added: tried before they are taken, watched as long as they stay."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from mesh.errors import ForeignEngineError
from mesh.foreign.engine import ForeignEngine, name_of, new_engine_id, url_of
from mesh.foreign.kept import read_engines, write_engines
from mesh.foreign.watched import Watched
from mesh.foreign.wire import vouched_certificate
from mesh.relay import AWAY, Answer
from mesh.scheduler import Candidate, Need

MOST_ENGINES: Final = 32
LONGEST_KEY: Final = 1000


class ForeignEngines:
    """All of them, in the order in which they were added."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.all: dict[str, Watched] = {one.engine_id: Watched(one) for one in read_engines(folder)}
        self._changed = asyncio.Event()

    async def close(self) -> None:
        """Let go of the connections."""
        for one in self.all.values():
            await one.close()

    async def add(
        self, *, address: str, name: str, key: str, certificate: str, may_be_away: bool, may_read_files: bool
    ) -> Watched:
        """Try an engine, and take it; `certificate` is the SHA-256 of one that the owner vouches for.

        Raises ForeignEngineError with the reason where it is no use.
        """
        url = url_of(address)
        if may_be_away and not url.startswith("https:"):
            raise ForeignEngineError("away_plain")
        engine = ForeignEngine(
            engine_id=new_engine_id(),
            name=name_of(name, url),
            url=url,
            key=_fit_key(key),
            may_be_away=may_be_away,
            may_read_files=may_read_files,
        )
        self._refuse_known(engine)
        if certificate:
            engine = replace(engine, certificate=await vouched_certificate(engine, certificate))
        watched = Watched(engine)
        try:
            await watched.look()
            await watched.try_out()
            self._refuse_known(engine)
        except BaseException:
            await watched.close()
            raise
        self.all[engine.engine_id] = watched
        self._keep()
        return watched

    async def change(
        self, engine_id: str, *, name: str | None, key: str | None, may_read_files: bool | None
    ) -> Watched:
        """Change what is known of an engine; an empty key takes it away. Raises ForeignEngineError."""
        before = self.get(engine_id)
        engine = before.engine
        if name is not None and name_of(name, engine.url) != engine.name:
            self._refuse_name(name_of(name, engine.url))
            engine = replace(engine, name=name_of(name, engine.url))
        if key is not None:
            engine = replace(engine, key=_fit_key(key))
        if may_read_files is not None:
            engine = replace(engine, may_read_files=may_read_files)
        if engine.key == before.engine.key:
            before.engine = engine
        else:
            watched = Watched(engine)
            try:
                await watched.look()
                await watched.try_out()
            except BaseException:
                await watched.close()
                raise
            self.all[engine_id] = watched
        self._keep()
        return self.all[engine_id]

    def remove(self, engine_id: str) -> None:
        """Nothing is sent there any more, and its key is forgotten; what it writes now breaks off."""
        watched = self.get(engine_id)
        watched.gone.set()
        del self.all[engine_id]
        self._keep()

    def get(self, engine_id: str) -> Watched:
        """One of them; raises ForeignEngineError."""
        if engine_id not in self.all:
            raise ForeignEngineError("unknown")
        return self.all[engine_id]

    def candidates(self, need: Need) -> Sequence[Candidate]:
        """The engines as the scheduler sees nodes."""
        return [one.candidate(need) for one in self.all.values()]

    async def carried(self, engine_id: str, kind: str, model: str, body: bytes) -> Answer:
        """See `Watched.carried`."""
        watched = self.all.get(engine_id)
        return AWAY if watched is None else await watched.carried(kind, model, body)

    async def run(self) -> None:
        """Watch each of them until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            running: dict[Watched, asyncio.Task[None]] = {}
            while True:
                self._changed.clear()
                for gone in running.keys() - set(self.all.values()):
                    running.pop(gone).cancel()
                    await gone.close()
                for one in self.all.values():
                    if one not in running:
                        running[one] = tasks.create_task(one.run())
                await self._changed.wait()

    def _keep(self) -> None:
        write_engines(self._folder, [one.engine for one in self.all.values()])
        self._changed.set()

    def _refuse_known(self, engine: ForeignEngine) -> None:
        if len(self.all) >= MOST_ENGINES:
            raise ForeignEngineError("full")
        for one in self.all.values():
            if one.engine.url == engine.url:
                raise ForeignEngineError("known", name=one.engine.name)
        self._refuse_name(engine.name)

    def _refuse_name(self, name: str) -> None:
        if any(one.engine.name.casefold() == name.casefold() for one in self.all.values()):
            raise ForeignEngineError("name_taken", name=name)


def _fit_key(key: str) -> str:
    key = key.strip()
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise ForeignEngineError("unfit_key")
    return key
