"""The prompt: which passages and earlier turns stand before the question, so that all fits the model's context."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.chunks import LIMIT_CHARACTERS
from assistant.documents import Passage
from assistant.engine.message import Message
from assistant.errors import QuestionTooLongError
from assistant.identifiers import DocumentId

CountTokens = Callable[[Sequence[Message]], int]
Plain = Callable[[str], str]
"""Breaks up what would be a sign of the chat template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question that was asked before in this chat, and its answer."""

    question: str
    answer: str
    documents: tuple[DocumentId, ...] | None = None
    """Those that the answer may rest on; None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What the model reads; passage `n` of `passages` is the one that it may name as `[n]`."""

    messages: tuple[Message, ...]
    passages: tuple[Passage, ...]
    dropped: int
    """Passages that were found and that the model does not read."""
    weaker: int
    """Those of them that are left out as they fit the question far less than the best one."""
    dropped_turns: int
    """Earlier turns that the model does not read, as they do not fit."""
    tokens: int


def fitting_prompt(
    question: str,
    found: Sequence[Passage],
    turns: Sequence[Turn] = (),
    *,
    count_tokens: CountTokens,
    plain: Plain = str,
    room_tokens: int,
    most_passages: int,
    least_score: float = 0.0,
    numbered: bool = False,
    instructions: str = "",
) -> Prompt:
    """The best passages, then the latest turns, whole ones only, as many as `room_tokens` holds.

    Passages whose score is less than `least_score` of the best one's are left out.

    What is said in files, questions and answers goes through `plain`: a file that writes down how a turn ends would
    else speak as somebody else from there on.

    `instructions` of a program stand before everything. `numbered` passages can be named as `[1]`; a very small model
    is only confused by the numbers. Joined passages count as what they were joined from, so a prompt does not grow.

    Raises `QuestionTooLongError` where the question and the best passage do not fit together.
    """
    before = (Message(role="system", text=instructions),) if instructions else ()

    def words(passages: Sequence[Passage]) -> tuple[Message, ...]:
        return (*before, *worded(question, passages, numbered=numbered, plain=plain))

    fitted: list[Passage] = []
    strong = [one for one in found if one.score >= least_score * found[0].score]
    for passage in strong:
        if _is_room([*fitted, passage], most_passages) and count_tokens(words([*fitted, passage])) <= room_tokens:
            fitted.append(passage)
        elif not fitted:
            question_tokens = count_tokens(words(()))
            passage_tokens = count_tokens(words([passage])) - question_tokens
            raise QuestionTooLongError(question_tokens=question_tokens, room_tokens=room_tokens - passage_tokens)
    messages = worded(question, fitted, numbered=numbered, plain=plain)
    read_turns = 0
    for turn in reversed(turns):
        longer = (*before, *_said(turn, plain), *messages)
        if count_tokens(longer) > room_tokens:
            break
        messages = longer[len(before) :]
        read_turns += 1
    messages = (*before, *messages)
    return Prompt(
        messages=messages,
        passages=tuple(fitted),
        dropped=len(found) - len(fitted),
        weaker=len(found) - len(strong),
        dropped_turns=len(turns) - read_turns,
        tokens=count_tokens(messages),
    )


def _is_room(passages: Sequence[Passage], most: int) -> bool:
    short_enough = sum(len(passage.text) for passage in passages) <= most * LIMIT_CHARACTERS
    return len(passages) <= most and (short_enough or len(passages) == 1)


def worded(
    question: str, passages: Sequence[Passage], *, numbered: bool = False, plain: Plain = str
) -> tuple[Message, ...]:
    """The question below its passages, in the few plain words that a very small model follows best."""
    texts = [f"[{number}] {passage.text}" if numbered else passage.text for number, passage in enumerate(passages, 1)]
    context = "\n\n".join(texts)
    return (Message(role="user", text=plain(f"Context:\n{context}\n\nQuestion: {question}")),)


def _said(turn: Turn, plain: Plain) -> tuple[Message, Message]:
    return Message(role="user", text=plain(turn.question)), Message(role="assistant", text=plain(turn.answer))
