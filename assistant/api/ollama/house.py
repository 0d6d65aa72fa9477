"""What Ollama's programs do with models: pull, copy, delete, and create from a file that they hand over."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.callers import owner_here
from assistant.api.ollama.routes import NDJSON, answers, refusals
from assistant.api.ollama.wire import CopyRequest, CreateRequest, NamedRequest, PullRequest
from assistant.api.streams import Streamed
from assistant.engine.errors import EngineError
from assistant.errors import AssistantError
from assistant.generation.errors import UnfitRequestError
from assistant.generation.models import named
from assistant.generation.writer import spoken
from assistant.models import blobs
from assistant.models.catalogue import entry_named
from assistant.models.downloads import Download
from assistant.models.errors import DownloadFailedError, ModelNameError
from assistant.models.household import Household
from assistant.models.names import fit_name

Json = dict[str, Any]
_POLL_SECONDS: Final = 0.25
_HUB: Final = ("hf.co/", "huggingface.co/")
_NOT_OFFERED: Final = ("quantize", "adapters", "template", "system", "parameters", "messages", "modelfile")
_OWNER: Final = [Depends(owner_here)]
_CHANGES: Final = (400, 403, 404, 413, 503)
Digest = Annotated[str, Path(max_length=200)]


def router(house: Household) -> APIRouter:
    """Only the owner may change what is here, with a session or from this very box."""
    routes = APIRouter(tags=["ollama"])

    @routes.post("/api/pull", summary="Fetch a model", responses=answers(*_CHANGES, streams=True), dependencies=_OWNER)
    async def pull(given: PullRequest) -> Response:
        """A model of the catalogue, or `hf.co/owner/repository:Q4_K_M` with or without its quantization or a file.

        Leaving stops it, and it can go on later.
        """
        lines = pulled(house, _name(given))
        return await _told(lines, streams=given.stream is not False)

    @routes.post("/api/create", summary="Make a model", responses=answers(*_CHANGES, streams=True), dependencies=_OWNER)
    async def create(given: CreateRequest) -> Response:
        """A model from one GGUF file that was handed over before, or another name for one that is here."""
        lines = created(house, given)
        return await _told(lines, streams=given.stream is not False)

    @routes.post("/api/copy", summary="Another name for a model", responses=answers(*_CHANGES), dependencies=_OWNER)
    async def copy(given: CopyRequest) -> Response:
        """The same model under another name."""
        await blobs.copied(
            house.imports, house.models.shelf, named(house.models, given.source, "chat"), given.destination
        )
        return Response(status_code=200)

    @routes.delete("/api/delete", summary="Delete a model", responses=answers(*_CHANGES), dependencies=_OWNER)
    async def delete(given: NamedRequest) -> Response:
        """Delete a model that the owner brought."""
        try:
            await house.delete(named(house.models, _name(given), "chat"))
        except EngineError as error:
            raise spoken(error) from error
        return Response(status_code=200)

    @routes.post(
        "/api/push", status_code=400, summary="Not offered", responses=refusals(400, 403), response_class=JSONResponse
    )
    async def push() -> Response:
        """Refused: nothing leaves this box."""
        raise UnfitRequestError("model", "This box publishes nothing. Copy the model's file by hand instead.")

    @routes.head(
        "/api/blobs/{digest}",
        summary="Whether a file was handed over",
        responses={401: {"description": "Unknown caller."}, 404: {"description": "It was not."}, 400: {}},
        response_class=Response,
    )
    async def has_blob(digest: Digest) -> Response:
        """200 where this file is here."""
        is_here = blobs.is_here(house.models.shelf, digest)
        return Response(status_code=200 if is_here else 404)

    @routes.post(
        "/api/blobs/{digest}",
        status_code=201,
        summary="Hand over a file",
        responses=refusals(400, 403, 413, 503),
        response_class=Response,
        dependencies=_OWNER,
        openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {}}}},
    )
    async def add_blob(request: Request, digest: Digest) -> Response:
        """Keep a GGUF file, whose SHA-256 has to be the one that it is announced with, until a model is made of it."""
        length = request.headers.get("content-length", "0")
        await blobs.keep(
            house.imports, house.models.shelf, digest, request.stream(), int(length) if length.isdigit() else 0
        )
        return Response(status_code=201)

    return routes


async def pulled(house: Household, name: str) -> AsyncGenerator[Json, None]:
    """What Ollama's programs are told while a model is fetched."""
    repository, file, licence = _wanted(name)
    yield {"status": "pulling manifest"}
    if house.models.shelf.find(fit_name(name)) is not None:
        yield {"status": "success"}
        return
    download = house.downloads.start(name=name, repository=repository, file=file, licence=licence)
    try:
        last: Json = {}
        while not download.is_over:
            line = _line(download)
            if line != last:
                last = line
                yield line
            await asyncio.sleep(_POLL_SECONDS)
            download = house.downloads.get(download.id)
    finally:
        house.downloads.stop(download.id)
    if download.state != "done":
        raise DownloadFailedError(download.reason)
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}
    yield {"status": "success"}


async def created(house: Household, given: CreateRequest) -> AsyncGenerator[Json, None]:
    """What Ollama's programs are told while a model is made."""
    name = _name(given)
    for field in _NOT_OFFERED:
        if getattr(given, field):
            raise UnfitRequestError(field, f"This box takes models as they are. Leave out `{field}`.")
    if given.from_ and not given.files:
        card = named(house.models, given.from_, "chat")
        yield {"status": "using existing layer"}
        await blobs.copied(house.imports, house.models.shelf, card, name)
    elif given.files and len(given.files) == 1 and not given.from_:
        yield {"status": "parsing GGUF"}
        await blobs.made(house.models.shelf, name, next(iter(given.files.values())))
    else:
        raise UnfitRequestError("files", "A model is made of one GGUF file in `files`, or of another model in `from`.")
    yield {"status": "writing manifest"}
    yield {"status": "success"}


def _line(download: Download) -> Json:
    if not download.sha256 or download.state == "waiting":
        return {"status": "pulling manifest"}
    if download.state == "checking":
        return {"status": "verifying sha256 digest"}
    return {
        "status": f"pulling {download.sha256[:12]}",
        "digest": f"sha256:{download.sha256}",
        "total": download.size_bytes,
        "completed": download.fetched_bytes,
    }


def _wanted(name: str) -> tuple[str, str, str]:
    """Repository, file and licence of what is to be pulled; raises `CatalogueError` or `ModelNameError`."""
    prefix = next((one for one in _HUB if name.casefold().startswith(one)), None)
    if prefix is None:
        entry = entry_named(fit_name(name))
        return entry.repository, entry.file, entry.licence
    where, _, tag = name[len(prefix) :].partition(":")
    steps = [*where.split("/"), *(tag.split("/") if tag else ())]
    fits = len(steps) >= 2 and all(steps)
    if not fits or (len(steps) > 2 and not (steps[-1].casefold().endswith(".gguf") or (tag and len(steps) == 3))):
        raise ModelNameError("Name a repository and, if you like, its quantization: “hf.co/owner/repository:Q4_K_M”.")
    return "/".join(steps[:2]), "/".join(steps[2:]), ""


def _name(given: NamedRequest) -> str:
    name = given.model or given.name
    if name is None:
        raise UnfitRequestError("model", "Which model? Name it in `model`.")
    return name


async def _told(lines: AsyncGenerator[Json, None], *, streams: bool) -> Response:
    """The lines one by one, or the last of them; what fails before the first is a plain refusal."""
    first = await anext(lines)
    if streams:
        return Streamed(_streamed(first, lines), media_type=NDJSON)
    async with aclosing(lines):
        told = [first, *[line async for line in lines]]
    return JSONResponse(told[-1])


async def _streamed(first: Json, lines: AsyncGenerator[Json, None]) -> AsyncGenerator[str, None]:
    async with aclosing(lines):
        yield f"{json.dumps(first)}\n"
        try:
            async for line in lines:
                yield f"{json.dumps(line)}\n"
        except AssistantError as error:
            yield f"{json.dumps({'error': str(error)})}\n"
