import pytest

from assistant.language import is_understood


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
