"""A question within a chat: what was said before goes in, and what is answered is kept, however the answer ends."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict, dataclass

from assistant.answers import Answers, Prepared
from assistant.chats import Chats, Sources, turns_of
from assistant.citations import Citation
from assistant.engine.place import Computed
from assistant.errors import ChatNotFoundError
from assistant.events import Cited, Done, Event, Failed, Retrieved, Token
from assistant.identifiers import ChatId, PersonId, ShelfId


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The last event: the answer is stored under this id, and `ending` says how it ended."""

    message_id: str
    ending: Done | Failed


class Conversation:
    """Joins the chats and the answers."""

    def __init__(self, *, chats: Chats, answers: Answers) -> None:
        self._chats = chats
        self._answers = answers

    async def prepare(self, chat_id: ChatId, person_id: PersonId, text: str, shelves: Sequence[ShelfId]) -> Prepared:
        """Search for the question and keep it.

        Raises `ChatNotFoundError`, `QuestionTooLongError` or `TookTooLongError`; the question is then not kept.
        """
        turns = turns_of(self._chats.messages(chat_id, person_id))
        prepared = await self._answers.prepare(text, shelves, turns)
        self._chats.add_question(chat_id, person_id, text)
        return prepared

    async def stream(
        self, chat_id: ChatId, person_id: PersonId, prepared: Prepared
    ) -> AsyncGenerator[Event | Kept, None]:
        """The answer as it comes; where it breaks off, or nobody listens any more, what came is kept as interrupted."""
        words: list[str] = []
        citations: list[Citation] = []
        ending: Done | Failed | None = None
        kept = ""
        try:
            async with aclosing(self._answers.stream(prepared, line=person_id)) as events:
                async for event in events:
                    match event:
                        case Token(text=text):
                            words.append(text)
                        case Cited(citation=citation):
                            citations.append(citation)
                        case Done() | Failed():
                            ending = event
                            continue
                        case Retrieved():
                            pass
                    yield event
        finally:
            # Also when the listener went away; a chat that was deleted meanwhile keeps nothing.
            with suppress(ChatNotFoundError):
                kept = self._chats.add_answer(
                    chat_id,
                    person_id,
                    "".join(words),
                    citations=citations,
                    sources=sources_of(prepared, ending.computed_on if isinstance(ending, Done) else None),
                    interrupted=not isinstance(ending, Done),
                )
        if ending is not None:
            yield Kept(message_id=kept, ending=ending)


def sources_of(prepared: Prepared, computed_on: Computed | None = None) -> Sources:
    """What stands beside the stored answer: the passages, how many of them the model read, and where it computed.

    In `earlier` are the documents on which the answers before it rest; one that went through many files has a place
    of computing for each in `places`.
    """
    prompt = prepared.prompt
    return {
        "found": prompt is not None,
        "retrieved": len(prepared.findings.passages),
        "fitted": len(prompt.passages) if prompt else 0,
        "dropped": prompt.dropped if prompt else 0,
        "weaker": prompt.weaker if prompt else 0,
        "dropped_turns": prompt.dropped_turns if prompt else 0,
        "passages": [asdict(passage) for passage in prepared.findings.passages],
        "earlier": list(prepared.earlier),
        "computed_on": asdict(computed_on) if computed_on else None,
    }
