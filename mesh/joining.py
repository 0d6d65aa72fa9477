"""Owns joining from the new node's side: it carries the messages of `join.guest_side` over TLS, and pins first."""

import asyncio
import contextlib
import logging
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import httpx
from cryptography import x509
from pydantic import BaseModel, ValidationError

from mesh import tls
from mesh.belonging import Belonging
from mesh.certificates import holder_of
from mesh.errors import CertificateRefusedError, JoinRefusedError
from mesh.join.guest_side import GuestSide, Joined
from mesh.join.messages import HomeHello, HomeRound, Outcome, OutcomeQuestion, Refusal
from mesh.membership import Membership

log = logging.getLogger(__name__)

CALL_SECONDS: Final = 10.0
OUTCOME_SECONDS: Final = 40.0
MOST_FAILURES: Final = 3
"""How often one secret is tried: each failure may have told a stranger between the boxes one more letter."""
SKEW_WORTH_TELLING: Final = 300.0

Stage = Literal["idle", "talking", "waiting", "joined", "failed"]
Shape = TypeVar("Shape", bound=BaseModel)


class Joining:
    """At most one attempt at a time; its stage and words are there to be shown."""

    def __init__(self, belonging: Belonging, *, on_joined: Callable[[str, int], None]) -> None:
        self.stage: Stage = "idle"
        self.problem = ""
        self.problem_code = ""
        self.home_name = ""
        self.words: tuple[str, ...] = ()
        self.clock_skew_seconds: float | None = None
        self._belonging = belonging
        self._on_joined = on_joined
        self._failures: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def start(self, address: str, port: int, secret: str, *, expected_authority: str | None = None) -> None:
        """Begin to join the node at this address; raises JoinRefusedError where that makes no sense."""
        if self._belonging.membership is not None:
            raise JoinRefusedError("own_mesh")
        if self._failures[secret] >= MOST_FAILURES:
            raise JoinRefusedError("spent_code")
        self.stop()
        self.stage, self.problem, self.problem_code, self.words, self.home_name = "talking", "", "", (), ""
        guest = GuestSide(
            identity=self._belonging.identity,
            name=self._belonging.name,
            secret=secret,
            expected_authority=expected_authority,
        )
        self._task = asyncio.create_task(self._run(guest, address, port, secret))

    def stop(self) -> None:
        """Give up."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            self._fail(JoinRefusedError("stopped"))

    async def _run(self, guest: GuestSide, address: str, port: int, secret: str) -> None:
        try:
            joined = await self._converse(guest, address, port)
        except JoinRefusedError as refusal:
            if guest.has_shown_letters or refusal.code == "wrong_code":
                self._failures[secret] += 1
            self._fail(refusal)
            return
        self._belonging.become(
            Membership(
                authority=joined.authority,
                certificate=joined.certificate,
                roster=joined.roster,
                signed_roster=joined.signed_roster,
            )
        )
        self.stage = "joined"
        self._on_joined(address, port)
        log.info("This node joined a mesh", extra={"NODE_ID": self._belonging.identity.node_id})

    async def _converse(self, guest: GuestSide, address: str, port: int) -> Joined:
        base = f"https://{_bracketed(address)}:{port}"
        async with _wire(tls.unverified_context(), base) as wire:
            response = await wire.sent("/join/hello", guest.hello())
            said, shown = _read(HomeHello, response), _shown(response)
        guest.pin(said, shown)
        self.home_name = guest.home_name
        self._note_skew(said.clock)
        authority = guest.authority
        if authority is None:
            raise JoinRefusedError("out_of_order")
        # From here on nobody but the holder of that authority's certificate hears us.
        async with _wire(tls.pinned_context(authority), base, _name(shown, authority)) as wire:
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
                content=said.model_dump_json(),
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


def _read(shape: type[Shape], response: httpx.Response) -> Shape:
    try:
        if response.is_success:
            return shape.model_validate_json(response.content)
        code = Refusal.model_validate_json(response.content).code
        raise JoinRefusedError(code)
    except (ValidationError, KeyError) as problem:
        raise JoinRefusedError("out_of_order") from problem


def _shown(response: httpx.Response) -> x509.Certificate:
    """The certificate that the other side showed in TLS."""
    tls_object = response.extensions["network_stream"].get_extra_info("ssl_object")
    return x509.load_der_x509_certificate(tls_object.getpeercert(binary_form=True))


def _name(shown: x509.Certificate, authority: x509.Certificate) -> str:
    try:
        return holder_of(shown, authority)
    except CertificateRefusedError as problem:
        raise JoinRefusedError("wrong_certificate") from problem


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
