"""An answer while it grows: sentences that the files carry are shown with their citations, others are withheld."""

import re
from collections.abc import Iterable, Sequence

from assistant.citations import Citation, cited, content_words, telling_words
from assistant.documents import Passage
from assistant.events import Cited, Token
from assistant.grounds import carrying_passage
from assistant.markers import Marker, MarkerReader, Words
from assistant.sentences import sentences

_SPACE_BEFORE_STOP = re.compile(r"\s+(?=[.,;:!?])")
_MOST_REPEATS = 2
_MOST_ASTRAY = 2

Shown = list[Token | Cited]


class Draft:
    """Feed it the engine's pieces; it gives back what to show, a sentence at a time."""

    def __init__(self, question: str, passages: Sequence[Passage]) -> None:
        self._question = question
        self._passages = passages
        self._reader = MarkerReader(passages=len(passages))
        self._shown: list[str] = []
        self._citations: dict[int, Citation] = {}
        self._sentence = ""
        self._markers: list[int] = []
        self._said: list[frozenset[str]] = []
        self._repeats = 0
        self._astray = 0
        self.withheld = 0
        """Sentences that no passage carries, or that were said before."""

    @property
    def text(self) -> str:
        """All that was shown so far."""
        return "".join(self._shown)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The citations so far, in the order in which the answer names them."""
        return tuple(self._citations.values())

    @property
    def leads_nowhere(self) -> bool:
        """The model repeats itself or has left the passages, as very small ones do; there is no use in listening on."""
        return self._repeats >= _MOST_REPEATS or self._astray >= _MOST_ASTRAY

    def feed(self, piece: str) -> Shown:
        """What the next piece of the engine's text shows."""
        return self._take(self._reader.feed(piece))

    def finish(self) -> Shown:
        """What is still to be shown: the last sentence, or the found words themselves where nothing else was shown."""
        shown = self._take(self._reader.finish()) + self._end_sentence(self._sentence)
        if not self._shown and self._passages:
            shown += self._quote()
        return shown

    def _take(self, parts: Sequence[Words | Marker]) -> Shown:
        shown: Shown = []
        for part in parts:
            match part:
                case Marker(number=number):
                    self._markers.append(number)
                case Words(text=text):
                    shown += self._lengthen(text)
        return shown

    def _lengthen(self, text: str) -> Shown:
        """The sentence grows; each one that the next has begun after is at its end."""
        shown: Shown = []
        self._sentence += text
        while len(spans := sentences(self._sentence)) > 1:
            following = spans[1][0]
            ended, self._sentence = self._sentence[:following], self._sentence[following:]
            shown += self._end_sentence(ended)
        return shown

    def _end_sentence(self, text: str) -> Shown:
        claim = _SPACE_BEFORE_STOP.sub("", text).strip()
        markers, self._markers = self._markers, []
        if not claim:
            return []
        words = content_words(claim)
        carrying = carrying_passage(claim, self._question, self._passages)
        is_repeat = any(words <= said for said in self._said)
        self._repeats += is_repeat
        if not carrying or is_repeat:
            self.withheld += 1
            self._astray += 1
            self._said.append(words)
            return []
        self._astray = 0
        self._said.append(words)
        return self._show(claim, claim=claim, numbers=self._carrying(claim, markers) or [carrying])

    def _carrying(self, claim: str, markers: Sequence[int]) -> list[int]:
        """Those of the named passages that carry the claim: a file may have said the marker to be copied."""
        return [
            number
            for number in dict.fromkeys(markers)
            if carrying_passage(claim, self._question, self._passages[number - 1 : number])
        ]

    def _quote(self) -> Shown:
        """The sentence of the best passage that fits the question best, in its own words."""
        words = telling_words(self._passages[0], self._question)
        return self._show(f"“{' '.join(words.split())}”", claim=words, numbers=[1])

    def _show(self, text: str, *, claim: str, numbers: Iterable[int]) -> Shown:
        self._shown.append(f" {text}" if self._shown else text)
        shown: Shown = [Token(text=self._shown[-1])]
        for number in numbers:
            marker = f" {Marker(number=number).text}"
            self._shown.append(marker)
            shown.append(Token(text=marker))
            if number not in self._citations:
                self._citations[number] = cited(number, self._passages[number - 1], claim)
                shown.append(Cited(citation=self._citations[number]))
        return shown
