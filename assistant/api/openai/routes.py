"""The routes of the OpenAI dialect: requests in, the writer's happenings out."""

import base64
import secrets
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from assistant.api.callers import CurrentCaller
from assistant.api.computed import asker_of
from assistant.api.dialects import refusal_body
from assistant.api.gone import unless_gone
from assistant.api.openai import completions
from assistant.api.openai.asked import chat_asked, completions_asked
from assistant.api.openai.chat import Chunks, Head, completion
from assistant.api.openai.described import WRITES, answers
from assistant.api.openai.wire import ChatRequest, CompletionRequest, EmbeddingRequest
from assistant.api.sse import STILL_HERE, event
from assistant.api.streams import EVENT_STREAM, Streamed, begun, going_on, whole
from assistant.generation.embeddings import Embeddings
from assistant.generation.errors import UnfitRequestError
from assistant.generation.events import Broken, Ended, Happening, Text, Usage
from assistant.generation.models import named
from assistant.generation.request import Generation
from assistant.generation.writer import Writer

DONE = "data: [DONE]\n\n"


def router(*, writer: Writer, embeddings: Embeddings) -> APIRouter:
    """Chat, completions and embeddings."""
    routes = APIRouter(tags=["openai"])

    @routes.post("/v1/chat/completions", summary="Chat", responses=answers(*WRITES, streams=True))
    async def chat_completions(request: Request, given: ChatRequest, caller: CurrentCaller) -> Response:
        """A model's next turn, whole or as server-sent events; `hearth` answers from the caller's files."""
        generation = chat_asked(given)
        head = _head("chatcmpl", writer, given.model)
        asker = asker_of(request, caller)
        several = _several(generation, given.n or 1)
        if given.stream:
            usage = bool(given.stream_options and given.stream_options.include_usage)
            chunks = Chunks(head=head, logprobs=generation.logprobs, include_usage=usage)
            first = await begun(request, writer.stream(several[0], asker))
            rest = [going_on(writer.stream(one, asker)) for one in several[1:]]
            return _streamed(_chat_lines(chunks, [first, *rest]))
        told = [await whole(request, writer.stream(one, asker)) for one in several]
        return JSONResponse(completion(head, told, generation.logprobs))

    @routes.post("/v1/completions", summary="Continue a text", responses=answers(*WRITES, streams=True))
    async def text_completions(request: Request, given: CompletionRequest, caller: CurrentCaller) -> Response:
        """What follows a text, whole or as server-sent events."""
        prompts = completions_asked(given)
        head = _head("cmpl", writer, given.model)
        asker = asker_of(request, caller)
        n = given.n or 1
        several = [one for prompt in prompts for one in _several(prompt, n)]
        echoes = [one.prompt if given.echo and isinstance(one.prompt, str) else "" for one in several]
        if given.stream:
            usage = bool(given.stream_options and given.stream_options.include_usage)
            first = await begun(request, writer.stream(several[0], asker))
            rest = [going_on(writer.stream(one, asker)) for one in several[1:]]
            return _streamed(_text_lines(head, [first, *rest], echoes, given.logprobs, n if usage else None))
        told = [await whole(request, writer.stream(one, asker)) for one in several]
        return JSONResponse(completions.completion(head, told, echoes=echoes, logprobs=given.logprobs, n=n))

    @routes.post("/v1/embeddings", summary="Texts as vectors", responses=answers(*WRITES))
    async def embed(request: Request, given: EmbeddingRequest, caller: CurrentCaller) -> Response:
        """One vector of unit length a text; a text that is too long is refused with the numbers."""
        texts = _texts(given)
        work = embeddings.embed(given.model, texts, line=caller.asker, dimensions=given.dimensions)
        embedded = await unless_gone(request, work)
        rows = [row.tolist() for row in embedded.vectors]
        if given.encoding_format == "base64":
            rows = [base64.b64encode(row.astype("<f4").tobytes()).decode() for row in embedded.vectors]
        return JSONResponse(
            {
                "object": "list",
                "data": [{"object": "embedding", "index": index, "embedding": row} for index, row in enumerate(rows)],
                "model": given.model,
                "usage": {"prompt_tokens": embedded.tokens, "total_tokens": embedded.tokens},
            }
        )

    return routes


async def _chat_lines(
    chunks: Chunks, several: Sequence[AsyncGenerator[Happening | None, None]]
) -> AsyncGenerator[str, None]:
    for index, happenings in enumerate(several):
        waiting = event(chunks.begin(index))  # goes with the first word, which is there already
        async with aclosing(happenings):
            async for happening in happenings:
                if happening is None:
                    yield waiting + STILL_HERE
                    waiting = ""
                    continue
                for chunk in chunks.told(index, happening):
                    yield waiting + event(chunk)
                    waiting = ""
                    if "error" in chunk:
                        return
    for chunk in chunks.finish():
        yield event(chunk)
    yield DONE


async def _text_lines(
    head: Head,
    several: Sequence[AsyncGenerator[Happening | None, None]],
    echoes: list[str],
    logprobs: int | None,
    n: int | None,
) -> AsyncGenerator[str, None]:
    usages: list[Usage] = []
    for index, happenings in enumerate(several):
        offset = len(echoes[index])
        if echoes[index]:
            yield event(completions.chunk(head, index, echoes[index], (), None, 0))
        async with aclosing(happenings):
            async for happening in happenings:
                match happening:
                    case None:
                        yield STILL_HERE
                    case Text(text=text, choices=choices):
                        yield event(completions.chunk(head, index, text, choices, logprobs, offset))
                        offset += len(text)
                    case Ended(usage=usage):
                        usages.append(usage)
                        yield event(completions.last_chunk(head, index, happening))
                    case Broken(code=code, message=message):
                        yield event(refusal_body("openai", 503, code, message))
                        return
                    case _:
                        pass
    if n is not None:
        yield event(completions.usage_chunk(head, usages, n))
    yield DONE


def _streamed(lines: AsyncGenerator[str, None]) -> Streamed:
    return Streamed(lines, media_type=EVENT_STREAM)


def _several(generation: Generation, n: int) -> list[Generation]:
    """The same request n times; where a seed is given, each has one of its own, so that the answers differ."""
    seed = generation.sampling.seed
    if n == 1 or seed is None:
        return [generation] * n
    return [
        replace(generation, sampling=replace(generation.sampling, seed=(seed + number) % 2**32)) for number in range(n)
    ]


def _head(prefix: str, writer: Writer, model: str) -> Head:
    card = named(writer.models, model, "chat", "files")
    return Head(id=f"{prefix}-{secrets.token_hex(12)}", created=int(time.time()), model=card.name)


def _texts(given: EmbeddingRequest) -> list[str]:
    texts = [given.input] if isinstance(given.input, str) else [one for one in given.input if isinstance(one, str)]
    if not texts:
        message = (
            "Tokens of another model mean nothing to this one: send the texts themselves, with LangChain by "
            "`check_embedding_ctx_length=False`."
        )
        raise UnfitRequestError("input", message)
    return texts
