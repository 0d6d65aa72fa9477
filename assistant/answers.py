"""Answers: search, decide from what was found whether there is an answer, and let the engine word it with citations."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.clock import Clock
from assistant.documents import Document, Findings, Status
from assistant.draft import Draft
from assistant.engine.binding import Tokenizer
from assistant.engine.client import CAREFUL, Engine
from assistant.engine.errors import (
    EngineError,
    EngineInterruptedError,
    EngineRefusedError,
    EngineUnavailableError,
)
from assistant.engine.place import Computed, OnPlace, untold
from assistant.engine.sampling import Sampling
from assistant.errors import QueueFullError, TookTooLongError
from assistant.events import Done, Event, Failed, Retrieved, Token
from assistant.follow_ups import better, search_texts
from assistant.identifiers import DocumentId, ShelfId
from assistant.prompt import Prompt, Turn, fitting_prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSettings:
    """How much is searched, read and said for one answer, and how long each part may take."""

    context_tokens: int = 2048
    """What the model can read at once, its answer included."""
    answer_tokens: int = 160
    """The longest answer."""
    search_limit: int = 8
    """Passages that are searched for and shown."""
    most_passages: int = 2
    """Passages that the model is given at most; a very small model loses itself in more."""
    least_score: float = 0.6
    """Less good ones, against the best, are not worth the minutes that an old PC reads them for: on XQuAD English the
    second passage then holds an answer that the first lacks in 1 of 178 questions; above that, in 19 of 130."""
    numbered_passages: bool = False
    """Whether the model may name passages by number; without numbers, the server finds what carries each sentence."""
    search_seconds: float = 30.0
    first_piece_seconds: float = 900.0
    """The prompt is read before the first word comes, which takes long on an old PC."""
    next_piece_seconds: float = 120.0


class Searchable(Protocol):
    """What answers need of the library."""

    def documents(self, shelves: Sequence[ShelfId]) -> list[Document]:
        """All documents on these shelves."""
        ...

    async def search(self, text: str, shelves: Sequence[ShelfId], limit: int = 10) -> Findings:
        """The passages on these shelves that fit the text best."""
        ...


class Bounds(Protocol):
    """What answers need of the shelves."""

    def are_bound(self, *, documents: Collection[DocumentId], shelves: Collection[ShelfId]) -> bool:
        """Whether words of these documents, or of anything on these shelves, may not leave this box."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A question that was searched for: either the prompt that the engine gets, or what is said without it."""

    question: str
    findings: Findings
    prompt: Prompt | None
    notice: str
    earlier: tuple[DocumentId, ...] = ()
    """On which the answers rest that were given before in this chat, as the model may repeat their words."""
    stays_here: bool = False
    """Whether no other node may compute the answer."""


class Answers:
    """Answers questions from the shelves that the asker may read."""

    def __init__(
        self,
        *,
        library: Searchable,
        engine: Engine,
        tokenizer: Tokenizer,
        clock: Clock,
        settings: AnswerSettings,
        bounds: Bounds,
    ) -> None:
        self._library = library
        self._bounds = bounds
        self._engine = engine
        self._tokenizer = tokenizer
        self._clock = clock
        self._settings = settings

    def settle(self, *, tokenizer: Tokenizer, settings: AnswerSettings) -> None:
        """From now on, word prompts for another model."""
        self._tokenizer, self._settings = tokenizer, settings

    def over(self, library: Searchable) -> "Answers":
        """The same answers, as they are worded at this moment, from another library, such as one file of it."""
        return Answers(
            library=library,
            engine=self._engine,
            tokenizer=self._tokenizer,
            clock=self._clock,
            settings=self._settings,
            bounds=self._bounds,
        )

    async def prepare(
        self, question: str, shelves: Sequence[ShelfId], turns: Sequence[Turn] = (), *, instructions: str = ""
    ) -> Prepared:
        """Search, and word the prompt; raises `QuestionTooLongError` or `TookTooLongError`.

        `instructions` are those of the program that asks; they stand before everything else.
        """
        try:
            async with asyncio.timeout(self._settings.search_seconds):
                findings = await self._found(question, shelves, turns)
        except TimeoutError as error:
            message = "Searching your files took too long. The box is very busy; wait a moment and ask again."
            raise TookTooLongError(message) from error
        if not findings.answerable or not findings.passages:
            return Prepared(
                question=question,
                findings=findings,
                prompt=None,
                notice=nothing_found(self._library.documents(shelves)),
            )
        prompt = fitting_prompt(
            question,
            findings.passages,
            turns,
            instructions=instructions,
            count_tokens=self._tokenizer.render,
            plain=self._tokenizer.plain,
            room_tokens=self._settings.context_tokens - self._settings.answer_tokens,
            most_passages=self._settings.most_passages,
            least_score=self._settings.least_score,
            numbered=self._settings.numbered_passages,
        )
        return Prepared(
            question=question,
            findings=findings,
            prompt=prompt,
            notice="",
            earlier=tuple(sorted({document for turn in turns for document in turn.documents or ()})),
            stays_here=self._bounds.are_bound(
                documents=_rests_on(prompt, turns),
                shelves=shelves if any(turn.documents is None for turn in turns) else (),
            ),
        )

    async def _found(self, question: str, shelves: Sequence[ShelfId], turns: Sequence[Turn]) -> Findings:
        """The passages that fit; a follow-up is searched for with what it is about and by itself, at once."""
        limit = self._settings.search_limit
        searches = (self._library.search(text, shelves, limit) for text in search_texts(question, turns))
        joined, *alone = await asyncio.gather(*searches)
        return better(question, joined, alone[0], limit) if alone else joined

    async def stream(
        self,
        prepared: Prepared,
        *,
        line: str = "",
        max_tokens: int | None = None,
        sampling: Sampling | None = None,
        on_place: OnPlace = untold,
    ) -> AsyncGenerator[Event, None]:
        """The answer as it comes, ending with `Done` or `Failed`. Closing the generator stops the engine's work.

        `line` is where the question waits for the engine; `max_tokens` and `sampling` are what a program wishes;
        `on_place` is told where it is computed, before the first word.
        """
        started = self._clock.monotonic()
        prompt = prepared.prompt
        yield Retrieved(passages=prepared.findings.passages, found=prompt is not None)
        retrieved = len(prepared.findings.passages)
        if prompt is None:
            yield Token(text=prepared.notice)
            seconds = self._clock.monotonic() - started
            yield Done(answer=prepared.notice, retrieved=retrieved, seconds=seconds)
            return
        draft = Draft(prepared.question, prompt.passages)
        tokens = 0
        places: list[Computed] = []

        def note(computed: Computed) -> None:
            places.append(computed)
            on_place(computed)

        try:
            async with aclosing(self._pieces(prepared, line, max_tokens, sampling or CAREFUL, note)) as pieces:
                async for piece in pieces:
                    tokens += 1
                    for event in draft.feed(piece):
                        yield event
                    if draft.leads_nowhere:
                        break
        except (EngineError, TookTooLongError, QueueFullError) as error:
            yield failure(error)
            return
        for event in draft.finish():
            yield event
        yield Done(
            answer=draft.text,
            citations=draft.citations,
            retrieved=retrieved,
            fitted=len(prompt.passages),
            dropped=prompt.dropped,
            weaker=prompt.weaker,
            dropped_turns=prompt.dropped_turns,
            withheld=draft.withheld,
            seconds=self._clock.monotonic() - started,
            tokens=tokens,
            computed_on=places[-1] if places else None,
        )

    async def _pieces(
        self, prepared: Prepared, line: str, max_tokens: int | None, sampling: Sampling, on_place: OnPlace
    ) -> AsyncGenerator[str, None]:
        settings = self._settings
        assert prepared.prompt is not None  # noqa: S101 - without one nothing is asked of the engine
        longest = settings.answer_tokens if max_tokens is None else min(max_tokens, settings.answer_tokens)
        if sampling.temperature is None:
            sampling = replace(sampling, temperature=CAREFUL.temperature)
        stream = self._engine.complete(
            prepared.prompt.messages,
            max_tokens=longest,
            sampling=sampling,
            line=line,
            on_place=on_place,
            stays_here=prepared.stays_here,
        )
        deadline_seconds = settings.first_piece_seconds
        try:
            while True:
                async with asyncio.timeout(deadline_seconds):
                    piece = await anext(stream, None)
                if piece is None:
                    return
                yield piece
                deadline_seconds = settings.next_piece_seconds
        except TimeoutError as error:
            message = "The language model took too long. The box is very busy; wait a moment and ask again."
            raise TookTooLongError(message) from error
        finally:
            await _close(stream)


def _rests_on(prompt: Prompt, turns: Sequence[Turn]) -> frozenset[DocumentId]:
    """The documents whose words the model reads, in the passages or in what was answered before."""
    before = (document for turn in turns for document in turn.documents or ())
    copies = (copy.document_id for passage in prompt.passages for copy in passage.also)
    return frozenset({*(passage.document_id for passage in prompt.passages), *copies, *before})


def nothing_found(documents: Sequence[Document]) -> str:
    """The plain sentence for a question that the files do not answer."""
    if not documents:
        return "There are no files here yet. Add files, and ask again."
    unread = sum(document.status in {Status.QUEUED, Status.READING} for document in documents)
    if unread:
        return (
            f"Nothing that was read so far answers this; {unread} of {len(documents)} files are still being read. "
            "Ask again in a moment."
        )
    return "Nothing in your files answers this. The passages that come nearest are shown with this answer."


def failure(error: EngineError | TookTooLongError | QueueFullError) -> Failed:
    """The event that tells a person why an answer ended early."""
    match error:
        case QueueFullError():
            return Failed(code=error.code, message=str(error), wait_seconds=error.wait_seconds)
        case EngineUnavailableError():
            code = "engine_unavailable"
        case EngineInterruptedError():
            code = "engine_interrupted"
        case EngineRefusedError():
            code = "engine_refused"
        case TookTooLongError():
            code = error.code
        case _:
            code = "engine_failed"
    return Failed(code=code, message=str(error))


async def _close(stream: AsyncIterator[str]) -> None:
    """Stop a generation that may still go on."""
    if isinstance(stream, AsyncGenerator):
        await stream.aclose()
