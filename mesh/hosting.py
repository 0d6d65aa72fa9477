"""Owns letting newcomers in on the home node: the window, the conversations behind it, and the owner's decision."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mesh.belonging import Belonging
from mesh.certificates import fingerprint_in, pem
from mesh.errors import JoinRefusedError, NoSuchRequestError, NotHomeError
from mesh.identity import NodeId, node_id_of
from mesh.join import window as door
from mesh.join.home_side import HomeSide
from mesh.join.link import MOST_ADDRESSES, JoinLink
from mesh.join.messages import GuestHello, GuestRound, HomeHello, HomeRound, Outcome
from mesh.join.secret import invitation
from mesh.join.window import Window
from mesh.membership import founded
from mesh.roster import Role, admitted

log = logging.getLogger(__name__)

MOST_CONVERSATIONS: Final = 16
CONVERSATION_SECONDS: Final = 600.0
LONG_POLL_SECONDS: Final = 20.0


@dataclass(slots=True)
class Conversation:
    """One newcomer."""

    side: HomeSide
    address: str
    begun_at: float
    certificate: str = ""
    role: Role = "worker"
    decided: asyncio.Event = field(default_factory=asyncio.Event)


class Hosting:
    """Opens the door, and lets in whom the owner approves."""

    def __init__(
        self,
        belonging: Belonging,
        *,
        monotonic: Callable[[], float],
        on_admitted: Callable[[NodeId, str], None] = lambda _node_id, _address: None,
    ) -> None:
        """`on_admitted` is told of a newcomer, and of the address from which it called."""
        self.window: Window | None = None
        self._belonging = belonging
        self._monotonic = monotonic
        self._on_admitted = on_admitted
        self._conversations: dict[str, Conversation] = {}

    def open(self, token: str | None = None) -> Window:
        """Open the door for five minutes; a node without a mesh becomes the home of a new one. Raises NotHomeError.

        `token` is the one that a new box shows on its own screen, where the owner has scanned it there.
        """
        if self._belonging.membership is None:
            founding = founded(self._belonging.identity, self._belonging.name, self._belonging.now())
            self._belonging.become(founding)
        if not self._belonging.is_home:
            raise NotHomeError
        self._conversations = {
            session: one for session, one in self._conversations.items() if one.side.state == "approved"
        }
        opened_at = self._monotonic()
        own = Window(opened_at=opened_at)
        self.window = own if token is None else Window(opened_at=opened_at, token=token, is_invited=True)
        log.info("The door of the mesh is open for five minutes")
        return self.window

    def shut(self) -> None:
        """Close the door before its time; whoever waits behind it is sent away."""
        if self.window is not None:
            self.window = door.shut(self.window)
        for conversation in self._conversations.values():
            if conversation.side.state == "proven":
                self._refuse(conversation)

    def link(self, addresses: Sequence[str], port: int) -> JoinLink | None:
        """What the QR code says while the door is open."""
        membership = self._belonging.membership
        if self.window is None or membership is None or self.window.problem(self._monotonic()):
            return None
        return JoinLink(
            addresses=tuple(addresses[:MOST_ADDRESSES]),
            port=port,
            authority=membership.authority_fingerprint,
            token=self.window.token,
        )

    def waiting(self) -> list[Conversation]:
        """Newcomers that proved the code and wait for the owner."""
        now = self._monotonic()
        return [
            one
            for one in self._conversations.values()
            if one.side.state == "proven" and now - one.begun_at < CONVERSATION_SECONDS
        ]

    def hello(self, said: GuestHello, address: str) -> HomeHello:
        """The answer to a newcomer's first words; raises JoinRefusedError."""
        membership = self._belonging.membership
        if self.window is None or membership is None:
            raise JoinRefusedError("no_window")
        named = invitation(self.window.token) if self.window.is_invited else None
        if said.invited != named:
            raise JoinRefusedError("no_window")  # it is open for another box; this one's guess would be a waste
        if problem := self.window.problem(self._monotonic()):
            raise JoinRefusedError(problem)
        self._clear()
        side = HomeSide(
            said,
            secret=self.window.secret(said.kind),
            authority=membership.authority_fingerprint,
            home=fingerprint_in(membership.certificate),
        )
        self._conversations[side.session] = Conversation(side, address, self._monotonic())
        return side.greeting(
            authority=pem(membership.authority),
            certificate=pem(membership.certificate),
            name=membership.roster.home.name,
            clock=self._belonging.now().timestamp(),
        )

    def heard(self, said: GuestRound) -> HomeRound:
        """The answer to one round; the first one costs a guess. Raises JoinRefusedError."""
        conversation = self._conversations.get(said.session)
        if conversation is None:
            raise JoinRefusedError("out_of_order")
        if conversation.side.state == "greeted":
            self.window = door.guessed(self.window, self._monotonic())
        try:
            answer = conversation.side.heard(said)
            if conversation.side.state == "proven":
                self._take()
        except JoinRefusedError:
            del self._conversations[said.session]
            if self.window is not None:
                self.window = door.failed(self.window)
            raise
        return answer

    async def outcome(self, session: str) -> Outcome:
        """What the owner decided; waits a while for it. Raises JoinRefusedError."""
        conversation = self._conversations.get(session)
        if conversation is None or conversation.side.state in {"greeted", "proving"}:
            raise JoinRefusedError("out_of_order")
        try:
            async with asyncio.timeout(LONG_POLL_SECONDS):
                await conversation.decided.wait()
        except TimeoutError:
            if self._monotonic() - conversation.begun_at > CONVERSATION_SECONDS:
                raise JoinRefusedError("expired") from None
            return Outcome(state="waiting")
        if conversation.side.state != "approved":
            return Outcome(state="refused")
        membership = self._belonging.home()
        return Outcome(
            state="approved",
            role=conversation.role,
            certificate=conversation.certificate,
            roster=membership.signed_roster,
        )

    def approve(self, session: str, role: Role = "worker") -> None:
        """The owner compared the words: this newcomer is a member now. Raises NoSuchRequestError."""
        conversation = self._waiting(session)
        membership, side, now = self._belonging.home(), conversation.side, self._belonging.now()
        certificate = membership.certificate_for(side.public_key, now)
        self._belonging.change_roster(
            lambda roster: admitted(roster, side.fingerprint, side.name, role, now.timestamp())
        )
        conversation.certificate, conversation.role = pem(certificate), role
        side.approve()
        conversation.decided.set()
        self._on_admitted(node_id_of(side.fingerprint), conversation.address)
        log.info("A node joined the mesh")

    def refuse(self, session: str) -> None:
        """The owner does not want this newcomer. Raises NoSuchRequestError."""
        self._refuse(self._waiting(session))

    def _take(self) -> None:
        if self.window is None:
            raise JoinRefusedError("no_window")
        self.window = door.proven(self.window, self._monotonic())

    def _waiting(self, session: str) -> Conversation:
        conversation = self._conversations.get(session)
        if conversation is None or conversation not in self.waiting():
            raise NoSuchRequestError
        return conversation

    def _refuse(self, conversation: Conversation) -> None:
        conversation.side.refuse()
        conversation.decided.set()

    def _clear(self) -> None:
        """Room for one more: those that said hello and nothing else go first."""
        now = self._monotonic()
        kept = {
            session: one
            for session, one in self._conversations.items()
            if now - one.begun_at < CONVERSATION_SECONDS and one.side.state != "failed"
        }
        idle = [session for session, one in kept.items() if one.side.state == "greeted"]
        for session in idle[: max(0, len(kept) - MOST_CONVERSATIONS + 1)]:
            del kept[session]
        if len(kept) >= MOST_CONVERSATIONS:
            raise JoinRefusedError("busy")
        self._conversations = kept
