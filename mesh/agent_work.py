"""Owns the assistant's part of the agent's API: where a request runs, and the way to the engine of another node."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, Field

from mesh import relay
from mesh.engine_door import PLAIN, STREAMS, EngineDoor
from mesh.foreign.engines import ForeignEngines
from mesh.foreign.watched import PATHS
from mesh.links import Links
from mesh.routing import Router
from mesh.scheduler import Need
from mesh.split import SPLIT, Split


class RouteQuestion(BaseModel):
    """What a request takes; `without` names nodes that have failed it already."""

    digest: str = Field(max_length=64)
    prompt_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    stays_here: bool = False
    conversation: str = Field(default="", max_length=100)
    name: str = Field(default="", max_length=200)
    holds_files: bool = False
    without: list[str] = Field(default_factory=list, max_length=64)
    beside: str = Field(default="", max_length=64)
    """The lease of the same request on a node that is late."""


class RouteAnswer(BaseModel):
    """Where it runs: an empty lease says that there is nobody else, so that nothing has to be told afterwards."""

    lease: str = ""
    node_id: str = ""
    name: str = ""
    is_here: bool = True
    is_foreign: bool = False
    """An engine of another make, which speaks the OpenAI API alone."""
    reason: str = ""
    predicted_seconds: float = 0.0
    overdue_seconds: float = 0.0
    """After so long without a first word another node may be asked too; 0 where none should."""
    is_alone: bool = False
    is_split: bool = False
    """Several nodes compute it; it has to be prepared before anything is asked."""
    refusal: str = ""
    """Why it does not run over several nodes either, where no node can hold it, as a sentence with the numbers."""


class DoneQuestion(BaseModel):
    """How a request ended."""

    ok: bool
    is_whole: bool = True
    prompt_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0)
    timings: dict[str, float] = Field(default_factory=dict)


def work_router(
    router: Router,
    links: Links,
    engine: EngineDoor,
    foreign: ForeignEngines,
    *,
    split: Split,
    split_engine: EngineDoor,
) -> APIRouter:
    """The routes; `split_engine` speaks to the model that `split` keeps over several nodes."""
    routes = APIRouter()
    routes.include_router(_leases_router(router, links, engine, foreign, split=split))
    routes.include_router(_carrying_router(router, links, foreign, split=split, split_engine=split_engine))
    return routes


def _leases_router(
    router: Router, links: Links, engine: EngineDoor, foreign: ForeignEngines, *, split: Split
) -> APIRouter:
    """Where a request runs, what it needs first, how it goes, and how it ended."""
    routes = APIRouter()

    @routes.post("/route")
    async def route(asked: RouteQuestion) -> RouteAnswer:
        if router.is_alone:
            return RouteAnswer(is_alone=True)
        need = Need(
            digest=asked.digest,
            prompt_tokens=asked.prompt_tokens,
            output_tokens=asked.output_tokens,
            stays_here=asked.stays_here,
            conversation=asked.conversation,
            name=asked.name,
            holds_files=asked.holds_files,
        )
        without = frozenset(asked.without)
        routed = router.route(need, without=without, beside=asked.beside)
        lease = routed or ("" if asked.beside else split.lease(need, without))
        if isinstance(lease, str):
            return RouteAnswer(refusal=lease)
        return RouteAnswer(
            lease=lease.lease_id,
            node_id=lease.choice.node_id,
            name=lease.choice.name,
            is_here=lease.choice.is_here,
            is_foreign=lease.choice.node_id in foreign.all,
            reason=lease.reason,
            predicted_seconds=lease.choice.total,
            overdue_seconds=lease.overdue_seconds,
            is_split=lease.choice.node_id == SPLIT,
        )

    @routes.post("/lease/{lease_id}/prepare", status_code=204)
    async def prepare(lease_id: str) -> None:
        """Bring a split model into the memory of its nodes, however long that takes; 409 says why it cannot be."""
        lease = router.ledger.lease(lease_id)
        if lease is not None and lease.choice.node_id == SPLIT:
            await split.prepared(lease.need.digest)

    @routes.post("/lease/{lease_id}/done", status_code=204)
    async def done(lease_id: str, given: DoneQuestion) -> None:
        lease = router.ledger.lease(lease_id)
        if lease is not None and lease.choice.is_here and given.timings:
            engine.note(lease.need.digest, given.timings)
        router.close(
            lease_id,
            ok=given.ok,
            is_whole=given.is_whole,
            prompt_tokens=given.prompt_tokens,
            output_tokens=given.output_tokens,
        )

    @routes.get("/lease/{lease_id}/health")
    async def health(lease_id: str) -> Response:
        """Whether the other node still says that it is well: what the assistant asks in a long silence."""
        lease = router.ledger.lease(lease_id)
        if lease is not None and (watched := foreign.all.get(lease.choice.node_id)):
            return Response(status_code=503 if watched.problem else 200)
        if lease is not None and lease.choice.node_id == SPLIT:
            return Response(status_code=200 if split.is_well(lease.need.digest) else 503)
        link = None if lease is None else links.links.get(lease.choice.node_id)
        return Response(status_code=200 if link is not None and not link.failure else 503)

    return routes


def _carrying_router(
    router: Router, links: Links, foreign: ForeignEngines, *, split: Split, split_engine: EngineDoor
) -> APIRouter:
    """The way to whoever computes a lease's request, and the end of a model that several nodes keep for such."""
    routes = APIRouter()

    @routes.post("/lease/{lease_id}/v1/chat/completions")
    async def chat(lease_id: str, request: Request) -> Response:
        return await work(lease_id, "chat", request)

    @routes.post("/lease/{lease_id}/v1/completions")
    async def continue_text(lease_id: str, request: Request) -> Response:
        return await work(lease_id, "text", request)

    @routes.post("/lease/{lease_id}/{name}")
    async def work(lease_id: str, name: str, request: Request) -> Response:
        lease = router.ledger.lease(lease_id)
        is_foreign = lease is not None and lease.choice.node_id in foreign.all
        known = PATHS if is_foreign else {**STREAMS, **PLAIN}
        if lease is None or lease.choice.is_here or name not in known:
            return JSONResponse({"error": {"message": "There is no such lease."}}, 404)
        body, node_id = await request.body(), lease.choice.node_id
        if is_foreign:
            carried = foreign.carried(node_id, name, lease.need.name, body)
        elif node_id == SPLIT:
            return await over_several(lease.need.digest, name, body)
        else:
            carry = relay.streamed if name in STREAMS else relay.asked
            carried = carry(links, node_id, lease.need.digest, name, body)
        answer = await relay.while_wanted(carried, request.receive)
        if answer.pieces is None:
            return Response(answer.body, answer.status, media_type="application/json")
        return StreamingResponse(answer.pieces, media_type="text/event-stream")

    @routes.delete("/split", status_code=204)
    async def let_go() -> None:
        """End the model that runs over several nodes."""
        await split.let_go()

    async def over_several(digest: str, name: str, body: bytes) -> Response:
        if name in PLAIN:
            status, told = await split_engine.plain(digest, name, body)
            return Response(told, status, media_type="application/json")
        answer = await relay.from_lines(split_engine.stream(digest, name, body, SPLIT), split.broke_off)
        if answer.pieces is None:
            return Response(answer.body, answer.status, media_type="application/json")
        return StreamingResponse(answer.pieces, media_type="text/event-stream")

    return routes
