"""What `llama-server` streams of a conversation that it rendered itself, in the words of continued texts; pure."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

from assistant.engine.errors import EngineInterruptedError
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.thoughts import ANSWER_ALONE
from assistant.engine.watch import INTERRUPTED

ASKED: Mapping[str, Any] = {
    "stream": True,
    "cache_prompt": True,
    "return_progress": True,  # tells the prompt's tokens before the first word
    **ANSWER_ALONE,
}
"""What every such request asks for, beside its messages."""


async def events(lines: AsyncIterator[str]) -> AsyncGenerator[Piece | Stopped, None]:
    """The pieces as they come, `Stopped` last; raises EngineInterruptedError where the stream says it broke."""
    prompt_tokens = 0
    why = "eos"
    async for line in lines:
        if line.startswith("error: "):
            raise EngineInterruptedError(INTERRUPTED)
        if not line.startswith("data: {"):
            continue
        event = json.loads(line.removeprefix("data: "))
        if "error" in event:
            raise EngineInterruptedError(INTERRUPTED)
        progress = event.get("prompt_progress") or {}
        prompt_tokens = int(progress.get("total", prompt_tokens))
        for choice in event["choices"]:
            text = str(choice["delta"].get("content") or "")
            is_reading = progress.get("processed", 0) < progress.get("total", 0)
            # An empty piece says that the engine still reads or thinks; one just before the first word would delay it.
            if text or is_reading or choice["delta"].get("reasoning_content"):
                yield Piece(text=text, prompt_tokens=prompt_tokens)
            if choice["finish_reason"]:
                why = "limit" if choice["finish_reason"] == "length" else "eos"
        if "timings" in event:
            yield stopped(event["timings"], why=why)


def stopped(timings: Mapping[str, Any], *, why: str, word: str = "", prompt_tokens: int | None = None) -> Stopped:
    """What llama-server tells at the end of an answer, in our words."""
    cached, read = int(timings.get("cache_n", 0)), int(timings.get("prompt_n", 0))
    return Stopped(
        why=why,
        word=word,
        prompt_tokens=cached + read if prompt_tokens is None else prompt_tokens,
        cached_tokens=cached,
        tokens=int(timings.get("predicted_n", 0)),
        prompt_seconds=float(timings.get("prompt_ms", 0.0)) / 1000,
        seconds=float(timings.get("predicted_ms", 0.0)) / 1000,
    )
