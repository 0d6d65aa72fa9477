"""Asks the mesh daemon over its Unix socket where a request runs, and reaches engines of other nodes through it."""

import asyncio
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
from pydantic import BaseModel, ValidationError

from assistant.engine.chat_wire import ChatWire
from assistant.engine.client import LlamaServer
from assistant.engine.completion import LlamaCompletion
from assistant.engine.errors import EngineUnavailableError
from assistant.engine.pieces import Took
from assistant.engine.place import Computed
from assistant.engine.watch import UNAVAILABLE, Patience
from firmware.sockets import UnixTransport

ASK_SECONDS: Final = 0.5
"""A mesh that does not say within this where to run is not waited for."""
TELL_SECONDS: Final = 10.0
PREPARE_SECONDS: Final = 1000.0
"""The weights of a large model go over the wire first."""
_NO_KEY: Final = "none"
"""Whoever may open the socket may ask; the engine of the other node has its own key, which stays there."""
ALONE_SECONDS: Final = 2.0
"""A box without others asks again after this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a request takes, about."""

    digest: str
    """SHA-256 of the model's file."""
    prompt_tokens: int
    output_tokens: int
    stays_here: bool = False
    conversation: str = ""
    model: str = ""
    """The model's name, by which engines of other makes know it."""
    holds_files: bool = False
    """Words of a person's files go with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to run a request. Without a lease nobody else is there, and nothing has to be told afterwards."""

    lease: str = ""
    computed: Computed | None = None
    is_foreign: bool = False
    """An engine of another make, which speaks the OpenAI API alone."""
    is_split: bool = False
    """Several nodes compute it together; it has to be prepared."""
    refusal: str = ""
    """Why they do not, where no node can hold the model, as a sentence with the numbers."""
    overdue_seconds: float = 0.0
    """After so long without a first word another node is asked too; 0 where none should be."""

    @property
    def is_here(self) -> bool:
        """Whether it is this box."""
        return self.computed is None or self.computed.is_here


HERE: Final = Place()


class Mesh(Protocol):
    """The other nodes, as far as requests go there."""

    async def placed(self, work: Work, without: Set[str] = frozenset(), *, beside: str = "") -> Place:
        """Where it runs; here, where there is no mesh or it does not answer.

        `beside` is the lease of the same request on a node that is late.
        """
        ...

    async def prepared(self, place: Place) -> None:
        """Bring a split model into memory, however long that takes; raises `EngineUnavailableError` with the reason."""
        ...

    def ended(
        self,
        place: Place,
        *,
        ok: bool,
        is_whole: bool,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
        took: Took | None = None,
    ) -> None:
        """The request is over; its place is free again. One that nobody wanted any more is ok, but not whole."""
        ...

    def server(self, place: Place) -> LlamaServer:
        """The other node's engine."""
        ...

    def completion(self, place: Place) -> LlamaCompletion:
        """The other node's engine, for texts."""
        ...

    def chat(self, place: Place) -> ChatWire:
        """The engine of another make."""
        ...


class _Routed(BaseModel):
    lease: str = ""
    node_id: str = ""
    name: str = ""
    is_here: bool = True
    is_foreign: bool = False
    reason: str = ""
    is_alone: bool = False
    is_split: bool = False
    refusal: str = ""
    overdue_seconds: float = 0.0


class MeshDaemon:
    """The `Mesh` behind hearth-mesh's Unix socket."""

    def __init__(
        self,
        socket: Path,
        *,
        patience: Patience,
        monotonic: Callable[[], float],
        ask_seconds: float = ASK_SECONDS,
    ) -> None:
        self._monotonic = monotonic
        self._alone_until = float("-inf")
        self._telling: set[asyncio.Task[None]] = set()
        self._server = LlamaServer(socket=socket, key=_NO_KEY)
        self._completion = LlamaCompletion(socket=socket, key=_NO_KEY, server=self._server, patience=patience)
        self._chat = ChatWire(socket=socket, state=self._server.state, patience=patience)
        self._client = httpx.AsyncClient(transport=UnixTransport(socket), base_url="http://mesh", timeout=ask_seconds)

    async def placed(self, work: Work, without: Set[str] = frozenset(), *, beside: str = "") -> Place:
        """See `Mesh.placed`."""
        if self._monotonic() < self._alone_until:
            return HERE
        question = {
            "digest": work.digest,
            "prompt_tokens": work.prompt_tokens,
            "output_tokens": work.output_tokens,
            "stays_here": work.stays_here,
            "conversation": work.conversation,
            "name": work.model,
            "holds_files": work.holds_files,
            "without": sorted(without),
            "beside": beside,
        }
        try:
            answer = await self._client.post("/route", json=question)
            routed = _Routed.model_validate_json(answer.raise_for_status().content)
        except (httpx.HTTPError, ValidationError):
            return HERE
        if routed.is_alone:
            self._alone_until = self._monotonic() + ALONE_SECONDS
        if not routed.lease:
            return Place(refusal=routed.refusal) if routed.refusal else HERE
        computed = Computed(node_id=routed.node_id, name=routed.name, is_here=routed.is_here, reason=routed.reason)
        return Place(
            lease=routed.lease,
            computed=computed,
            is_foreign=routed.is_foreign,
            is_split=routed.is_split,
            overdue_seconds=routed.overdue_seconds,
        )

    async def prepared(self, place: Place) -> None:
        """See `Mesh.prepared`."""
        if not place.is_split:
            return
        try:
            answer = await self._client.post(f"/lease/{place.lease}/prepare", timeout=PREPARE_SECONDS)
        except httpx.HTTPError as error:
            raise EngineUnavailableError(UNAVAILABLE) from error
        if not answer.is_success:
            raise EngineUnavailableError(_refusal(answer))

    def ended(
        self,
        place: Place,
        *,
        ok: bool,
        is_whole: bool,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
        took: Took | None = None,
    ) -> None:
        """See `Mesh.ended`; it is told in the background."""
        if place.lease and not self._client.is_closed:
            told: dict[str, Any] = {
                "ok": ok,
                "is_whole": is_whole,
                "prompt_tokens": prompt_tokens,
                "output_tokens": output_tokens,
            }
            if took is not None:  # by llama-server's own names for them
                told["timings"] = {
                    "prompt_n": took.read_tokens,
                    "prompt_ms": took.read_seconds * 1000,
                    "predicted_n": took.written_tokens,
                    "predicted_ms": took.written_seconds * 1000,
                }
            task = asyncio.get_running_loop().create_task(self._tell(f"/lease/{place.lease}/done", told))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    def server(self, place: Place) -> LlamaServer:
        """See `Mesh.server`."""
        return self._server.behind(f"/lease/{place.lease}")

    def completion(self, place: Place) -> LlamaCompletion:
        """See `Mesh.completion`."""
        return self._completion.behind(f"/lease/{place.lease}", self.server(place))

    def chat(self, place: Place) -> ChatWire:
        """See `Mesh.chat`."""
        return self._chat.behind(f"/lease/{place.lease}", self.server(place))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._chat.close()
        await asyncio.gather(*self._telling)
        await self._client.aclose()
        await self._server.close()
        await self._completion.close()

    async def _tell(self, path: str, told: dict[str, Any]) -> None:
        try:
            await self._client.post(path, json=told, timeout=TELL_SECONDS)
        except httpx.HTTPError:
            return  # a mesh that has gone keeps no places


def _refusal(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return UNAVAILABLE
