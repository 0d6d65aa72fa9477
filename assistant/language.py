"""Which language a text is in, told from its letters and its little words, and whether the embedding model knows it."""

import re
from collections import Counter
from typing import Final

from assistant.stop_words import ENGLISH, FOREIGN, STOP_WORDS, Language, folded

_MOST_FOREIGN_LETTERS: Final = 0.3
_LOOKED_AT_CHARACTERS: Final = 4_000
_KANA: Final = "japanese kana"
_SCRIPTS: Final = (
    (0x0370, 0x03FF, Language.GREEK),
    (0x0400, 0x052F, Language.RUSSIAN),
    (0x0600, 0x06FF, Language.ARABIC),
    (0x0900, 0x097F, Language.HINDI),
    (0x0E00, 0x0E7F, Language.THAI),
    (0x3040, 0x30FF, _KANA),
    (0x3400, 0x9FFF, Language.CHINESE),
    (0xAC00, 0xD7AF, Language.KOREAN),
)
"""Blocks of Unicode, and the language that is written in them most often."""
_LATIN_ENDS: Final = 0x0370
_VIETNAMESE: Final = frozenset("ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
"""Letters that no other language in our list has."""
_FOLDED: Final = {
    language: frozenset(map(folded, words)) for language, words in STOP_WORDS.items() if language in list(Language)[:15]
}
"""The languages in Latin script."""
_WORD: Final = re.compile(r"\b[^\W\d_]+(?:['’][^\W\d_]+)?\b")


def language_of(text: str) -> Language | None:
    """The language that most of the text is in; None where no little word of any says so."""
    text = text[:_LOOKED_AT_CHARACTERS].lower()
    letters = [letter for letter in text if letter.isalpha()]
    if (script := _script(letters)) is not None:
        return script
    words = Counter(map(folded, _WORD.findall(text)))
    counts = {language: sum(words[word] for word in known) for language, known in _FOLDED.items()}
    if any(letter in _VIETNAMESE for letter in letters):
        counts[Language.VIETNAMESE] += 2
    best = max(counts, key=lambda language: counts[language])  # the first of several, and English is the first
    return best if counts[best] else None


def is_understood(question: str) -> bool:
    """False where the question is not in English as far as one can see; its words then count alone.

    The model was trained on English. On XQuAD its opinion beside that of the words makes the answers to German,
    Spanish, Arabic and Chinese questions worse.
    """
    letters = [letter for letter in question if letter.isalpha()]
    if sum(ord(letter) >= _LATIN_ENDS for letter in letters) > len(letters) * _MOST_FOREIGN_LETTERS:
        return False
    words = question.lower().replace("’", "'").replace("¿", " ").split()
    plain = [word.strip(".,;:!?()[]\"'«»„“”") for word in words]
    foreign = sum(word in FOREIGN for word in plain)
    return foreign <= sum(word in ENGLISH for word in plain)


def _script(letters: list[str]) -> Language | None:
    """The language of the script that is not Latin, where enough of the letters are in one."""
    blocks: Counter[str] = Counter()
    for letter in letters:
        code = ord(letter)
        if code >= _LATIN_ENDS:
            blocks[next((name for first, last, name in _SCRIPTS if first <= code <= last), "")] += 1
    foreign = blocks.total() - blocks[""]
    if foreign <= len(letters) * _MOST_FOREIGN_LETTERS:
        return None
    if blocks[_KANA]:
        return Language.JAPANESE
    return Language(max(blocks, key=lambda name: blocks[name] if name else 0))
