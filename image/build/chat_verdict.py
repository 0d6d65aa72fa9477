"""The bars that a requantised chat model has to clear beside the weights as they were shipped."""

from dataclasses import dataclass

from image.build.chat_questions import QUESTIONS

LEAST_KEPT = 0.9
LEAST_AGREEMENT = 0.8
MOST_PERPLEXITY = 1.15
"""Times that of the shipped weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What came of the comparison."""

    right: int
    """Questions that the shipped weights answer right."""
    kept: int
    """Of these, those that the requantised ones answer right."""
    agreement: float
    perplexity_ratio: float


def verdict(figures: Figures) -> str:
    """Why the requantised model is not good enough; empty where it is."""
    right, kept, same, ratio = figures.right, figures.kept, figures.agreement, figures.perplexity_ratio
    if right < len(QUESTIONS) // 2:
        return f"The shipped weights answer only {right} of {len(QUESTIONS)} questions: they are not what they were."
    if kept < LEAST_KEPT * right:
        return f"Requantising lost answers: {kept} of {right} are still right, {LEAST_KEPT:.0%} have to be."
    if same < LEAST_AGREEMENT:
        return f"Requantising changed what is said: {same:.0%} of tokens are the same, not {LEAST_AGREEMENT:.0%}."
    if ratio > MOST_PERPLEXITY:
        return f"Requantising made texts {ratio:.2f} times as surprising; {MOST_PERPLEXITY} is the most."
    return ""
