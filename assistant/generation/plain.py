"""A model's own words: text, JSON of a given form, and calls of tools, each step held to its form by a grammar."""

import json
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from assistant.engine.completion import TextEngine
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.sampling import options
from assistant.engine.thoughts import answer_of
from assistant.generation.events import (
    Begun,
    CallArguments,
    CallBegun,
    Choice,
    Ended,
    Happening,
    Text,
    TokenChance,
    Usage,
)
from assistant.generation.forms import enforced
from assistant.generation.request import Generation, Tool
from assistant.generation.tools import (
    ARGUMENTS_COME,
    CALL_ENDS,
    CALL_OPEN,
    CALL_OR_ANSWER,
    MORE_OR_END,
    MOST_CALLS,
    NAME_COMES,
    arguments_schema,
    messages_of,
    names_grammar,
)


async def written(engine: TextEngine, generation: Generation) -> AsyncGenerator[Happening, None]:
    """What the model writes, ending with `Ended`; raises the engine's errors."""
    writing = _Writing(engine, generation, None if _is_one_step(generation) else await prompt_of(engine, generation))
    asks_for_words = not generation.tools or generation.tool_choice == "none"
    steps = writing.words() if asks_for_words else writing.words_and_calls()
    begun = False
    async with aclosing(steps):
        async for happening in steps:
            if not begun:
                begun = True
                yield Begun(prompt_tokens=writing.prompt_tokens)
            yield happening


def _is_one_step(generation: Generation) -> bool:
    """Whether it is a conversation and nothing else, which the engine renders and continues in one request."""
    return (
        generation.prompt is None
        and not generation.prefill
        and not (generation.tools and generation.tool_choice != "none")
        and generation.schema is None
        and generation.logprobs is None
        and not generation.sampling.stop
    )


async def prompt_of(engine: TextEngine, generation: Generation) -> str | tuple[int, ...]:
    """What the model reads: a text, or the tokens that the program sent."""
    if generation.prompt is not None:
        return generation.prompt
    return await engine.render(messages_of(generation)) + generation.prefill


class _Writing:
    """One answer that grows in one or more steps; each step continues the text of those before it."""

    def __init__(self, engine: TextEngine, generation: Generation, prompt: str | tuple[int, ...] | None) -> None:
        """Without a prompt there is one step, which begins with the conversation as it was said."""
        self._engine = engine
        self._generation = generation
        self._prompt = prompt
        self._usage = Usage()
        self.prompt_tokens = 0
        self._stopped: Stopped | None = None
        self._is_continued = generation.prompt is not None or bool(generation.prefill)

    async def words(self) -> AsyncGenerator[Happening, None]:
        """Text, or JSON where a form is given."""
        schema = self._generation.schema
        form = {} if schema is None else {"json_schema": enforced(schema) or {"type": "object"}}
        async with aclosing(self._step({**form, **self._chances()})) as pieces:
            async for piece in pieces:
                yield _text(piece)
        yield self._ended()

    async def words_and_calls(self) -> AsyncGenerator[Happening, None]:
        """Words until the model begins a call, where it may choose; then one call, or several.

        Where the answer has a form, there are no words before a call: there is the one or the other.
        """
        if self._generation.tool_choice == "auto" and self._generation.schema is not None:
            if not await self._begins_with_call():
                async with aclosing(self.words()) as words:
                    async for happening in words:
                        yield happening
                return
        elif self._generation.tool_choice == "auto":
            stops = [*self._generation.sampling.stop, CALL_OPEN]
            async with aclosing(self._step({"stop": stops, **self._chances()})) as pieces:
                async for piece in pieces:
                    yield _text(piece)
            if self._last().word != CALL_OPEN:
                yield self._ended()
                return
        index = 0
        goes_on = not self._is_full()
        while goes_on:
            async with aclosing(self._call(index)) as happenings:
                async for happening in happenings:
                    yield happening
            index += 1
            goes_on = self._generation.several_calls and index < MOST_CALLS and await self._calls_again()
        yield self._ended(calls=index > 0)

    async def _begins_with_call(self) -> bool:
        """Whether the model would rather call than answer: its first token tells, which is then forgotten."""
        before = self._prompt
        token = await self._whole({"grammar": CALL_OR_ANSWER, "stop": [], "n_predict": 1})
        self._prompt = before
        self._stopped = replace(self._last(), why="eos")
        self._usage = replace(self._usage, completion=0)
        return token.startswith(CALL_OPEN[0])

    async def _call(self, index: int) -> AsyncGenerator[Happening, None]:
        self._add(NAME_COMES)
        tool = await self._chosen_tool()
        if tool is None:
            return
        self._add(ARGUMENTS_COME)
        yield CallBegun(index=index, id=f"call_{secrets.token_hex(12)}", name=tool.name)
        async with aclosing(self._step({"json_schema": enforced(arguments_schema(tool)), "stop": []})) as pieces:
            async for piece in pieces:
                yield CallArguments(index=index, text=piece.text)
        self._add(CALL_ENDS)

    async def _chosen_tool(self) -> Tool | None:
        """The tool that the model names; None where the answer's room ended in the middle of the name."""
        tools = {tool.name: tool for tool in self._generation.tools}
        if len(tools) == 1:
            only = next(iter(tools.values()))
            self._add(json.dumps(only.name))
            return only
        name = await self._whole({"grammar": names_grammar(self._generation.tools), "stop": []})
        return None if self._is_full() else tools[json.loads(name)]

    async def _calls_again(self) -> bool:
        if self._is_full():
            return False
        before = self._prompt
        more = await self._whole({"grammar": MORE_OR_END, "stop": []})
        self._prompt = before if more else self._prompt
        if more:
            self._add("\n")
        return bool(more) and not self._is_full()

    async def _whole(self, form: Mapping[str, Any]) -> str:
        async with aclosing(self._step(form)) as pieces:
            return "".join([piece.text async for piece in pieces])

    async def _step(self, form: Mapping[str, Any]) -> AsyncGenerator[Piece, None]:
        room = self._room()
        given = {**options(self._generation.sampling), "n_predict": -1 if room is None else room, **form}
        if self._prompt is None:
            stream = self._engine.converse(messages_of(self._generation), given)
        else:
            stream = self._engine.extend(self._prompt, given)
        is_held = "grammar" in form or "json_schema" in form
        async with aclosing(stream if is_held or self._is_continued else answer_of(stream)) as events:
            async for event in events:
                self.prompt_tokens = self.prompt_tokens or event.prompt_tokens
                if isinstance(event, Stopped):
                    self._note(event)
                elif event.text or event.probabilities:
                    self._add(event.text)
                    yield event

    def _add(self, text: str) -> None:
        if isinstance(self._prompt, str):
            self._prompt += text

    def _note(self, stopped: Stopped) -> None:
        before, is_first = self._usage, self._stopped is None
        self._stopped = stopped
        self._usage = Usage(
            prompt=stopped.prompt_tokens if is_first else before.prompt,
            cached=stopped.cached_tokens if is_first else before.cached,
            completion=before.completion + stopped.tokens,
            prompt_seconds=before.prompt_seconds + stopped.prompt_seconds,
            completion_seconds=before.completion_seconds + stopped.seconds,
        )

    def _last(self) -> Stopped:
        assert self._stopped is not None  # noqa: S101 - a step ends with `Stopped` or raises
        return self._stopped

    def _is_full(self) -> bool:
        """Whether the answer is as long as it may be."""
        return self._stopped is not None and (self._stopped.why == "limit" or self._room() == 0)

    def _room(self) -> int | None:
        limit = self._generation.max_tokens
        return None if limit is None else max(0, limit - self._usage.completion)

    def _chances(self) -> dict[str, Any]:
        logprobs = self._generation.logprobs
        return {} if logprobs is None else {"n_probs": max(1, logprobs)}

    def _ended(self, *, calls: bool = False) -> Ended:
        last = self._last()
        if last.why == "limit":
            return Ended(reason="length", usage=self._usage)
        if calls:
            return Ended(reason="calls", usage=self._usage)
        if last.word == CALL_OPEN:  # a call was to come, and there was no more room for it
            return Ended(reason="length", usage=self._usage)
        return Ended(reason="stop", stopped_by=last.word or None, usage=self._usage)


def _text(piece: Piece) -> Text:
    return Text(text=piece.text, choices=tuple(_choice(one) for one in piece.probabilities))


def _choice(told: Mapping[str, Any]) -> Choice:
    chosen = _chance(told)
    others: Sequence[Mapping[str, Any]] = told.get("top_logprobs") or ()
    return Choice(
        token=chosen.token, raw=chosen.raw, logprob=chosen.logprob, others=tuple(_chance(one) for one in others)
    )


def _chance(told: Mapping[str, Any]) -> TokenChance:
    return TokenChance(token=str(told["token"]), raw=tuple(map(int, told["bytes"])), logprob=float(told["logprob"]))
