"""Quotes the documents of a request: each sentence of an answer that one of them carries is followed by its place."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from assistant.citations import cited
from assistant.documents import Passage
from assistant.generation.events import DocumentQuoted, Ended, Happening, Text
from assistant.generation.request import Document, Generation
from assistant.grounds import carrying_passage
from assistant.identifiers import DocumentId
from assistant.sentences import sentences


async def quoted(
    happenings: AsyncGenerator[Happening, None], generation: Generation
) -> AsyncGenerator[Happening, None]:
    """The same happenings, with text told a sentence at a time and followed by the words that carry it.

    How the program began the answer belongs to the first sentence, and is not told again.
    """
    quoter = _Quoter(generation.question, generation.documents, generation.prefill)
    async with aclosing(happenings):
        async for happening in happenings:
            match happening:
                case Text(text=text):
                    for shown in quoter.lengthen(text):
                        yield shown
                case Ended():
                    for shown in quoter.finish():
                        yield shown
                    yield happening
                case _:
                    yield happening


class _Quoter:
    def __init__(self, question: str, documents: Sequence[Document], prefill: str) -> None:
        self._question = question
        self._passages = [_as_passage(document) for document in documents]
        self._sentence = ""
        begun = sentences(prefill)
        self._before = prefill[begun[-1][0] :] if begun else ""

    def lengthen(self, text: str) -> list[Happening]:
        """The sentence grows; each one that the next has begun after is told."""
        told: list[Happening] = []
        self._sentence += text
        while len(spans := sentences(self._sentence)) > 1:
            following = spans[1][0]
            ended, self._sentence = self._sentence[:following], self._sentence[following:]
            told += self._quote(ended)
        return told

    def finish(self) -> list[Happening]:
        ended, self._sentence = self._sentence, ""
        return self._quote(ended) if ended else []

    def _quote(self, sentence: str) -> list[Happening]:
        told: list[Happening] = [Text(text=sentence)]
        claim = (self._before + sentence).strip()
        self._before = ""
        number = carrying_passage(claim, self._question, self._passages)
        if number:
            citation = cited(number, self._passages[number - 1], claim)
            told.append(DocumentQuoted(document=number - 1, start=citation.start, end=citation.end, text=citation.text))
        return told


def _as_passage(document: Document) -> Passage:
    return Passage(
        document_id=DocumentId(""),
        file=document.title,
        page=1,
        start=0,
        end=len(document.text),
        text=document.text,
        heading="",
        score=0.0,
        best=None,
    )
