"""Owns measuring for `hearth bench`: how fast a model reads and writes on a node, and how fast a link is.

A model is measured on the way that requests take, with a prompt of seeded words, so that two measurements do the same.
"""

import json
import random
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from mesh.errors import BenchRefusedError, NodeUnreachableError
from mesh.links import Links
from mesh.relay import Answer

ECHO: Final = "/mesh/echo"
FIRST_BYTES: Final = 1 << 18
MOST_BYTES: Final = 1 << 23
"""Less than the mesh port takes of a member."""
PIECE_SECONDS: Final = 0.5
"""About so long the bytes travel by which a link is measured."""
ECHO_SECONDS: Final = 60.0
# Common words that nearly every model reads as one token each.
_COMMON: Final = (
    "the of and to in is it you that he was for on are with as his they at be this from have or by one had not but "
    "what all were when we there can an your which their said if do will each about how up out them then she many "
    "some so these would other into has more her two like him see time could no make than first been its who now "
    "people my made over did down only way find use may water long little very after words called just where most"
)


class Run(BaseModel):
    """One measurement of a model, by the engine's own clock."""

    prompt_tokens: int = Field(gt=0)
    prompt_seconds: float = Field(gt=0)
    output_tokens: int = Field(gt=0)
    output_seconds: float = Field(gt=0)
    seconds: float
    """From the question to the last word, as it was seen here."""
    link: Literal["", "wireguard", "tls"] = ""
    """How the boxes reach each other that the model is split over."""


class LinkRun(BaseModel):
    """One measurement of a link from one node to another, as the former saw it."""

    round_trips_ms: Annotated[list[float], Field(min_length=1)]
    up_bits_per_second: float = Field(gt=0)
    down_bits_per_second: float = Field(gt=0)


def question(*, seed: int, prompt_words: int, output_tokens: int) -> bytes:
    """What llama-server is asked: the same for the same seed, nothing of it read before, and no early end."""
    body = {
        "prompt": question_text(seed=seed, prompt_words=prompt_words),
        "n_predict": output_tokens,
        "cache_prompt": False,
        "ignore_eos": True,
        "temperature": 0,
        "stream": True,
    }
    return json.dumps(body).encode()


def question_text(*, seed: int, prompt_words: int) -> str:
    """Words that follow from the seed."""
    words = random.Random(seed).choices(_COMMON.split(), k=prompt_words)  # noqa: S311 - a text that repeats is the purpose
    return " ".join(words)


async def measured_run(answer: Answer, *, began: float, monotonic: Callable[[], float]) -> Run:
    """What an engine's stream says of itself at its end; raises BenchRefusedError."""
    if answer.pieces is None:
        raise BenchRefusedError(_told(answer.body) or "The node did not answer.")
    async with aclosing(answer.pieces) as pieces:
        timings = await _timings(pieces)
    try:
        return Run(
            prompt_tokens=timings["prompt_n"],
            prompt_seconds=timings["prompt_ms"] / 1000,
            output_tokens=timings["predicted_n"],
            output_seconds=timings["predicted_ms"] / 1000,
            seconds=monotonic() - began,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BenchRefusedError("The engine broke off, or did not say how long it took.") from error


async def measured_link(links: Links, node_id: str, turns: int, *, monotonic: Callable[[], float]) -> LinkRun:
    """How long a turn of the wire takes, and how many bits a second go each way; raises BenchRefusedError."""

    async def took(size_bytes: int, body: bytes) -> float:
        began = monotonic()
        response = await links.ask(node_id, f"{ECHO}/{size_bytes}", body, seconds=ECHO_SECONDS)
        if not response.is_success or len(response.content) != size_bytes:
            raise BenchRefusedError("The node cannot be measured: it may run an older Hearth.")
        return max(monotonic() - began, 1e-6)

    try:
        await took(0, b"")  # the connection is made here, if there was none
        round_trips = [await took(0, b"") for _ in range(turns)]
        up_bytes = piece_bytes(FIRST_BYTES / await took(0, bytes(FIRST_BYTES)))
        up = up_bytes / await took(0, bytes(up_bytes))
        down_bytes = piece_bytes(FIRST_BYTES / await took(FIRST_BYTES, b""))
        down = down_bytes / await took(down_bytes, b"")
    except NodeUnreachableError as error:
        raise BenchRefusedError(str(error)) from error
    return LinkRun(
        round_trips_ms=[one * 1000 for one in round_trips], up_bits_per_second=8 * up, down_bits_per_second=8 * down
    )


def piece_bytes(bytes_per_second: float) -> int:
    """How much is sent over a link that is about so fast, so that it takes about PIECE_SECONDS."""
    return int(min(MOST_BYTES, max(FIRST_BYTES, bytes_per_second * PIECE_SECONDS)))


async def _timings(pieces: AsyncGenerator[bytes, None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    async for piece in pieces:
        if piece.startswith(b"data: {") and b'"timings"' in piece:
            found = json.loads(piece.removeprefix(b"data: ")).get("timings") or {}
    return found


def _told(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return ""
