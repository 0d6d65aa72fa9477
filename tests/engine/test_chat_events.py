"""A conversation that llama-server rendered itself, as it streams it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assistant.engine.chat_events import events
from assistant.engine.errors import EngineInterruptedError
from assistant.engine.pieces import Piece, Stopped

TIMINGS = {"cache_n": 5, "prompt_n": 7, "prompt_ms": 20.0, "predicted_n": 2, "predicted_ms": 50.0}


async def streamed(*told: dict[str, Any] | str) -> AsyncIterator[str]:
    for one in told:
        yield one if isinstance(one, str) else f"data: {json.dumps(one)}"
        yield ""


def chunk(delta: dict[str, Any], *, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more}


@pytest.mark.parametrize(("finish", "why"), [("stop", "eos"), ("length", "limit")])
async def test_words_come_with_the_prompts_length_and_the_end_with_what_it_took(finish: str, why: str) -> None:
    lines = streamed(
        chunk({"role": "assistant", "content": None}, prompt_progress={"total": 12, "processed": 7}),
        chunk({"content": "It is "}),
        chunk({"content": "blue."}),
        chunk({}, finish=finish, timings=TIMINGS),
        "data: [DONE]",
    )

    pieces = [one async for one in events(lines)]

    assert "".join(one.text for one in pieces if isinstance(one, Piece)) == "It is blue."
    assert {one.prompt_tokens for one in pieces if isinstance(one, Piece)} == {12}
    assert pieces[-1] == Stopped(
        why=why,
        word="",
        prompt_tokens=12,
        cached_tokens=5,
        tokens=2,
        prompt_seconds=0.02,
        seconds=0.05,
    )


@pytest.mark.parametrize("told", ["error: {}", 'data: {"error": {"message": "gone"}}'])
async def test_an_error_in_the_stream_is_an_interruption(told: str) -> None:
    with pytest.raises(EngineInterruptedError):
        assert [one async for one in events(streamed(chunk({"content": "It"}), told))]
