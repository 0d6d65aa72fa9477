"""What the product found for one question, compared with where the answer is known to stand."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.documents import Findings, Passage
from assistant.identifiers import ShelfId
from assistant.language import language_of
from assistant.sentences import sentences
from assistant.stop_words import Language
from assistant.terms import question_terms
from tests.eval.measures import ndcg
from tests.eval.sets import Question
from tests.eval.shelves import Filled

_DEEP = 50
_PAGES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One question; None where the set does not know what would be right."""

    id: str
    question: str
    language: str
    is_held_out: bool
    gold: tuple[str, ...]
    found: tuple[str, ...]
    """The files of the first findings, each once, with the page of its best passage."""
    ndcg10: float
    file_top1: bool
    words_top1: bool
    """The same by the lexical index alone, which is BM25."""
    page_r5: bool | None
    sentence_top1: bool | None
    """Of questions whose file is found first: the marked sentence is one that carries the answer."""
    sentence_top1_all: bool | None
    """The same of all questions of which such sentences are known; wrong where another file is found first."""
    citation_holds_answer: bool | None
    """The passage that leads holds the answer's words."""
    answerable: bool
    refused_without: bool | None
    """Asked of everything but its own text, the product says that the answer is not there."""


async def outcome(question: Question, filled: Filled) -> Outcome:
    """Ask the library as a person would, and look at what it found."""
    shelves = _shelves(question, filled)
    findings = await filled.library.search(question.text, shelves, _DEEP)
    passages = findings.passages
    files = list(dict.fromkeys(filled.names[passage.document_id] for passage in passages))
    sentence_top1 = _sentence_right(question, filled, passages)
    return Outcome(
        id=question.id,
        question=question.text,
        language=question.language,
        is_held_out=question.is_held_out,
        gold=tuple(sorted(question.files)),
        found=tuple(_places(filled, passages)[:_PAGES]),
        ndcg10=ndcg(files, question.files),
        file_top1=bool(files) and files[0] in question.files,
        words_top1=_by_words(question, filled, shelves) in question.files,
        page_r5=_page_found(question, filled, passages) if question.pages else None,
        sentence_top1=sentence_top1,
        sentence_top1_all=bool(sentence_top1) if any(question.sentences.values()) else None,
        citation_holds_answer=_holds_answer(question, passages),
        answerable=findings.answerable,
        refused_without=await _refuses(question, filled, shelves),
    )


def _shelves(question: Question, filled: Filled) -> list[ShelfId]:
    """Everything in the language of the question; a set in one language has a single shelf."""
    languages = {name.split("/")[0] for name in question.files}
    same = [shelf for name, shelf in filled.shelves.items() if name.split("/")[0] in languages]
    everything = filled.shelves.values()
    return list(dict.fromkeys(same if all("/" in name for name in filled.shelves) else everything))


def _places(filled: Filled, passages: Sequence[Passage]) -> list[str]:
    return list(dict.fromkeys(f"{filled.names[passage.document_id]}#{passage.page}" for passage in passages))


def _page_found(question: Question, filled: Filled, passages: Sequence[Passage]) -> bool:
    wanted = {f"{file}#{page}" for file in question.files for page in question.pages}
    return bool(wanted & set(_places(filled, passages)[:_PAGES]))


def _by_words(question: Question, filled: Filled, shelves: Sequence[ShelfId]) -> str:
    hits = filled.lexical.search(
        question_terms(question.text, language_of(question.text) or Language.ENGLISH), shelves, 1
    )
    if not hits:
        return ""
    (candidate,) = filled.passages.candidates([hits[0].passage], shelves)
    return filled.names[candidate.passage.document_id]


def _sentence_right(question: Question, filled: Filled, passages: Sequence[Passage]) -> bool | None:
    """SciFact numbers the sentences of an abstract; the title stands before them in our file."""
    if not passages or passages[0].best is None:
        return None
    first, best = passages[0], passages[0].best
    file = filled.names[first.document_id]
    if file not in question.sentences:
        return None
    text = filled.library.page_text(first.document_id, first.page, [filled.shelves[file]])
    spans = sentences(text)[1:]
    gold = [spans[number] for number in question.sentences[file] if number < len(spans)]
    return any(best.start < end and start < best.end for start, end in gold)


def _holds_answer(question: Question, passages: Sequence[Passage]) -> bool | None:
    if not question.answer or question.pages or not question.files:
        return None
    return bool(passages) and question.answer.casefold() in passages[0].text.casefold()


async def _refuses(question: Question, filled: Filled, shelves: Sequence[ShelfId]) -> bool | None:
    own = {filled.shelves[file] for file in question.files if file in filled.shelves}
    others = [shelf for shelf in shelves if shelf not in own]
    if not others:
        return None
    findings: Findings = await filled.library.search(question.text, others, _PAGES)
    return not findings.answerable
