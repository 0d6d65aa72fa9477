"""Whether the embedding model can understand a question, told from its letters and its little words."""

import unicodedata
from typing import Final

from assistant.stop_words import ENGLISH, FOREIGN

_MOST_FOREIGN_LETTERS: Final = 0.3


def is_understood(question: str) -> bool:
    """False where the question is not in English as far as one can see; its words then count alone.

    The model was trained on English. On XQuAD its opinion beside that of the words makes the answers to German,
    Spanish, Arabic and Chinese questions worse.
    """
    letters = [character for character in question if character.isalpha()]
    beyond = sum(not unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    if beyond > len(letters) * _MOST_FOREIGN_LETTERS:
        return False
    words = question.lower().replace("’", "'").replace("¿", " ").split()
    plain = [word.strip(".,;:!?()[]\"'«»„“”") for word in words]
    foreign = sum(word in FOREIGN for word in plain)
    return foreign <= sum(word in ENGLISH for word in plain)
