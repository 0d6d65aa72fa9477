"""Which of Tesseract's languages to read with: by script, and within Latin script by the little words."""

import unicodedata
from typing import Final

SCRIPTS: Final = {
    "Latin": ("eng", "deu", "fra", "spa", "ita", "por", "nld", "pol", "ron", "tur", "vie"),
    "Cyrillic": ("rus", "eng"),
    "Greek": ("ell",),
    "Arabic": ("ara", "eng"),
    "Devanagari": ("hin", "eng"),
    "Thai": ("tha", "eng"),
    "Han": ("chi_sim", "eng"),
    "HanS": ("chi_sim", "eng"),
    "HanT": ("chi_sim", "eng"),
    "Japanese": ("jpn", "eng"),
    "Hiragana": ("jpn", "eng"),
    "Katakana": ("jpn", "eng"),
}
"""The languages that are read in each script, in Tesseract's codes. English words stand in most scripts; Greek letters
look too much like ours."""

_LITTLE_WORDS: Final = {
    "eng": "the of and to in is that for it with as was on be by this are from or at",
    "deu": "der die und das ist nicht mit von den ein eine auf für im dem zu sich werden auch des",
    "fra": "de le la les et des est une dans pour que qui du sur pas au par avec en un à il",
    "spa": "de la el en y a los las que del una por con para es se su como más al lo pero no un",
    "ita": "di e il che la è per un in della con non una sono gli del si nel alla le più dei",
    "por": "de a o e os não uma para com que do da em um são mais ao das dos se no na por",
    "nld": "het een van de en dat niet zijn op te voor met aan er ook worden bij uit naar wordt",
    "pol": "w na i z się nie że do jest to o jak przez od po dla są który oraz ze",
    "ron": "și în de la cu pe din care nu este pentru sunt sau mai un o al prin ca fi a au",
    "tur": "ve bir bu için ile de da olarak olan çok daha gibi en kadar sonra ne değil her olduğu ya",
    "vie": "của và là có trong được cho các không với một những người này khi đã từ về đến như",
}
_LEAST_WORDS: Final = 4
_CLEARLY: Final = 1.5
"""Another language than English is believed from so many times its little words on."""


def _folded(text: str) -> str:
    """The text without accents, which are the first that a reader of another language loses."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("đ", "d").replace("ł", "l").replace("ı", "i")
    return "".join(character for character in plain if not unicodedata.combining(character))


_WORDS_OF: Final = {language: frozenset(_folded(words).split()) for language, words in _LITTLE_WORDS.items()}


def language_of(text: str) -> str | None:
    """The language of a Latin text as far as its little words tell; None where there are too few."""
    words = [word.strip(".,;:!?()\"'«»„“”") for word in _folded(text).split()]
    counts = {language: sum(word in known for word in words) for language, known in _WORDS_OF.items()}
    best = max(counts, key=lambda language: counts[language])
    if counts[best] < _LEAST_WORDS or counts[best] < counts["eng"] * _CLEARLY:
        return "eng" if counts["eng"] >= _LEAST_WORDS else None
    return best
