"""Brings this box to the version that the home node's owner wishes: asked for at our own mesh daemon, never pushed.

fetching → checking → installing → waiting → restarting; each is told, and so is what keeps it. What is being computed
here is waited for, but not for ever: after `WAITED_SECONDS` the box starts anew, and its jobs go on afterwards.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol

from pydantic import BaseModel, ValidationError

from assistant.errors import AssistantError, MeshAwayError, MeshRefusedError
from assistant.updates.elsewhere import UpdateElsewhere
from assistant.updates.fetching import FetchedUpdates
from assistant.updates.updates import Updates
from firmware.updates.errors import UnfitUpdateError, UpdateError
from firmware.updates.versions import Version, is_newer, version_in

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 3.0
WAITED_SECONDS: Final = 600.0
PATIENCE_SECONDS: Final = 3600.0
"""So long a home node may be away before what it wished is given up."""
TOLD_SECONDS: Final = 8.0
"""So long before the restart it is told, so that the others hear of it."""
_PROBLEM_LENGTH: Final = 300


class _Wish(BaseModel):
    version: str
    digest: str
    problem: str = ""


class _Answer(BaseModel):
    wish: _Wish | None = None
    size_bytes: int = 0
    home_id: str = ""
    home_name: str = ""
    works_for_others: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HowFar:
    """What is told of the wish that is worked at."""

    digest: str = ""
    phase: str = "fetching"
    share: float = 0.0
    waits_for: str = ""
    problem: str = ""


class Asking(Protocol):
    """See `assistant.nodes.Nodes.ask`."""

    async def ask(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the mesh says."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long each wait lasts, in seconds."""

    look: float = LOOK_SECONDS
    waited: float = WAITED_SECONDS
    patience: float = PATIENCE_SECONDS
    told: float = TOLD_SECONDS


class WishedUpdates:
    """Fulfils one wish after another."""

    def __init__(
        self,
        mesh: Asking,
        updates: Updates,
        fetching: FetchedUpdates,
        *,
        busy: Callable[[], str],
        pace: Pace = Pace(),
    ) -> None:
        """`busy` says what is being computed here now, as the end of a sentence; nothing where nothing is."""
        self._mesh = mesh
        self._updates = updates
        self._fetching = fetching
        self._busy = busy
        self._pace = pace
        self._how_far = HowFar()
        self._answer = _Answer()
        self._begun = ""
        """The digest of the last wish that was begun, as long as anything is wished."""
        self._work: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        try:
            while True:
                with contextlib.suppress(MeshAwayError, MeshRefusedError, ValidationError):
                    await self._look()
                await asyncio.sleep(self._pace.look)
        finally:
            await self._stop()

    async def _look(self) -> None:
        told = self._how_far
        failed = (await self._updates.state()).failed or ""
        self._answer = _Answer.model_validate(
            await self._mesh.ask("POST", "/updates/wish", {**asdict(told), "failed": failed})
        )
        wish = self._answer.wish
        if wish is None or wish.digest != told.digest or wish.problem:
            await self._stop()
        if wish is None and self._begun:
            self._fetching.forget(self._begun)
            self._begun = ""
        if wish is not None and not wish.problem and wish.digest != self._how_far.digest:
            self._how_far, self._begun = HowFar(digest=wish.digest), wish.digest
            self._work = asyncio.create_task(self._fulfil(wish, self._answer))

    async def _stop(self) -> None:
        """End the work on the wish of now; what has come stays, in case it is wished again."""
        work, self._work, self._how_far = self._work, None, HowFar()
        if work is not None:
            work.cancel()
            await asyncio.wait({work})

    async def _fulfil(self, wish: _Wish, answer: _Answer) -> None:
        try:
            version = await self._newer(wish)
            await self._bring(wish, version, answer)
            await self._install()
            await self._wait()
            self._tell(phase="restarting", share=0.0, waits_for="")
            await asyncio.sleep(self._pace.told)
            await self._updates.restart()
        except (UpdateError, AssistantError) as error:
            log.info("the update that was wished does not come: %s", type(error).__name__)
            self._tell(problem=str(error)[:_PROBLEM_LENGTH], waits_for="")

    async def _newer(self, wish: _Wish) -> Version:
        running, version = (await self._updates.state()).running, version_in(wish.version)
        if version is None or not is_newer(version, running):
            message = f"This box runs version {running}, and takes no older or equal one."
            raise UnfitUpdateError(message)
        return version

    async def _bring(self, wish: _Wish, version: Version, answer: _Answer) -> None:
        """Have it here, whole and signed."""
        kept = (await self._updates.state()).kept
        if kept is not None and kept.digest == wish.digest:
            return
        wanted = UpdateElsewhere(
            node_id=answer.home_id,
            node_name=answer.home_name,
            version=version,
            digest=wish.digest,
            size_bytes=answer.size_bytes,
        )

        def cut(is_cut: bool) -> None:
            self._tell(waits_for=f"“{answer.home_name}” to be reached again" if is_cut else "")

        async with self._telling():
            await self._fetching.fetched(wanted, patience_seconds=self._pace.patience, cut=cut)

    async def _install(self) -> None:
        self._tell(phase="installing", share=0.0, waits_for="")
        async with self._telling():
            state = await self._updates.install()
            while state.going is not None:
                await asyncio.sleep(self._pace.look / 10)
                state = await self._updates.state()
        if state.waiting is None or state.kept is None or state.waiting != state.kept.version:
            raise UnfitUpdateError(state.problem or "It could not be installed. Look at this box's page “System”.")

    async def _wait(self) -> None:
        """Until nothing is being computed here, or for so long as anybody can be asked to wait."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.waited):
                while reason := self._busy() or ("what other boxes compute here" * self._answer.works_for_others):
                    self._tell(phase="waiting", share=0.0, waits_for=reason)
                    await asyncio.sleep(self._pace.look)

    @contextlib.asynccontextmanager
    async def _telling(self) -> AsyncIterator[None]:
        """Tell how far `Updates` is with what it does, as long as the block lasts."""

        async def tell() -> None:
            while True:
                if (going := (await self._updates.state()).going) is not None:
                    self._tell(phase=going.what, share=going.share)
                await asyncio.sleep(self._pace.look / 3)

        telling = asyncio.create_task(tell())
        try:
            yield
        finally:
            telling.cancel()

    def _tell(self, **changes: Any) -> None:
        self._how_far = replace(self._how_far, **changes)
