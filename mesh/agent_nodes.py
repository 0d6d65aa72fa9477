"""Owns the owner's part of the agent's API: who is in the mesh, opening the door, letting in, joining, removing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from mesh.addresses import AddressBook
from mesh.agent_shapes import (
    ApproveQuestion,
    ChangeQuestion,
    InvitationAnswer,
    JoiningAnswer,
    JoinQuestion,
    KnockQuestion,
    NodeAnswer,
    NodesAnswer,
    OutcomeAnswer,
    RequestAnswer,
    SeenAnswer,
    SplitAnswer,
    TurnAnswer,
    WindowAnswer,
    WindowQuestion,
)
from mesh.belonging import UNSAVED, Belonging
from mesh.errors import JoinRefusedError, NodeUnreachableError, NotHomeError
from mesh.hosting import Hosting
from mesh.join.link import link_in
from mesh.join.secret import shown, typed
from mesh.joining import Joining
from mesh.link import Link
from mesh.links import Links
from mesh.report import NodeReport
from mesh.roster import Role, Standing, dismissed, dissolved, renamed, with_role
from mesh.routing import Router
from mesh.scheduler import LACKS
from mesh.split import Split
from mesh.twins import Twins
from mesh.update_turns import Turn

Digest = Annotated[str, Query(max_length=64)]
"""The model that answers now, as the assistant knows."""


class OwnersDesk:
    """What the owner may do, in one place for the API."""

    def __init__(
        self,
        *,
        belonging: Belonging,
        hosting: Hosting,
        joining: Joining,
        links: Links,
        book: AddressBook,
        router: Router,
        report: Callable[[], Awaitable[NodeReport]],
        seen: Callable[[], list[SeenAnswer]],
        own_addresses: Callable[[], Sequence[str]],
        port: Callable[[], int],
        monotonic: Callable[[], float],
        split: Split,
        twins: Twins,
        update_turn: Callable[[str], Turn | None] = lambda _node_id: None,
    ) -> None:
        self.belonging, self.hosting, self.joining, self.links = belonging, hosting, joining, links
        self.book, self.router, self.report, self.seen = book, router, report, seen
        self.split, self.twins, self.update_turn = split, twins, update_turn
        self.own_addresses, self.port, self.monotonic = own_addresses, port, monotonic

    async def overview(self, digest: str = "") -> NodesAnswer:
        """Everything at once; `digest` is the model for which it is told who could compute and why others could not."""
        membership = self.belonging.membership
        window = self.hosting.window
        problem = window.problem(self.monotonic()) if window else None
        unable = self.router.offers(digest).unable if digest and membership else {}
        return NodesAnswer(
            mesh_id=membership.mesh_id if membership else None,
            role=membership.role if membership else None,
            notice=self.belonging.notice or ("" if self.belonging.is_saved else UNSAVED),
            port=self.port(),
            nodes=[self._judged(one, unable) for one in await self._nodes()],
            window=self.window(),
            window_problem="" if problem in (None, "used", "no_window") else str(JoinRefusedError(problem)),
            requests=[
                RequestAnswer(
                    session=one.side.session, name=one.side.name, address=one.address, words=list(one.side.words)
                )
                for one in self.hosting.waiting()
            ],
            joining=self.joining_now(),
            invitation=self.invitation(),
            seen=self.seen(),
            outcomes=[
                OutcomeAnswer(
                    name=one.name,
                    ok=one.ok,
                    predicted_seconds=one.predicted_seconds,
                    seconds=one.seconds,
                    output_tokens=one.output_tokens,
                    reason=one.reason,
                )
                for one in reversed(self.router.ledger.outcomes)
            ],
            splits=[SplitAnswer(**asdict(one)) for one in self.split.statuses()],
            split_notice=self.split.notice,
        )

    @staticmethod
    def _judged(node: NodeAnswer, unable: Mapping[str, str]) -> NodeAnswer:
        why = unable.get(node.node_id, "")
        return node.model_copy(update={"unused_because": why, "lacks_model": why == LACKS}) if why else node

    def window(self) -> WindowAnswer | None:
        """The door, where it is open."""
        window, link = self.hosting.window, self.hosting.link(self.own_addresses(), self.port())
        if window is None or link is None:
            return None
        return WindowAnswer(
            code="" if window.is_invited else shown(window.code),
            link="" if window.is_invited else link.text(),
            seconds_left=window.seconds_left(self.monotonic()),
            guesses_left=window.guesses_left,
        )

    def joining_now(self) -> JoiningAnswer:
        """How far joining is."""
        joining = self.joining
        return JoiningAnswer(
            stage=joining.stage,
            problem=joining.problem,
            problem_code=joining.problem_code,
            home_name=joining.home_name,
            words=list(joining.words),
            clock_skew_seconds=joining.clock_skew_seconds,
        )

    def invitation(self) -> InvitationAnswer | None:
        """What is to be scanned, while this box knocks at another one."""
        knock = self.joining.invitation
        if knock is None:
            return None
        left = knock.seconds_left(self.monotonic())
        return InvitationAnswer(address=knock.address, link=knock.link, seconds_left=left)

    def join(self, given: JoinQuestion) -> None:
        """Begin to join; raises JoinRefusedError."""
        leave = self.leave if given.leaves else None
        if link := link_in(given.code):
            self.joining.start(link.addresses, link.port, link.token, expected_authority=link.authority, leave=leave)
            return
        code = typed(given.code)
        if code is None:
            raise JoinRefusedError("wrong_code")
        if not given.address or not given.port:
            raise JoinRefusedError("unreachable")
        self.joining.start((given.address,), given.port, code, leave=leave)

    async def leave(self) -> None:
        """Leave the mesh; the home node, where it can be reached, strikes this one off. The home node dissolves it."""
        membership = self.belonging.membership
        if membership is None:
            return
        if self.belonging.is_home:
            now = self.belonging.now().timestamp()
            self.belonging.change_roster(lambda roster: dissolved(roster, now))
            await self.links.tell_all()
        else:
            try:
                await self.links.ask(membership.roster.home.node_id, "/mesh/leave")
            except NodeUnreachableError:
                self.belonging.notice = ""
        self.belonging.leave()
        self.book.forget()

    async def _nodes(self) -> list[NodeAnswer]:
        membership, own = self.belonging.membership, self.belonging.identity.node_id
        report = await self.report()
        if membership is None:
            return [
                NodeAnswer(
                    node_id=own,
                    name=self.belonging.name,
                    role="home",
                    standing="member",
                    is_here=True,
                    is_reached=True,
                    report=report,
                )
            ]
        return [
            NodeAnswer(
                node_id=member.node_id,
                name=member.name,
                role=member.role,
                standing=member.standing,
                is_here=member.node_id == own,
                is_reached=True,
                report=report,
            )
            if member.node_id == own
            else self._other(member.node_id, member.name, member.role, member.standing)
            for member in membership.roster.members
        ]

    def _other(self, node_id: str, name: str, role: Role, standing: Standing) -> NodeAnswer:
        link: Link | None = self.links.links.get(node_id)
        problem = link.problem(self.monotonic()) if link else ""
        is_skewed = link is not None and abs(link.skew_seconds) > 60
        turn = self.update_turn(node_id)
        return NodeAnswer(
            node_id=node_id,
            name=name,
            role=role,
            standing=standing,
            is_here=False,
            is_reached=link is not None and not problem,
            problem=problem,
            address=link.place[0] if link and link.place else "",
            round_trip_ms=link.lag_seconds * 1000 if link and link.report else None,
            clock_ahead_seconds=link.skew_seconds if link and is_skewed else None,
            report=link.report if link else None,
            twins=list(self.twins.addresses(node_id)),
            update_turn=TurnAnswer(stage=turn.stage, version=turn.version, problem=turn.problem) if turn else None,
        )


def nodes_router(desk: OwnersDesk) -> APIRouter:
    """The routes; whoever may open the agent's socket may use them, so the doors before it ask who it is."""
    routes = APIRouter()

    @routes.get("/nodes")
    async def nodes(digest: Digest = "") -> NodesAnswer:
        return await desk.overview(digest)

    @routes.post("/window")
    async def open_window(given: WindowQuestion | None = None, digest: Digest = "") -> NodesAnswer:
        desk.hosting.open(given.token if given else None)
        return await desk.overview(digest)

    @routes.delete("/window")
    async def shut_window(digest: Digest = "") -> NodesAnswer:
        desk.hosting.shut()
        return await desk.overview(digest)

    @routes.post("/requests/{session}/approve")
    async def approve(session: str, given: ApproveQuestion, digest: Digest = "") -> NodesAnswer:
        desk.hosting.approve(session, given.role)
        return await desk.overview(digest)

    @routes.post("/requests/{session}/refuse")
    async def refuse(session: str, digest: Digest = "") -> NodesAnswer:
        desk.hosting.refuse(session)
        return await desk.overview(digest)

    @routes.post("/join")
    async def join(given: JoinQuestion, digest: Digest = "") -> NodesAnswer:
        desk.join(given)
        return await desk.overview(digest)

    @routes.post("/knock")
    async def knock(given: KnockQuestion, digest: Digest = "") -> NodesAnswer:
        desk.joining.knock(given.address, given.port, leave=desk.leave if given.leaves else None)
        return await desk.overview(digest)

    @routes.delete("/join")
    async def stop_joining(digest: Digest = "") -> NodesAnswer:
        desk.joining.stop()
        return await desk.overview(digest)

    @routes.post("/members/{node_id}")
    async def change(node_id: str, given: ChangeQuestion, digest: Digest = "") -> NodesAnswer:
        now = desk.belonging.now().timestamp()
        if given.name is not None:
            name = given.name
            desk.belonging.change_roster(lambda roster: renamed(roster, node_id, name, now))
        if given.role is not None:
            role = given.role
            desk.belonging.change_roster(lambda roster: with_role(roster, node_id, role, now))
        return await desk.overview(digest)

    @routes.delete("/members/{node_id}")
    async def revoke(node_id: str, digest: Digest = "") -> NodesAnswer:
        if not desk.belonging.is_home:
            raise NotHomeError
        now = desk.belonging.now().timestamp()
        desk.belonging.change_roster(lambda roster: dismissed(roster, node_id, "revoked", now))
        return await desk.overview(digest)

    @routes.post("/leave")
    async def leave(digest: Digest = "") -> NodesAnswer:
        await desk.leave()
        return await desk.overview(digest)

    return routes
