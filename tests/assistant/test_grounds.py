"""A sentence is shown only where a passage carries what it says."""

from dataclasses import replace

import pytest

from assistant.grounds import carrying_passage
from tests.assistant.passages import BOILER, CAT, passage

PASSAGES = [passage(BOILER), passage(CAT)]


@pytest.mark.parametrize(
    ("question", "claim", "number"),
    [
        ("What pressure should the gauge show with cold radiators?", "It should show 1.5 bar.", 1),
        ("What pressure should the gauge show with cold radiators?", "It should show 3.5 bar.", 0),
        ("What is Miso allergic to?", "Miso is allergic to fish.", 2),
        ("What is Miso allergic to?", "Miso is not allergic to fish.", 0),
        ("What is Miso allergic to?", "Miso is allergic to milk.", 0),
        ("What is Miso allergic to?", "What is Miso allergic to?", 0),
        ("What is Miso allergic to?", "1. Is Miso allergic to fish?", 0),
        ("What is Miso allergic to?", "The answer to this question is:", 0),
        ("How much food does Miso get?", "1. Miso gets 60 grams of dry food at 7:00.", 2),
        ("How much food does Miso get?", "Miso gets 18 grams of dry food.", 0),
        ("How much is the rent of the flat?", "60 grams.", 0),
        ("When does Miso get food?", "At 7:00 and at 18:00.", 2),
        ("What does the gauge at the bottom left show?", "It shows E04.", 0),
        ("", "", 0),
    ],
)
def test_what_a_claim_adds_has_to_stand_in_a_sentence_about_the_question(
    question: str, claim: str, number: int
) -> None:
    assert carrying_passage(claim, question, PASSAGES) == number


def test_steps_below_a_heading_that_asks_the_same_are_carried_word_for_word() -> None:
    steps = replace(passage("1. Open the windows and doors.\n2. Leave the house."), heading="If you smell gas")

    assert carrying_passage("Open the windows and doors.", "What should I do if I smell gas?", [steps]) == 1
    assert carrying_passage("The house.", "What should I do if I smell gas?", [steps]) == 0


def test_without_passages_nothing_is_carried() -> None:
    assert carrying_passage("Miso is allergic to fish.", "What is Miso allergic to?", []) == 0
