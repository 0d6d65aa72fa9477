"""Hypothesis looks for an order of deeds in which a roster or the placing of requests goes wrong."""

from dataclasses import replace
from typing import Any, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, precondition, rule

from mesh.report import Vitals
from mesh.roster import Role
from mesh.scheduler import Need
from tests.mesh.simulation import rosters, routing

NODES = st.sampled_from(rosters.NODES)
NEWCOMERS = st.sampled_from(rosters.NODES[1:])


class Rosters(RuleBasedStateMachine):
    """Who believes that who belongs, over a wire that Hypothesis delays, doubles, reorders, cuts and forges on."""

    def __init__(self) -> None:
        super().__init__()
        self.world = rosters.World(0)

    @rule(newcomer=NEWCOMERS)
    def admit(self, newcomer: str) -> None:
        self.world.admit(newcomer)

    @rule(member=NEWCOMERS, how=st.sampled_from(rosters.DISMISSALS))
    def dismiss(self, member: str, how: Literal["revoked", "left"]) -> None:
        self.world.dismiss(member, how)

    @rule(sender=NODES, to=NODES, copies=st.integers(0, 2))
    def gossip(self, sender: str, to: str, copies: int) -> None:
        self.world.gossip(sender, to, copies)

    @precondition(lambda self: self.world.wire)
    @rule(number=st.integers(0, 30))
    def deliver(self, number: int) -> None:
        self.world.deliver(number)

    @rule(node=NODES)
    def cut(self, node: str) -> None:
        self.world.split(node)

    @rule()
    def heal(self) -> None:
        self.world.heal()

    @rule()
    def forge(self) -> None:
        self.world.forge()

    @rule(seconds=st.sampled_from((1.0, 86_400.0, -86_400.0)))
    def set_the_clock(self, seconds: float) -> None:
        self.world.time += seconds

    @invariant()
    def nobody_is_trusted_who_should_not_be(self) -> None:
        assert self.world.violations == []

    def teardown(self) -> None:
        self.world.settle()
        assert self.world.violations == []


class Routing(RuleBasedStateMachine):
    """Where requests run, with reports that are late or lost, nodes that come and go, and hedges."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.world = routing.World()

    @rule(seconds=st.floats(0.1, 8.0))
    def wait(self, seconds: float) -> None:
        self.world.now += seconds

    @rule(
        node=st.sampled_from((routing.OWN, *routing.OTHERS)),
        is_loaded=st.booleans(),
        running=st.integers(0, 3),
        rate=st.sampled_from((2.0, 10.0, 80.0)),
        is_well=st.booleans(),
    )
    def change(self, node: str, is_loaded: bool, running: int, rate: float, is_well: bool) -> None:
        """The truth of a node changes, and it says so; when that is heard is another matter."""
        hot = Vitals() if is_well or node == routing.OWN else Vitals(temperature_celsius=99.0)
        model = replace(routing.MODEL, is_loaded=is_loaded, decode_rate=rate)
        report = replace(self.world.truth[node], models=(model,), running=running, vitals=hot)
        self.world.truth[node] = report
        if node != routing.OWN:
            self.world.wire.append(report)

    @precondition(lambda self: self.world.wire)
    @rule(number=st.integers(0, 30))
    def deliver(self, number: int) -> None:
        self.world.deliver(number)

    @precondition(lambda self: self.world.wire)
    @rule(number=st.integers(0, 30))
    def lose(self, number: int) -> None:
        self.world.wire.pop(number % len(self.world.wire))

    @rule()
    def tell(self) -> None:
        """Everybody is heard at once, as after a call."""
        for node in self.world.links:
            self.world.wire.append(self.world.truth[node])
            self.world.deliver(len(self.world.wire) - 1)

    @rule(node=st.sampled_from(routing.OTHERS))
    def revoke(self, node: str) -> None:
        self.world.revoke(node)

    @rule(node=st.sampled_from(routing.OTHERS), role=st.sampled_from(("worker", "client", "storage")))
    def let_in(self, node: str, role: Role) -> None:
        self.world.join(node, role)

    @rule(node=st.sampled_from(routing.OTHERS), why=st.sampled_from(("", "did not answer a request")))
    def fail(self, node: str, why: str) -> None:
        if link := self.world.links.get(node):
            link.failure = why

    @rule(
        target=requests,
        tokens=st.integers(1, 3000),
        stays_here=st.booleans(),
        conversation=st.sampled_from(("", "one", "two")),
    )
    def ask(self, tokens: int, stays_here: bool, conversation: str) -> Any:
        before = len(self.world.requests)
        self.world.ask(
            Need(digest="d", prompt_tokens=tokens, output_tokens=90, stays_here=stays_here, conversation=conversation)
        )
        return multiple(*self.world.requests[before:])

    @rule(request=requests, are_heard=st.booleans())
    def wait_for(self, request: Any, are_heard: bool) -> None:
        self.world.wait_for(request, are_heard=are_heard)

    @rule(request=requests, is_second=st.booleans())
    def speak(self, request: Any, is_second: bool) -> None:
        self.world.speak(request, is_second=is_second)

    @rule(request=requests, ok=st.booleans())
    def end(self, request: Any, ok: bool) -> None:
        self.world.end(request, ok=ok)

    @rule()
    def forget(self) -> None:
        self.world.forget()

    @invariant()
    def every_place_is_counted_and_no_rule_is_broken(self) -> None:
        self.world.look()
        assert self.world.violations == []

    def teardown(self) -> None:
        for request in self.world.requests:
            self.world.end(request, ok=True)
        assert not self.world.ledger.reserved


TestRosters = Rosters.TestCase
TestRosters.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRouting = Routing.TestCase
TestRouting.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
