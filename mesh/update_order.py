"""Owns the updates that the owner of this home node has going on other boxes: asks each when its turn comes."""

import asyncio
from collections.abc import Callable
from typing import Final

import httpx

from mesh.belonging import Belonging
from mesh.errors import NodeUnreachableError, NotHomeError, UpdateNotWantedError
from mesh.kept_order import KeptOrder
from mesh.links import Links
from mesh.report import KeptUpdate
from mesh.roster import Member
from mesh.update_turns import AWAY, SeenNode, Turn, is_behind, queued, refused, resumed, stepped, stopped
from mesh.update_wish import UPDATE, UpdateQuestion
from mesh.wishes import TAKING_ROLES

LOOK_SECONDS: Final = 1.0
_OLDER: Final = "It cannot be asked for this: it runs an older Hearth. Update it on its own page, or with a new stick."


class UpdateOrder:
    """See above. It is kept, and goes on after a restart; what a box has begun, it goes on with by itself."""

    def __init__(
        self,
        belonging: Belonging,
        links: Links,
        *,
        kept: Callable[[], KeptUpdate | None],
        keep: KeptOrder,
        monotonic: Callable[[], float],
    ) -> None:
        """`kept` is the update that is here; `keep` has the order of before this daemon's start."""
        self._belonging = belonging
        self._links = links
        self._kept = kept
        self._monotonic = monotonic
        self._keep = keep
        self._keeping = asyncio.Lock()
        self._turns = resumed(keep.read(), monotonic())

    def turn(self, node_id: str) -> Turn | None:
        """What became of this node's turn."""
        return next((turn for turn in self._turns if turn.node_id == node_id), None)

    async def wish(self, node_id: str) -> None:
        """Have one box updated; raises UpdateNotWantedError or NotHomeError."""
        member = self._roster_member(node_id)
        if member.role not in TAKING_ROLES:
            what = "this box" if member.role == "home" else f"a {member.role}"
            raise UpdateNotWantedError(f"“{member.name}” is {what}: it is updated on its own page alone.")
        if not self._is_behind(member):
            raise UpdateNotWantedError(f"There is no update here that is newer than what runs on “{member.name}”.")
        self._turns = queued(self._turns, [node_id])
        await self._kept_up()

    async def wish_all(self) -> None:
        """Have every box updated that is behind, and takes updates from here; see `wish`."""
        if not self._belonging.is_home:
            raise NotHomeError
        members = self._belonging.home().roster.active
        behind = [one.node_id for one in members if one.role in TAKING_ROLES and self._is_behind(one)]
        if not behind:
            raise UpdateNotWantedError("No other box runs a version that is older than the update here.")
        self._turns = queued(self._turns, behind)
        await self._kept_up()

    async def stop(self) -> None:
        """Let go those that still wait; raises UpdateNotWantedError where nobody does, or NotHomeError."""
        if not self._belonging.is_home:
            raise NotHomeError
        left = stopped(self._turns)
        if left == self._turns:
            raise UpdateNotWantedError("No box waits for its turn to be updated.")
        self._turns = left
        await self._kept_up()

    async def run(self) -> None:
        """Go on with the order until cancelled."""
        while True:
            await self._step()
            await self._kept_up()
            await asyncio.sleep(LOOK_SECONDS)

    async def _step(self) -> None:
        if not self._belonging.is_home:
            self._turns = ()
            return
        kept = self._kept()
        self._turns, asked = stepped(self._turns, self._seen(), kept, self._monotonic())
        if asked and kept is not None and (problem := await self._asked(asked, kept)):
            self._turns = refused(self._turns, asked, problem)

    async def _kept_up(self) -> None:
        """Have the disk know the order of now. A box that was asked just before a power cut is asked once more."""
        async with self._keeping:
            await asyncio.to_thread(self._keep.write, self._turns)

    async def _asked(self, node_id: str, kept: KeptUpdate) -> str:
        """Why that node does not begin; nothing where it does."""
        wish = UpdateQuestion(version=kept.version, digest=kept.digest, size_bytes=kept.size_bytes)
        try:
            response = await self._links.ask(node_id, UPDATE, wish.model_dump_json().encode())
        except NodeUnreachableError:
            return AWAY
        if response.status_code == httpx.codes.CONFLICT:
            return str(response.json()["message"])[:300]
        return "" if response.is_success else _OLDER

    def _seen(self) -> dict[str, SeenNode]:
        """Every member, also one that was not heard of since this daemon started."""
        now, links = self._monotonic(), self._links.links
        return {
            one.node_id: SeenNode(is_reached=False)
            if (link := links.get(one.node_id)) is None or link.report is None
            else SeenNode(
                is_reached=not link.is_silent(now),
                version=link.report.version,
                run=link.report.run,
                updating=link.report.updating,
                failed_update=link.report.failed_update,
            )
            for one in self._belonging.home().roster.active
        }

    def _roster_member(self, node_id: str) -> Member:
        if not self._belonging.is_home:
            raise NotHomeError
        return self._belonging.home().roster.member(node_id)

    def _is_behind(self, member: Member) -> bool:
        link = self._links.links.get(member.node_id)
        return link is not None and link.report is not None and is_behind(link.report.version, self._kept())
