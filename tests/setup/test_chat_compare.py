"""The bars by which the requantised chat model is compared with the shipped weights can be missed, each of them."""

from dataclasses import replace

import pytest

from image.build.chat_questions import QUESTIONS
from image.build.chat_verdict import Figures, verdict

MEASURED = Figures(right=22, kept=21, agreement=0.87, perplexity_ratio=1.08)
"""Of Q4_0, as the product has it; Q2_K of the same weights kept 16, agreed in .80 and was at 1.37."""


def test_the_products_own_model_passes() -> None:
    assert verdict(MEASURED) == ""


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (replace(MEASURED, kept=16), "lost answers"),
        (replace(MEASURED, agreement=0.79), "changed what is said"),
        (replace(MEASURED, perplexity_ratio=1.37), "surprising"),
        (replace(MEASURED, right=9, kept=9), "not what they were"),
    ],
)
def test_a_model_that_lost_something_is_refused(figures: Figures, words: str) -> None:
    assert words in verdict(figures)


def test_each_question_is_answered_by_its_own_text() -> None:
    assert len(QUESTIONS) >= 30
    assert all(wanted in text.casefold() for text, _question, wanted in QUESTIONS)
