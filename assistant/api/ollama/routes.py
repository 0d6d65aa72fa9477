"""The routes of the Ollama dialect; they lie beside our own under /api."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.callers import Caller, CurrentCaller
from assistant.api.computed import asker_of
from assistant.api.given import Given
from assistant.api.gone import unless_gone
from assistant.api.ollama.asked import chat_asked, generate_asked
from assistant.api.ollama.memory import Wishes, ends_at_once
from assistant.api.ollama.models import VERSION, full_name, listed, running, shown
from assistant.api.ollama.told import Lines, Shape
from assistant.api.ollama.wire import (
    EmbedRequest,
    GenerateRequest,
    OldEmbedRequest,
    OllamaChatRequest,
    ShowRequest,
)
from assistant.api.openai.described import MEANING, WRITES
from assistant.api.refused import refused
from assistant.api.streams import Streamed, begun
from assistant.clock import Clock
from assistant.generation.embeddings import Embeddings
from assistant.generation.errors import EngineBrokeOffError, UnfitRequestError
from assistant.generation.events import Broken, Happening
from assistant.generation.models import named
from assistant.generation.request import Generation
from assistant.generation.writer import Writer

NDJSON: Final = "application/x-ndjson"

_HERE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "It is."},
    401: {"description": "Unknown caller."},
}


class OllamaErrorAnswer(Given):
    """Every refusal in the Ollama dialect has this form."""

    error: str


def router(*, writer: Writer, embeddings: Embeddings, clock: Clock, version: str) -> APIRouter:
    """Chat, generate, embed, and what is told of the models."""
    routes = APIRouter(tags=["ollama"])
    wishes = Wishes(writer.models, clock)

    @routes.post("/api/chat", summary="Chat, as Ollama does", responses=answers(*WRITES, streams=True))
    async def chat(request: Request, given: OllamaChatRequest, caller: CurrentCaller) -> Response:
        """A model's next turn, one JSON object a line, or whole; `hearth` answers from the caller's files.

        Without messages the model is loaded, or let go where `keep_alive` is 0.
        """
        return await write(request, given, chat_asked(given), caller, "chat", asks=bool(given.messages))

    @routes.post("/api/generate", summary="Answer, as Ollama does", responses=answers(*WRITES, streams=True))
    async def generate(request: Request, given: GenerateRequest, caller: CurrentCaller) -> Response:
        """The answer to one prompt, one JSON object a line, or whole; without one, as `/api/chat` without messages."""
        return await write(request, given, generate_asked(given), caller, "generate", asks=bool(given.prompt))

    async def write(
        request: Request,
        given: OllamaChatRequest | GenerateRequest,
        generation: Generation,
        caller: Caller,
        shape: Shape,
        *,
        asks: bool,
    ) -> Response:
        card = named(writer.models, given.model, "chat", "files")
        leaves = ends_at_once(given.keep_alive)
        if not asks:
            return JSONResponse(await wishes.met(request, shape, card, caller, leaves=leaves))
        asker = asker_of(request, caller)
        lines = _lines(
            Lines(shape=shape, model=generation.model, logprobs=generation.logprobs),
            await begun(request, writer.stream(generation, asker)),
            clock,
        )
        if given.stream is not False:
            told = _written(lines)
            return Streamed(wishes.then_let_go(told, card, caller) if leaves else told, media_type=NDJSON)
        answer = await unless_gone(request, _whole(lines))
        if leaves:
            await wishes.let_go(card, caller)
        return JSONResponse(answer)

    @routes.post("/api/embed", summary="Texts as vectors, as Ollama does", responses=answers(*WRITES))
    async def embed(request: Request, given: EmbedRequest, caller: CurrentCaller) -> Response:
        """One vector of unit length a text. A text that is too long is cut only where `truncate` says so."""
        began = clock.monotonic()
        texts = [given.input] if isinstance(given.input, str) else given.input
        if not texts:
            named(writer.models, given.model, "embedding")
            return JSONResponse({"model": given.model, "embeddings": []})
        work = embeddings.embed(
            given.model,
            texts,
            line=caller.asker,
            dimensions=given.dimensions or None,
            may_cut=given.truncate is True,
        )
        embedded = await unless_gone(request, work)
        return JSONResponse(
            {
                "model": given.model,
                "embeddings": [row.tolist() for row in embedded.vectors],
                "total_duration": round((clock.monotonic() - began) * 1e9),
                "load_duration": 0,
                "prompt_eval_count": embedded.tokens,
            }
        )

    @routes.post("/api/embeddings", summary="A text as a vector, as Ollama did", responses=answers(*WRITES))
    async def old_embed(request: Request, given: OldEmbedRequest, caller: CurrentCaller) -> Response:
        """The vector of one text."""
        if not given.prompt:
            named(writer.models, given.model, "embedding")
            return JSONResponse({"embedding": []})
        work = embeddings.embed(given.model, [given.prompt], line=caller.asker)
        embedded = await unless_gone(request, work)
        return JSONResponse({"embedding": embedded.vectors[0].tolist()})

    @routes.head("/api/version", summary="Whether this is here", responses=_HERE, response_class=Response)
    @routes.head("/api/tags", summary="Whether this is here", responses=_HERE, response_class=Response)
    async def is_here() -> Response:
        """200, with nothing in it: programs ask so whether anybody answers."""
        return Response()

    @routes.get("/api/version", summary="Whose API this is like", responses=answers())
    async def tell_version() -> Response:
        """The version of Ollama whose API this dialect follows, and our own."""
        return JSONResponse({"version": VERSION, "hearth": version})

    @routes.get("/api/tags", summary="List the models, as Ollama does", responses=answers())
    async def tags() -> Response:
        """Every model of this box."""
        return JSONResponse({"models": [listed(card) for card in writer.models.cards()]})

    @routes.get("/api/ps", summary="What is in memory", responses=answers())
    async def ps() -> Response:
        """The models that are in memory now, and when each leaves it if nobody asks it before."""
        now = clock.now()
        return JSONResponse({"models": [running(one, now) for one in await writer.models.loaded()]})

    @routes.post("/api/show", summary="One model", responses=answers(400, 403, 404, 413))
    async def show(given: ShowRequest) -> Response:
        """All that is known of a model, from its own file."""
        name = given.model or given.name
        if name is None:
            raise UnfitRequestError("model", "Which model? Name it in `model`.")
        card = named(writer.models, name, "chat", "files", "embedding")
        return JSONResponse({**shown(card, verbose=bool(given.verbose)), "model": full_name(card)})

    return routes


async def _lines(
    lines: Lines, happenings: AsyncGenerator[Happening | None, None], clock: Clock
) -> AsyncGenerator[tuple[dict[str, Any], Lines], None]:
    began = clock.monotonic()
    async with aclosing(happenings):
        async for happening in happenings:
            if happening is None:
                continue
            for line in lines.told(happening, clock.now(), clock.monotonic() - began):
                yield line, lines
            if isinstance(happening, Broken):
                return


async def _written(lines: AsyncGenerator[tuple[dict[str, Any], Lines], None]) -> AsyncGenerator[str, None]:
    async with aclosing(lines):
        async for line, _ in lines:
            yield f"{json.dumps(line, ensure_ascii=False)}\n"


async def _whole(lines: AsyncGenerator[tuple[dict[str, Any], Lines], None]) -> dict[str, Any]:
    async with aclosing(lines):
        async for line, told in lines:
            if "error" in line:
                raise EngineBrokeOffError(line["error"])
            if line["done"]:
                return told.whole(line)
    raise AssertionError  # lines end with one of the two


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, for its description."""
    return refused(OllamaErrorAnswer, MEANING, (401, *statuses))


def answers(*statuses: int, streams: bool = False) -> dict[int | str, dict[str, Any]]:
    """The answers of a route, for its description."""
    content: dict[str, Any] = {"application/json": {"schema": {"type": "object"}}}
    if streams:
        content[NDJSON] = {"schema": {"type": "string"}}
    return {200: {"description": "As Ollama answers.", "content": content}, **refusals(*statuses)}
