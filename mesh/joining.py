"""Owns joining from the new node's side: it carries the messages of `join.guest_side` over TLS, and pins first."""

import asyncio
import contextlib
import logging
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

import httpx
from cryptography import x509
from pydantic import BaseModel, ValidationError

from mesh import tls
from mesh.belonging import Belonging
from mesh.certificates import fingerprint_in, holder_of
from mesh.errors import CertificateRefusedError, JoinRefusedError, NoRoomError
from mesh.join.guest_side import GuestSide, Joined
from mesh.join.messages import HomeHello, HomeRound, Outcome, OutcomeQuestion, Refusal
from mesh.join.secret import fresh
from mesh.join.window import OPEN_SECONDS
from mesh.membership import Membership
from mesh.peers import valid_address

log = logging.getLogger(__name__)

CALL_SECONDS: Final = 10.0
OUTCOME_SECONDS: Final = 40.0
MOST_FAILURES: Final = 3
"""How often one secret is tried: each failure may have told a stranger between the boxes one more letter."""
SKEW_WORTH_TELLING: Final = 300.0
KNOCK_SECONDS: Final = 2.0
NOBODY_OPENS: Final = frozenset({"no_window", "expired", "used", "no_guesses", "unreachable", "busy"})
"""Refusals after which a box whose code may still be scanned knocks again."""

_HOST: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]*|[0-9A-Fa-f:.]+(%[0-9A-Za-z._-]+)?")
"""A name, an IPv4 or an IPv6 address, as they stand in a URL."""

Stage = Literal["idle", "talking", "waiting", "joined", "failed"]
Shape = TypeVar("Shape", bound=BaseModel)
Leave = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """A token that this box made and shows, for the door of another one."""

    address: str
    port: int
    begun_at: float
    """Seconds of a clock that only goes forward."""
    token: str = field(default_factory=lambda: fresh("token"), repr=False)

    def seconds_left(self, now: float) -> float:
        """How long it is tried."""
        return max(0.0, self.begun_at + OPEN_SECONDS - now)

    @property
    def link(self) -> str:
        """What its QR code says: the page of the other box, where its owner is logged in."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"https://{host}/nodes?invite={self.token}"


class Joining:
    """At most one attempt at a time; its stage and words are there to be shown."""

    def __init__(
        self, belonging: Belonging, *, on_joined: Callable[[str, int], None], monotonic: Callable[[], float]
    ) -> None:
        self.stage: Stage = "idle"
        self.problem = ""
        self.problem_code = ""
        self.home_name = ""
        self.words: tuple[str, ...] = ()
        self.clock_skew_seconds: float | None = None
        self._belonging = belonging
        self._on_joined = on_joined
        self._monotonic = monotonic
        self._knock: Knock | None = None
        self._leave: Leave | None = None
        self._failures: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def start(
        self,
        addresses: Sequence[str],
        port: int,
        secret: str,
        *,
        expected_authority: str | None = None,
        leave: Leave | None = None,
    ) -> None:
        """Begin to join the node at the first of these addresses that answers.

        `leave` parts this box from the mesh that it is in, once the owner of the other one has let it in and not
        before. Raises JoinRefusedError where that makes no sense.
        """
        self._check_alone(leave)
        if self._failures[secret] >= MOST_FAILURES:
            raise JoinRefusedError("spent_code")
        _check_all(addresses)
        self.stop()
        self._leave = leave
        self.stage, self.problem, self.problem_code, self.words, self.home_name = "talking", "", "", (), ""
        guest = self._guest(secret, expected_authority=expected_authority)
        self._task = asyncio.create_task(self._run(guest, addresses, port, secret))

    def knock(self, address: str, port: int, *, leave: Leave | None = None) -> Knock:
        """Show the owner of the box at this address a token of our own, and come in once the door is open for it.

        For `leave` see `start`. Raises JoinRefusedError where that makes no sense.
        """
        self._check_alone(leave)
        _check_all([address])
        self.stop()
        self._leave = leave
        self.stage, self.problem, self.problem_code, self.words, self.home_name = "idle", "", "", (), ""
        self._knock = Knock(address=address, port=port, begun_at=self._monotonic())
        self._task = asyncio.create_task(self._knocked(self._knock))
        return self._knock

    @property
    def invitation(self) -> Knock | None:
        """What the owner of the other box is to scan, as long as nobody has opened there."""
        knock = self._knock
        return knock if knock is not None and self.stage == "idle" and knock.seconds_left(self._monotonic()) else None

    def stop(self) -> None:
        """Give up."""
        is_knocking, self._knock = self.invitation is not None, None
        if self._task is not None and not self._task.done():
            self._task.cancel()
            if not is_knocking:
                self._fail(JoinRefusedError("stopped"))

    def _check_alone(self, leave: Leave | None) -> None:
        if self._belonging.membership is not None and leave is None:
            raise JoinRefusedError("own_mesh")

    async def _knocked(self, knock: Knock) -> None:
        while knock.seconds_left(self._monotonic()):
            guest = self._guest(knock.token, is_invited=True)
            try:
                address, said, shown = await _greeted(guest, (knock.address,), knock.port)
            except JoinRefusedError as refusal:
                if refusal.code not in NOBODY_OPENS:
                    self._fail(refusal)
                    return
                await asyncio.sleep(KNOCK_SECONDS)
            else:
                self.stage = "talking"
                await self._come_in(guest, address, knock.port, said, shown, knock.token)
                return
        self._fail(JoinRefusedError("expired"))

    def _guest(self, secret: str, *, expected_authority: str | None = None, is_invited: bool = False) -> GuestSide:
        return GuestSide(
            identity=self._belonging.identity,
            name=self._belonging.name,
            secret=secret,
            expected_authority=expected_authority,
            is_invited=is_invited,
        )

    async def _run(self, guest: GuestSide, addresses: Sequence[str], port: int, secret: str) -> None:
        try:
            address, said, shown = await _greeted(guest, addresses, port)
        except JoinRefusedError as refusal:
            self._fail(refusal)
            return
        await self._come_in(guest, address, port, said, shown, secret)

    async def _come_in(
        self, guest: GuestSide, address: str, port: int, said: HomeHello, shown: x509.Certificate, secret: str
    ) -> None:
        try:
            joined = await self._converse(guest, address, port, said, shown)
        except JoinRefusedError as refusal:
            if guest.has_shown_letters or refusal.code == "wrong_code":
                self._failures[secret] += 1
            self._fail(refusal)
            return
        if self._leave is not None:
            await self._leave()
        try:
            self._belonging.become(
                Membership(
                    authority=joined.authority,
                    certificate=joined.certificate,
                    roster=joined.roster,
                    signed_roster=joined.signed_roster,
                )
            )
        except NoRoomError:
            self._fail(JoinRefusedError("no_room"))
            return
        self.stage = "joined"
        self._on_joined(address, port)
        log.info("This node joined a mesh", extra={"NODE_ID": self._belonging.identity.node_id})

    async def _converse(
        self, guest: GuestSide, address: str, port: int, said: HomeHello, shown: x509.Certificate
    ) -> Joined:
        guest.pin(said, shown)
        self.home_name = guest.home_name
        self._note_skew(said.clock)
        authority = guest.authority
        if authority is None:
            raise JoinRefusedError("out_of_order")
        membership = self._belonging.membership
        if membership is not None and fingerprint_in(authority) == membership.authority_fingerprint:
            raise JoinRefusedError("same_mesh")
        # From here on nobody but the holder of that authority's certificate hears us.
        async with _wire(tls.pinned_context(authority), _base(address, port), _name(shown, authority)) as wire:
            while guest.state in {"pinned", "proving"}:
                guest.heard(_read(HomeRound, await wire.sent("/join/round", guest.round())))
            self.words, self.stage = guest.words, "waiting"
            question = OutcomeQuestion(session=said.session)
            while True:
                answer = await wire.sent("/join/outcome", question, seconds=OUTCOME_SECONDS)
                joined = guest.decided(_read(Outcome, answer))
                if joined is not None:
                    return joined

    def _note_skew(self, clock: float) -> None:
        skew = self._belonging.now().timestamp() - clock
        self.clock_skew_seconds = skew if abs(skew) > SKEW_WORTH_TELLING else None

    def _fail(self, refusal: JoinRefusedError) -> None:
        self.stage, self.problem, self.problem_code, self.words = "failed", str(refusal), refusal.code, ()


@dataclass(frozen=True, slots=True)
class _Wire:
    """Calls to one address; `name` is whom the certificate there has to name."""

    client: httpx.AsyncClient
    name: str | None

    async def sent(self, path: str, said: BaseModel, *, seconds: float = CALL_SECONDS) -> httpx.Response:
        """The answer; raises JoinRefusedError where none comes."""
        try:
            return await self.client.post(
                path,
                content=said.model_dump_json(exclude_none=True),  # an older box knows no newer fields
                headers={"content-type": "application/json"},
                timeout=seconds,
                extensions={"sni_hostname": self.name} if self.name else {},
            )
        except httpx.HTTPError as problem:
            raise JoinRefusedError("unreachable") from problem


@contextlib.asynccontextmanager
async def _wire(context: ssl.SSLContext, base: str, name: str | None = None) -> AsyncIterator[_Wire]:
    async with httpx.AsyncClient(verify=context, base_url=base, timeout=CALL_SECONDS, trust_env=False) as client:
        yield _Wire(client, name)


async def _greeted(guest: GuestSide, addresses: Sequence[str], port: int) -> tuple[str, HomeHello, x509.Certificate]:
    """Where the first of them is at which somebody listens, what is said there, and the certificate that it shows."""
    hello = guest.hello()
    for address in addresses:
        async with _wire(tls.unverified_context(), _base(address, port)) as wire:
            try:
                response = await wire.sent("/join/hello", hello)
            except JoinRefusedError:
                continue
            return _reached(response, address), _read(HomeHello, response), _shown(response)
    raise JoinRefusedError("unreachable")


def _read(shape: type[Shape], response: httpx.Response) -> Shape:
    try:
        if response.is_success:
            return shape.model_validate_json(response.content)
        code = Refusal.model_validate_json(response.content).code
        raise JoinRefusedError(code)
    except (ValidationError, KeyError) as problem:
        raise JoinRefusedError("out_of_order") from problem


def _reached(response: httpx.Response, address: str) -> str:
    """The IP address that answered: a name may be known to this box today alone, and to no other one."""
    if valid_address(address) is not None:
        return address
    there = response.extensions["network_stream"].get_extra_info("server_addr")
    return str(there[0]) if there else address


def _shown(response: httpx.Response) -> x509.Certificate:
    """The certificate that the other side showed in TLS."""
    tls_object = response.extensions["network_stream"].get_extra_info("ssl_object")
    return x509.load_der_x509_certificate(tls_object.getpeercert(binary_form=True))


def _name(shown: x509.Certificate, authority: x509.Certificate) -> str:
    try:
        return holder_of(shown, authority)
    except CertificateRefusedError as problem:
        raise JoinRefusedError("wrong_certificate") from problem


def _check_all(addresses: Sequence[str]) -> None:
    """What is no address or name of a box is told at once; raises JoinRefusedError."""
    if not all(_HOST.fullmatch(address) for address in addresses):
        raise JoinRefusedError("unreachable")


def _base(address: str, port: int) -> str:
    return f"https://[{address}]:{port}" if ":" in address else f"https://{address}:{port}"
