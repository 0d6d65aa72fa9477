"""Asks a server for answers, several at a time, and writes down when each word came."""

import asyncio
import json
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

STREAM_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A server that speaks OpenAI's chat completions."""

    client: httpx.AsyncClient
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: when it was asked for, when its words came, and what it was."""

    asked: float
    came: tuple[float, ...]
    text: str

    @property
    def first_seconds(self) -> float:
        """Until the first word."""
        return self.came[0] - self.asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Answers that were asked for at once."""

    answers: tuple[Answer, ...]

    @property
    def tokens_per_second(self) -> float:
        """Of all streams together, from the first question to the last word."""
        asked = min(answer.asked for answer in self.answers)
        ended = max(answer.came[-1] for answer in self.answers)
        return sum(len(answer.came) for answer in self.answers) / (ended - asked)

    @property
    def first_p95_seconds(self) -> float:
        """Until the first word, for all but the unluckiest twentieth."""
        waits = sorted(answer.first_seconds for answer in self.answers)
        return waits[min(len(waits) - 1, round(0.95 * (len(waits) - 1)))]


async def answered(side: Side, messages: Sequence[dict[str, str]], tokens: int) -> Answer:
    """One answer of exactly so many tokens; asked again where a server closed its idle connection at that moment."""
    try:
        return await _answered(side, messages, tokens)
    except httpx.RemoteProtocolError:
        return await _answered(side, messages, tokens)


async def _answered(side: Side, messages: Sequence[dict[str, str]], tokens: int) -> Answer:
    # The token that ends an answer is forbidden, so that all are of one length.
    body: dict[str, Any] = {
        "model": side.model,
        "messages": list(messages),
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
        "logit_bias": {"2": -100},
    }
    asked, came, text = time.perf_counter(), [], ""
    async with side.client.stream("POST", "/v1/chat/completions", json=body, timeout=STREAM_SECONDS) as response:
        if response.status_code != httpx.codes.OK:
            raise RuntimeError((await response.aread()).decode())
        async for line in response.aiter_lines():
            if not line.startswith("data: {"):
                continue
            choices = json.loads(line.removeprefix("data: ")).get("choices") or [{}]
            piece = (choices[0].get("delta") or {}).get("content")
            if piece:
                came.append(time.perf_counter())
                text += piece
    return Answer(asked=asked, came=tuple(came), text=text)


async def at_once(side: Side, number: int, *, tokens: int, salt: str) -> Round:
    """So many different questions at the same moment."""
    asked = [
        answered(side, [{"role": "user", "content": f"{salt} {one}: tell me a long story about the sea."}], tokens)
        for one in range(number)
    ]
    return Round(answers=tuple(await asyncio.gather(*asked)))


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)
