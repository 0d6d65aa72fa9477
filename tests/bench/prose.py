"""Text for measuring the library: real passages and questions, and endless others made of the same words, seeded."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy
from numpy.typing import NDArray

from assistant.chunks import chunks
from assistant.parser.page import Page
from tests.eval.sets import sets_in
from tests.product import ROOT

_WORD: Final = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*")
_MOST_CHARACTERS: Final = (300, 650)
"""How long the passages of the product are."""
_SENTENCE_WORDS: Final = (6, 24)
# Zipf's law in Mandelbrot's form: how often a word comes, by its place among all words.
_SHIFT, _POWER = 2.7, 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Real texts in English, with questions about them."""

    texts: tuple[str, ...]
    questions: tuple[str, ...]

    def passages(self, most: int) -> list[str]:
        """Passages as the product cuts them, taken from all over the texts."""
        found = [text[chunk.start : chunk.end] for text in self.texts for chunk in chunks([Page(number=1, text=text)])]
        return found[:: max(1, len(found) // most)][:most]


def source(data: Path) -> Source:
    """The English texts of the sets in a folder; where there is none, what lies in this checkout."""
    texts: list[str] = []
    questions: list[str] = []
    for each in sets_in(data) if data.is_dir() else ():
        of_text = [content for name, content in each.files() if name.endswith(".md")]
        english = [one.text for one in each.questions if one.language in ("en", "")]
        if len(of_text) > 1 and english:
            texts += [content.decode() for name, content in each.files() if "/" not in name or name.startswith("en/")]
            questions += english
    if not texts:
        texts = [path.read_text() for path in (*ROOT.glob("*.md"), *ROOT.glob("services/samples/*.[mt][dx]*"))]
        questions = [one["question"] for one in json.loads((ROOT / "tests" / "samples.json").read_text())]
    return Source(texts=tuple(texts), questions=tuple(questions))


class Prose:
    """Sentences of a source's words, as often as Zipf's law says; the same for the same seed."""

    def __init__(self, texts: Sequence[str], seed: int) -> None:
        counted = Counter(word for text in texts for word in _WORD.findall(text))
        self.words: Final = [word for word, _count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
        weights = 1 / (numpy.arange(len(self.words)) + _SHIFT) ** _POWER
        self._shares: NDArray[numpy.float64] = numpy.cumsum(weights) / weights.sum()
        self._random = numpy.random.default_rng(seed)

    def passage(self) -> str:
        """A few sentences."""
        limit = int(self._random.integers(*_MOST_CHARACTERS))
        told = ""
        for sentence in self._sentences():
            if len(told) + len(sentence) > limit:
                return told.rstrip() or sentence[:limit]
            told += f"{sentence} "
        return told

    def title(self) -> str:
        """Two words for a file's name."""
        return " ".join(self._drawn(2)).replace("/", " ")

    def _sentences(self) -> Iterator[str]:
        while True:
            words = " ".join(self._drawn(int(self._random.integers(*_SENTENCE_WORDS))))
            yield f"{words[:1].upper()}{words[1:]}."

    def _drawn(self, count: int) -> list[str]:
        return [self.words[place] for place in numpy.searchsorted(self._shares, self._random.random(count))]
