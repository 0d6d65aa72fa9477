"""Owns the links to the other members: a call every two seconds each, what it told, and streams over the same wire."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import httpx
from cryptography import x509
from pydantic import ValidationError

from mesh.addresses import AddressBook, Place
from mesh.belonging import EXPELLED, Belonging
from mesh.certificates import renewal_due
from mesh.errors import CertificateRefusedError, NodeUnreachableError, PeerRefusedError, RosterRefusedError
from mesh.join.messages import Refusal
from mesh.link import LONGEST_PATIENCE_SECONDS, Link
from mesh.report import EXCHANGE, Exchange, NodeReport
from mesh.telling import Telling, completed

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 2.0
SOON_SECONDS: Final = 0.2
CALL_SECONDS: Final = 1.5
CONNECT_SECONDS: Final = 0.7
LAG_MEMORY: Final = 0.3
MOST_RETIRED: Final = 60
STALE_SECONDS: Final = 10.0
"""A connection older than this may show a certificate that its node has renewed since."""

FAILING: Final = "answers with an error"
OTHER_VERSION: Final = "speaks another version of the mesh"
OTHER_LIST: Final = "has a list of nodes that this box cannot read, or cannot read ours"
STRANGE_ANSWERS: Final[Mapping[int, str]] = {
    httpx.codes.NOT_FOUND: OTHER_VERSION,
    httpx.codes.UNPROCESSABLE_ENTITY: OTHER_VERSION,
    httpx.codes.CONFLICT: OTHER_LIST,
}

REFUSED: Final = "refuses this box"
REFUSING: Final = {
    "stranger": "does not know this box",
    "revoked": "knows that this box was removed",
    "expired": "takes no certificate that is over: it is renewed as soon as the home node is reached",
    "not_yet": "takes no certificate of the future: one of the two clocks is wrong by days",
    "no_mesh": "is in no mesh any more",
}


class Links:
    """Everything that this node says to others by its own will."""

    def __init__(
        self,
        belonging: Belonging,
        book: AddressBook,
        *,
        report: Callable[[], Awaitable[NodeReport]],
        monotonic: Callable[[], float],
    ) -> None:
        self.links: dict[str, Link] = {}
        self._belonging = belonging
        self._book = book
        self._report = report
        self._monotonic = monotonic
        self._telling = Telling(monotonic)
        self._client: httpx.AsyncClient | None = None
        self._client_of: object = None
        self._client_since = float("-inf")
        self._retired: list[httpx.AsyncClient] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._awake = asyncio.Event()
        self._changed = asyncio.Event()
        belonging.on_change(self._on_change)

    async def run(self) -> None:
        """Keep one task a member until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._changed.clear()
                await self._fit_to_roster(tasks)
                await self._changed.wait()

    async def tell_all(self) -> None:
        """Tell every link of now the roster of now, also those that the roster no longer names."""
        for link in list(self.links.values()):
            with contextlib.suppress(NodeUnreachableError, PeerRefusedError):
                told = await self.told(link.member.node_id, 0)
                await self.ask(link.member.node_id, "/mesh/exchange", EXCHANGE.dump_json(told))

    def wake(self) -> None:
        """Call everybody now rather than at the next turn."""
        awake, self._awake = self._awake, asyncio.Event()
        awake.set()

    def heard(self, node_id: str, said: Exchange, address: str) -> None:
        """Another member called and told how it is; raises RosterRefusedError."""
        self.note(node_id, said)
        if said.report.port:
            self._book.heard_from(node_id, (address, said.report.port))
            if (link := self.links.get(node_id)) and link.place is None:
                self.wake()

    def failed(self, node_id: str, digest: str, why: str) -> None:
        """A request that went there failed: nothing more goes there until a probe went through."""
        if link := self.links.get(node_id):
            link.failure, link.failed_digest = why, digest

    @contextlib.asynccontextmanager
    async def stream(self, node_id: str, path: str, body: bytes) -> AsyncIterator[httpx.Response]:
        """A request to another member; its answer comes in pieces. Raises NodeUnreachableError."""
        link = self.links.get(node_id)
        if link is None or link.place is None:
            raise NodeUnreachableError("There is no link to that node.")
        connect = link.patience(CONNECT_SECONDS)
        timeout = httpx.Timeout(None, connect=connect, pool=connect, write=5.0)
        try:
            request = self._request(link.place, node_id, path, body, timeout)
            # A hundred at once would each wait for the handshakes of all, which says nothing of the node.
            failed_before = link.failure
            async with link.opening:
                if link.failure and not failed_before:
                    raise NodeUnreachableError("The node has failed another request while this one waited.")
                async with asyncio.timeout(link.patience(CALL_SECONDS)):
                    response = await self._http().send(request, stream=True)
        except (httpx.HTTPError, TimeoutError, OSError) as problem:
            raise NodeUnreachableError("The node did not answer.") from problem
        try:
            yield response
        finally:
            await response.aclose()

    async def ask(self, node_id: str, path: str, body: bytes = b"", *, seconds: float = CALL_SECONDS) -> httpx.Response:
        """One call to another member, wherever it is; raises NodeUnreachableError."""
        link = self.links.get(node_id)
        for place in self._places(node_id):
            timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
            if link is not None:
                timeout = httpx.Timeout(link.patience(seconds), connect=link.patience(CONNECT_SECONDS))
            try:
                response = await self._http().send(self._request(place, node_id, path, body, timeout))
            except (httpx.HTTPError, OSError):
                continue
            self._check(response)
            self._book.worked(node_id, place)
            if link := self.links.get(node_id):
                link.place = place
            return response
        raise NodeUnreachableError("The node did not answer at any address that is known.")

    async def close(self) -> None:
        """Let go of the connections."""
        for client in (*self._retired, *((self._client,) if self._client else ())):
            await client.aclose()

    def _places(self, node_id: str) -> list[Place]:
        link = self.links.get(node_id)
        first = [link.place] if link and link.place else []
        return list(dict.fromkeys([*first, *self._book.places(node_id)]))

    def _request(self, place: Place, node_id: str, path: str, body: bytes, timeout: httpx.Timeout) -> httpx.Request:
        host = f"[{place[0]}]" if ":" in place[0] else place[0]
        return self._http().build_request(
            "POST",
            f"https://{host}:{place[1]}{path}",
            content=body,
            headers={"content-type": "application/json"},
            timeout=timeout,
            extensions={"sni_hostname": node_id},
        )

    def _http(self) -> httpx.AsyncClient:
        """A client that shows the certificate of this moment."""
        membership = self._belonging.membership
        shown = None if membership is None else (membership.authority, membership.certificate)
        if self._client is None or self._client_of != shown:
            if self._client is not None:
                self._retire(self._client)
            self._client_since = self._monotonic()
            limits = httpx.Limits(max_connections=512, max_keepalive_connections=128)
            self._client = httpx.AsyncClient(verify=self._belonging.client_context(), limits=limits, trust_env=False)
            self._client_of = shown
        return self._client

    def _retire(self, client: httpx.AsyncClient) -> None:
        """Answers may still stream through it, but not through the one that was retired some turns ago."""
        self._retired.append(client)
        if len(self._retired) > MOST_RETIRED:
            closing = asyncio.get_running_loop().create_task(self._retired.pop(0).aclose())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _on_change(self) -> None:
        self._changed.set()
        self.wake()

    async def _fit_to_roster(self, tasks: asyncio.TaskGroup) -> None:
        membership, own = self._belonging.membership, self._belonging.identity.node_id
        wanted = {} if membership is None else {one.node_id: one for one in membership.roster.active}
        wanted.pop(own, None)
        for node_id in self.links.keys() - wanted.keys():
            link = self.links.pop(node_id)
            link.gone.set()
            if link.task is not None:
                link.task.cancel()
        for node_id, member in wanted.items():
            if node_id in self.links:
                self.links[node_id].member = member
            else:
                link = self.links[node_id] = Link(member)
                link.task = tasks.create_task(self._keep(link))

    async def _keep(self, link: Link) -> None:
        while True:
            awake = self._awake
            with contextlib.suppress(NodeUnreachableError, PeerRefusedError, RosterRefusedError):
                await self._exchange(link)
                if link.failure and not link.strange:
                    await self._probe(link)
                await self._renew(link.member.node_id)
            with contextlib.suppress(TimeoutError):
                # The first exchange held a handshake, so the second one, which tells of the way, comes soon;
                # and so does the one after a call that was lost.
                is_soon = link.misses == 1 or (len(link.lags) == 1 and not link.misses)
                async with asyncio.timeout(SOON_SECONDS if is_soon else EVERY_SECONDS):
                    await awake.wait()

    async def _exchange(self, link: Link) -> None:
        node_id = link.member.node_id
        told = await self.told(node_id, link.knows_version)
        began = self._monotonic()
        seconds = LONGEST_PATIENCE_SECONDS if link.misses else CALL_SECONDS
        try:
            response = await self.ask(node_id, "/mesh/exchange", EXCHANGE.dump_json(told), seconds=seconds)
        except NodeUnreachableError:
            link.misses += 1
            raise
        link.misses = 0
        took = self._monotonic() - began
        if response.status_code == httpx.codes.FORBIDDEN:
            self._refused(node_id, response)
            return
        if not response.is_success:
            link.strange = STRANGE_ANSWERS.get(response.status_code, FAILING)
            return
        try:
            said = EXCHANGE.validate_json(response.content)
        except ValidationError:
            link.strange = OTHER_VERSION
            return
        if said.report.node_id != node_id:
            link.strange = FAILING
            return
        first = link.report is None
        link.round_trip_seconds = (
            took if first else link.round_trip_seconds + LAG_MEMORY * (took - link.round_trip_seconds)
        )
        link.lags.append(took)
        try:
            self.note(node_id, said)
        except RosterRefusedError as error:
            log.warning("The list of nodes that %s offers was refused: %s", link.member.name, error)
            link.strange = OTHER_LIST
        else:
            link.strange = ""

    async def told(self, node_id: str, knows_version: int) -> Exchange:
        """What this node says to another that knows this version of the roster.

        Raises PeerRefusedError without a mesh.
        """
        membership = self._belonging.membership
        if membership is None:
            raise PeerRefusedError("no_mesh")
        version = membership.roster.version
        offered = membership.signed_roster if knows_version < version else None
        places = {other: link.place for other, link in self.links.items() if link.place is not None}
        said = Exchange(report=await self._report(), roster_version=version, roster=offered, places=places)
        if (link := self.links.get(node_id)) is None:
            return said
        return replace(self._telling.shortened(said, link.keeps, len(self.links)), knows=link.kept.names)

    def note(self, node_id: str, told: Exchange) -> None:
        """Keep what another member told; raises RosterRefusedError where its roster is none."""
        link = self.links.get(node_id)
        if link is None or told.report.node_id != node_id:
            return
        said, link.kept = completed(told, link.kept)
        link.report, link.heard_at, link.knows_version = said.report, self._monotonic(), said.roster_version
        link.keeps = said.knows
        link.skew_seconds = said.report.clock - self._belonging.now().timestamp()
        for other, place in said.places.items():
            if other in self.links and self.links[other].place is None:
                self._book.heard_from(other, place)
        if said.roster is not None:
            self._belonging.offered(said.roster)

    def _refused(self, node_id: str, response: httpx.Response) -> None:
        """The home node may say that we were removed; nobody else's word counts for that."""
        if link := self.links.get(node_id):
            link.strange = REFUSED
            with contextlib.suppress(ValidationError):
                link.strange = REFUSING.get(Refusal.model_validate_json(response.content).code, REFUSED)
        membership = self._belonging.membership
        if membership is not None and membership.roster.home.node_id == node_id and b'"revoked"' in response.content:
            self._belonging.leave(EXPELLED)

    async def _probe(self, link: Link) -> None:
        """Send one small real request where the last one failed; where that model is gone, to another one of it."""
        offered = link.report.models if link.report else ()
        able = sorted(offered, key=lambda model: (model.digest != link.failed_digest, not model.is_loaded))
        if able:
            response = await self.ask(link.member.node_id, f"/engine/{able[0].digest}/probe", seconds=6.0)
        if not able or response.is_success:
            link.failure = ""  # without a model there nothing is sent there anyway

    async def _renew(self, node_id: str) -> None:
        """Where this is the home node and half of our certificate's life is over: get a new one."""
        membership = self._belonging.membership
        if membership is None or membership.roster.home.node_id != node_id:
            return
        if renewal_due(membership.certificate, self._belonging.now()):
            response = await self.ask(node_id, "/mesh/renew")
            if response.is_success:
                with contextlib.suppress(CertificateRefusedError):
                    self._belonging.renewed(response.text)

    def _check(self, response: httpx.Response) -> None:
        """TLS proved whose certificate it is; whether that one may be talked to today is our own question."""
        tls_object = response.extensions["network_stream"].get_extra_info("ssl_object")
        shown = x509.load_der_x509_certificate(tls_object.getpeercert(binary_form=True))
        if self._belonging.is_unwelcome(shown):
            if self._monotonic() - self._client_since > STALE_SECONDS:
                self._client_of = None  # the node may show another one on a new connection
            raise NodeUnreachableError("The node showed a certificate that is not good today.")
