"""A node that places requests: the real router and ledger, with reports that come late, in any order, or never."""

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

from mesh.ledger import LEASE_SECONDS, Lease, Ledger
from mesh.link import GONE_AFTER_SECONDS, Link
from mesh.report import ModelOffer, NodeReport, Vitals
from mesh.roster import Member, Role
from mesh.routing import Router
from mesh.scheduler import Need, offers, predicted, unfit

OWN = "a" * 26
OTHERS = ("b" * 26, "c" * 26, "d" * 26, "e" * 26)
MODEL = ModelOffer(name="m", digest="d", size_bytes=10**9, prefill_rate=100, decode_rate=10)


@dataclass(eq=False)
class Request:
    """One question, with the place that it has, and the second one where the first is late."""

    need: Need
    first: Lease
    second: Lease | None = None
    is_answered: bool = False
    is_over: bool = False

    @property
    def places(self) -> list[Lease]:
        """Those that are held for it now."""
        return [] if self.is_over else [one for one in (self.first, self.second) if one is not None]


@dataclass
class World:
    """What is true of every node, what this one believes, and what is on its way."""

    now: float = 0.0
    truth: dict[str, NodeReport] = field(default_factory=dict)
    wire: list[NodeReport] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    answered: int = 0
    violations: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.links: dict[str, Link] = {}
        self.ledger = Ledger()
        for node_id in (OWN, *OTHERS):
            self.truth[node_id] = NodeReport(
                node_id=node_id, version="1", clock=0.0, port=7377, engine="ready", models=(MODEL,), turn_seconds=3.0
            )
        for node_id in OTHERS:
            self.join(node_id)
        belonging: Any = SimpleNamespace(identity=SimpleNamespace(node_id=OWN))
        links: Any = SimpleNamespace(links=self.links)
        foreign: Any = SimpleNamespace(all={}, candidates=lambda _need: ())
        self.router = Router(
            belonging=belonging,
            links=links,
            ledger=self.ledger,
            own_report=self.own_report,
            monotonic=lambda: self.now,
            foreign=foreign,
        )
        self.wire = [self.truth[node_id] for node_id in OTHERS]
        while self.wire:
            self.deliver(0)

    def own_report(self) -> NodeReport:
        """This node knows of itself what is true."""
        return replace(self.truth[OWN], running=self.ledger.reserved.get(OWN, 0))

    def join(self, node_id: str, role: Role = "worker") -> None:
        """The node is let in, for the first time or again."""
        self.revoked.discard(node_id)
        member = Member(node_id=node_id, name=node_id[0], role=role, standing="member", fingerprint="0" * 64)
        self.links[node_id] = Link(member, place=("10.0.0.1", 7377))

    def revoke(self, node_id: str) -> None:
        """What was on the wire from there may still come."""
        self.revoked.add(node_id)
        if link := self.links.pop(node_id, None):
            link.gone.set()

    def deliver(self, number: int) -> None:
        """A report comes, be it the oldest of all."""
        if self.wire:
            report = self.wire.pop(number % len(self.wire))
            if link := self.links.get(report.node_id):
                link.report, link.heard_at = report, self.now

    def ask(self, need: Need) -> None:
        """Somebody asks."""
        lease = self.router.route(need)
        if lease is not None:
            self._check(need, lease, without=frozenset())
            self.requests.append(Request(need, lease))
        elif not unfit(self.router.candidates()[0], need.digest):
            self.violations.append("nobody was asked although this box could answer")

    def wait_for(self, request: Request, *, are_heard: bool) -> None:
        """The first word is overdue; a second node is asked where that was said to be of use.

        Meanwhile the others were heard again and again, or the whole network was silent.
        """
        first = request.first
        if request.is_over or request.is_answered or request.second or not first.overdue_seconds:
            return
        self.now = max(self.now, first.begun_at + first.overdue_seconds)
        for link in self.links.values():
            link.heard_at = self.now if are_heard and link.report else link.heard_at
        without = frozenset({first.choice.node_id})
        second = self.router.route(request.need, without=without, beside=first.lease_id)
        if second is not None:
            self._check(request.need, second, without=without)
            request.second = second
            if second.overdue_seconds:
                self.violations.append("a third node would be asked")

    def speak(self, request: Request, *, is_second: bool) -> None:
        """One of the two says the first word; the other one is let go."""
        if request.is_over or request.is_answered:
            return
        request.is_answered = True
        if request.second is not None:
            lost, kept = (request.first, request.second) if is_second else (request.second, request.first)
            self.router.close(lost.lease_id, ok=True, is_whole=False)
            request.first, request.second = kept, None

    def end(self, request: Request, *, ok: bool) -> None:
        """The answer is whole, or broke off."""
        if request.is_over:
            return
        for place in request.places:
            said = ok and request.is_answered
            self.answered += said and place is request.first
            self.router.close(place.lease_id, ok=said, prompt_tokens=request.need.prompt_tokens, output_tokens=5)
        request.is_over = True

    def forget(self) -> None:
        """A long time passes, and whoever asked is gone without a word."""
        self.now += LEASE_SECONDS + 1
        self.ledger.forget_stale(self.now)
        for request in self.requests:
            request.is_over = True

    def look(self) -> None:
        """What has to be true at every moment."""
        held = [place.choice.node_id for request in self.requests for place in request.places]
        if {node: held.count(node) for node in held} != dict(self.ledger.reserved):
            self.violations.append("the ledger counts other places than are held")
        good = [one for one in self.ledger.outcomes if one.ok]
        if len(good) > self.answered:
            self.violations.append("an answer is counted twice")

    def _check(self, need: Need, lease: Lease, *, without: frozenset[str]) -> None:
        node_id = lease.choice.node_id
        if node_id in without:
            self.violations.append("the node that is late was asked again")
        if need.stays_here and node_id != OWN:
            self.violations.append("words that stay here were sent away")
        if node_id == OWN:
            return
        link = self.links.get(node_id)
        if node_id in self.revoked or link is None or link.report is None:
            self.violations.append("a node that does not belong was asked")
        elif self.now - link.heard_at > GONE_AFTER_SECONDS or link.failure:
            self.violations.append("a node that is silent or failed was asked")
        elif link.member.role != "worker" or link.report.vitals != Vitals():
            self.violations.append("a node that should not work was asked")
        self._check_choice(need, lease, without=without)

    def _check_choice(self, need: Need, lease: Lease, *, without: frozenset[str]) -> None:
        """No other able node was predicted to be done sooner, by what is known now."""
        self.ledger._leases.pop(lease.lease_id)
        self.ledger._reserved[lease.choice.node_id] -= 1
        try:
            known = self.ledger.cached_tokens(need.conversation)
            reserved = {node: count for node, count in self.ledger.reserved.items() if node != OWN}
            able = [
                one
                for one in offers(self.router.candidates(), need.digest).able
                if one.node_id not in without and (one.is_here or not need.stays_here)
            ]
            ages = self.ledger.ages(self.now)
            rivals = [one for one in able if one.node_id not in ages]
            short = replace(need, output_tokens=lease.need.output_tokens)
            soonest = min(
                (predicted(one, short, reserved=reserved, cached_tokens=known).total for one in rivals),
                default=lease.choice.total,
            )
        finally:
            self.ledger._leases[lease.lease_id] = lease
            self.ledger._reserved[lease.choice.node_id] += 1
        if lease.choice.total > soonest + 1e-9:
            self.violations.append("another node would have been done sooner")
