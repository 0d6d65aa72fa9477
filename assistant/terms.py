"""How text becomes the terms of the lexical index: small letters, no accents, word stems, pairs in Chinese."""

import functools
import re
from collections.abc import Iterable
from typing import Final

import tantivy

from assistant.stop_words import CUTS, ENGLISH, STOP_WORDS, Language, folded

TERMS_LIMIT: Final = 48
"""A question of more terms is searched for by its first ones."""
_NUMBER_WEIGHT: Final = 2.0
_LONGEST: Final = 60
_UNSPACED: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
"""Scripts that put no spaces between words: Thai, Japanese, Chinese."""
_MARKS: Final = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
"""Signs that belong to the letter before them, and that Python's `\\w` leaves out."""
_WORD: Final = re.compile(rf"(?:[^\W_]|[{_MARKS}])+(?:['’][^\W_]+)?")
_POSSESSIVE: Final = re.compile("['’]s$")
_YEAR_INSIDE: Final = re.compile(r"^([^\W\d]*)((?:19|20)\d\d)([^\W\d]\w*)?$")
"""As in FY2016 and 2023Q2, which files and questions write in many ways."""
_WORD_OF_INDEX: Final = r"[\p{L}\p{M}\p{N}]+"
_UNSTEMMED: Final = {
    *(Language.POLISH, Language.CZECH, Language.HINDI),
    *(Language.VIETNAMESE, Language.CHINESE, Language.JAPANESE, Language.KOREAN, Language.THAI),
}
"""Those that tantivy has no stemmer for, most of which need none."""
_UNFOLDED: Final = {Language.VIETNAMESE, Language.HINDI, Language.THAI}
"""Where the marks on a letter make another word of it."""


@functools.cache
def analyzer(language: Language) -> tantivy.TextAnalyzer:
    """The one analyzer of a language, for the index and for questions."""
    build = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD_OF_INDEX)).filter(
        tantivy.Filter.remove_long(_LONGEST)
    )
    build = build.filter(tantivy.Filter.lowercase())
    if language is Language.ENGLISH:
        build = build.filter(tantivy.Filter.ascii_fold())
    if language not in _UNSTEMMED:
        build = build.filter(tantivy.Filter.stemmer(language.value))
    # The stemmers of other languages know their accents, so these go last.
    return build.build() if language in _UNFOLDED else build.filter(tantivy.Filter.ascii_fold()).build()


def spaced(text: str) -> str:
    """The text with runs of unspaced scripts written as overlapping pairs of characters, which serve as words."""
    return _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def terms(text: str, language: Language = Language.ENGLISH) -> list[str]:
    """Every term of a text in order, as the index holds them."""
    found: list[str] = analyzer(language).analyze(spaced(text))
    return [part for term in found for part in _with_year(term)]


def question_terms(text: str, language: Language = Language.ENGLISH) -> list[str]:
    """The terms worth searching for, each once: without stop words, unless there is nothing else."""
    telling = [word for word in _WORD.findall(_cut(text, language)) if not _is_stop_word(word, language)]
    words = [_POSSESSIVE.sub("", word) for word in telling] or _WORD.findall(text)
    return list(dict.fromkeys(terms(" ".join(words), language)))[:TERMS_LIMIT]


def emphasis(term: str) -> float:
    """How much more a term counts than its rarity says: who asks for a code or a number means just that."""
    return _NUMBER_WEIGHT if any(map(str.isdigit, term)) else 1.0


def _with_year(term: str) -> Iterable[str]:
    """A term, and the year inside it with what stands behind that: fy2016 and 2016, 2023q2 and 2023 and q2."""
    if term.isalpha():
        return (term,)
    found = _YEAR_INSIDE.match(term)
    if found is None or found[2] == term:
        return (term,)
    return (term, found[2], *filter(None, [found[3]]))


def _is_stop_word(word: str, language: Language) -> bool:
    return folded(word) in _FOLDED.get(language, _FOLDED[Language.ENGLISH])


def _cut(text: str, language: Language) -> str:
    """A question in a script without spaces, with a gap where an asking word stood."""
    for word in CUTS.get(language, ()):
        text = text.replace(word, " ")
    return text


def _pairs(run: str) -> Iterable[str]:
    return [run] if len(run) == 1 else [run[index : index + 2] for index in range(len(run) - 1)]


_FOLDED: Final = {language: frozenset(map(folded, words | ENGLISH)) for language, words in STOP_WORDS.items()}
