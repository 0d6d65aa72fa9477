"""What models think before they answer: they are asked not to, and what they think all the same is no answer."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final

from assistant.engine.pieces import Piece, Stopped

UNTHOUGHT: Final[Mapping[str, Any]] = {"chat_template_kwargs": {"enable_thinking": False}}
"""Asks a template that lets models think aloud for one that does not; others take no notice."""
ANSWER_ALONE: Final[Mapping[str, Any]] = {**UNTHOUGHT, "reasoning_format": "auto", "reasoning_budget_tokens": 0}
"""The same of a conversation that llama-server renders itself: it ends thoughts as they begin, and tells them apart."""

_BEGINNINGS: Final = {"<think>": "</think>", "[THINK]": "[/THINK]"}
_ENDED_AT_ONCE: Final = {
    "<think>": "\n</think>\n\n",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|start|>assistant": "<|channel|>final<|message|>",  # gpt-oss writes in channels; its answer is the final one
}


def answering(prompt: str) -> str:
    """A rendered conversation with no room left for thoughts, where its template leaves the model in them."""
    trimmed = prompt.rstrip()
    end = next((end for begins, end in _ENDED_AT_ONCE.items() if trimmed.endswith(begins)), "")
    return trimmed + end if end else prompt


async def answer_of(pieces: AsyncGenerator[Piece | Stopped, None]) -> AsyncGenerator[Piece | Stopped, None]:
    """The pieces without the thoughts with which they may begin; closing this closes them."""
    held: list[Piece] = []
    after: str | None = None
    is_answer = False
    async with aclosing(pieces):
        async for piece in pieces:
            if is_answer:
                yield piece
            elif isinstance(piece, Stopped):
                for one in held if after is None else ():
                    yield one
                yield piece
            else:
                held.append(piece)
                after = _after_thoughts(held)
                is_answer = bool(after) or (after is None and not _may_begin_thoughts(held))
                for one in () if not is_answer else [replace(piece, text=after)] if after else held:
                    yield one


def _after_thoughts(held: list[Piece]) -> str | None:
    """What follows the thoughts, empty as long as they last; None where there are none."""
    text = "".join(piece.text for piece in held).lstrip()
    for begins, ends in _BEGINNINGS.items():
        if text.startswith(begins):
            return text.partition(ends)[2].lstrip()
    return None


def _may_begin_thoughts(held: list[Piece]) -> bool:
    text = "".join(piece.text for piece in held).lstrip()
    return any(begins.startswith(text) for begins in _BEGINNINGS)
