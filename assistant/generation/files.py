"""The virtual model `hearth`: answers from the files that the asker may read, with citations and readable sources."""

import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from assistant.answers import Answers, Prepared
from assistant.citations import Citation
from assistant.errors import QueueFullError
from assistant.events import Cited, Done, Failed, Retrieved, Token
from assistant.generation.errors import EngineAwayError, UnfitRequestError
from assistant.generation.events import Begun, Broken, Ended, FileQuoted, FilesRead, Happening, Text, Usage
from assistant.generation.request import Asker, Generation, Said
from assistant.prompt import Turn


async def answered(answers: Answers, generation: Generation, asker: Asker) -> AsyncGenerator[Happening, None]:
    """The answer from the asker's files; raises `UnfitRequestError`, or why it could not begin."""
    prepared, unpaired = await _prepared(answers, generation, asker)
    prompt_tokens = prepared.prompt.tokens if prepared.prompt else 0
    begun = False
    async with aclosing(
        answers.stream(
            prepared,
            line=asker.line,
            max_tokens=generation.max_tokens,
            sampling=generation.sampling,
            on_place=asker.on_place,
        )
    ) as events:
        async for event in events:
            match event:
                case Token(text=text):
                    if not begun:
                        begun = True
                        yield Begun(prompt_tokens=prompt_tokens)
                    yield Text(text=text)
                case Cited(citation=citation):
                    yield FileQuoted(citation=citation)
                case Failed():
                    if not begun:
                        raise _error(event)
                    yield Broken(code=event.code, message=event.message)
                case Done():
                    if event.citations:
                        yield Text(text=sources(event.citations))
                    yield FilesRead(
                        found=prepared.prompt is not None,
                        retrieved=event.retrieved,
                        fitted=event.fitted,
                        dropped=event.dropped,
                        weaker=event.weaker,
                        dropped_turns=event.dropped_turns + unpaired,
                        withheld=event.withheld,
                    )
                    was_cut = generation.max_tokens is not None and event.tokens >= generation.max_tokens
                    usage = Usage(prompt=prompt_tokens, completion=event.tokens, completion_seconds=event.seconds)
                    yield Ended(reason="length" if was_cut else "stop", usage=usage, computed_on=event.computed_on)
                case Retrieved():
                    pass


async def counted(answers: Answers, generation: Generation, asker: Asker) -> int:
    """Tokens of the prompt, passages included; 0 where the files hold no answer, so that no model is asked."""
    prepared, _ = await _prepared(answers, generation, asker)
    return prepared.prompt.tokens if prepared.prompt else 0


async def _prepared(answers: Answers, generation: Generation, asker: Asker) -> tuple[Prepared, int]:
    """The prepared answer, and how many earlier turns are no question with its answer, so that no model reads them."""
    _refuse_unfit(generation)
    question, turns, instructions = conversation_of(generation)
    before = sum(said.role != "system" for said in generation.said[:-1])
    unpaired = max(0, before - 2 * len(turns))
    return await answers.prepare(question, asker.shelves, turns, instructions=instructions), unpaired


def conversation_of(generation: Generation) -> tuple[str, tuple[Turn, ...], str]:
    """The question, what was asked and answered before it, and the program's instructions."""
    if isinstance(generation.prompt, str):
        return generation.prompt, (), ""
    spoken = [said for said in generation.said if said.role in {"user", "assistant"}]
    if not spoken or spoken[-1].role != "user" or not spoken[-1].text.strip():
        raise UnfitRequestError("messages", "The model “hearth” answers a question: end with a message of the user.")
    instructions = "\n\n".join(said.text for said in generation.said if said.role == "system")
    return spoken[-1].text, tuple(_turns(spoken[:-1])), instructions


def sources(citations: Sequence[Citation]) -> str:
    """The sources as a person reads them, for programs that show nothing but text."""
    lines = [
        f"[{citation.marker}] {citation.file}, page {citation.page}: “{' '.join(citation.text.split())}”"
        for citation in citations
    ]
    return "\n".join(["\n\nSources:", *lines])


def _turns(spoken: Sequence[Said]) -> list[Turn]:
    return [
        Turn(question=asked.text, answer=told.text)
        for asked, told in itertools.pairwise(spoken)
        if asked.role == "user" and told.role == "assistant"
    ]


def _refuse_unfit(generation: Generation) -> None:
    wanted = {
        "tools": generation.tools and generation.tool_choice != "none",
        "response_format": generation.schema is not None,
        "logprobs": generation.logprobs is not None,
        "documents": generation.documents,
        "prefill": generation.prefill,
        "prompt": generation.prompt is not None and not isinstance(generation.prompt, str),
    }
    for field, is_wanted in wanted.items():
        if is_wanted:
            message = f"The model “hearth” answers from your files in words, and takes no {field}. Leave it out."
            raise UnfitRequestError(field, message)


def _error(failed: Failed) -> Exception:
    if failed.wait_seconds is not None:
        return QueueFullError(wait_seconds=failed.wait_seconds, own=False)
    return EngineAwayError(failed.message)
