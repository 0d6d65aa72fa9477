import pytest

from assistant.language import is_understood, language_of
from assistant.stop_words import Language


@pytest.mark.parametrize(
    "question",
    ["Where is the main water valve?", "boiler E07", "What's the Wi-Fi password?", "who is in charge", "décor rules"],
)
def test_english_questions_and_bare_words_are_understood(question: str) -> None:
    assert is_understood(question)


@pytest.mark.parametrize(
    "question",
    [
        "Wo ist der Haupthahn für das Wasser?",
        "¿Dónde está la llave del agua?",
        "Où est la vanne d'eau ?",
        "Quanto dura la garanzia?",
        "أين صمام المياه؟",
        "主水阀在哪里？",
        "Где главный кран?",
    ],
)
def test_questions_in_other_languages_are_searched_by_their_words_alone(question: str) -> None:
    assert not is_understood(question)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is the main water valve?", Language.ENGLISH),
        ("Wo ist der Haupthahn für das Wasser?", Language.GERMAN),
        ("¿Dónde está la llave del agua?", Language.SPANISH),
        ("Donde esta la llave", Language.SPANISH),
        ("Où est la vanne d'eau ?", Language.FRENCH),
        ("Câte puncte a cedat apărarea echipei?", Language.ROMANIAN),
        ("Kazan basıncı kaç olmalı ve nasıl ayarlanır?", Language.TURKISH),
        ("Van nước chính nằm ở đâu?", Language.VIETNAMESE),
        ("Где главный кран?", Language.RUSSIAN),
        ("Πού είναι η κεντρική βάνα;", Language.GREEK),
        ("أين صمام المياه؟", Language.ARABIC),
        ("पानी का मुख्य वाल्व कहाँ है?", Language.HINDI),
        ("主水阀在哪里？", Language.CHINESE),
        ("元栓はどこですか", Language.JAPANESE),
        ("วาล์วน้ำอยู่ที่ไหน", Language.THAI),
        ("수도 밸브는 어디에 있나요", Language.KOREAN),
    ],
)
def test_a_language_is_told_by_its_script_or_its_little_words(text: str, language: Language) -> None:
    assert language_of(text) is language


def test_bare_words_could_be_of_any_language() -> None:
    assert language_of("boiler E07") is None
    assert language_of("") is None
