"""A follow-up is understood in its chat, over several turns and in every language; a fresh question stays alone."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from assistant.answers import Answers, AnswerSettings
from assistant.documents import Findings
from assistant.follow_ups import refers_back, search_texts, topic
from assistant.identifiers import HOUSEHOLD
from assistant.library import Library
from assistant.prompt import Turn
from tests.assistant.shelves import at_work, library, put
from tests.fakes import FakeBounds, FakeClock, FakeEngine, FakeTokenizer

FILES = {
    "Boiler manual.txt": (
        "The boiler should show a pressure of 1.5 bar when it is cold.\f"
        "The filter of the boiler is cleaned every six months by the installer.\f"
        "The service contract for the boiler costs 180 euros per year, filter included.\f"
        "On weekends the boiler is repaired by Alpine Heating, telephone 555 0134.\f"
        "The boiler in the garage should show a pressure of 1.2 bar and has no filter."
    ),
    "Dishwasher.txt": (
        "The filter of the dishwasher should be cleaned every week under hot water.\f"
        "The dishwasher salt costs 4 euros per pack."
    ),
    "Club.txt": "The sports club costs 60 euros per year and is open on weekends.\fThe garage opens at seven.",
    "Car.txt": "The car is repaired on weekends by Miller in the garage of the city; the oil filter costs 20 euros.",
}
FIRST = "What pressure should the boiler show when it is cold?"


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Library]:
    async with at_work(library(tmp_path)) as filled:
        for name, words in FILES.items():
            await put(filled, name, words)
        yield filled


async def found(shelves: Library, question: str, before: Sequence[str]) -> Findings:
    answers = Answers(
        library=shelves,
        engine=FakeEngine(),
        tokenizer=FakeTokenizer(),
        clock=FakeClock(),
        settings=AnswerSettings(),
        bounds=FakeBounds(),
    )
    turns = [Turn(question=one, answer="Some answer.", documents=()) for one in before]
    return (await answers.prepare(question, [HOUSEHOLD], turns)).findings


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How often should its filter be cleaned?", "every six months"),
        ("How much does that cost per year?", "180 euros"),
        ("Who repairs it on weekends?", "Alpine Heating"),
        ("What about the one in the garage?", "1.2 bar"),
    ],
)
async def test_a_follow_up_is_about_what_was_asked_before(shelves: Library, question: str, words: str) -> None:
    findings = await found(shelves, question, [FIRST])

    assert findings.answerable
    assert words in findings.passages[0].text


async def test_a_second_and_a_third_follow_up_keep_the_topic(shelves: Library) -> None:
    chain = [FIRST, "How often should its filter be cleaned?", "How much does that cost per year?"]

    for place, words in enumerate(["every six months", "180 euros", "Alpine Heating"], start=1):
        question = [*chain, "Who repairs it on weekends?"][place]
        assert words in (await found(shelves, question, chain[:place])).passages[0].text, question


async def test_a_complete_question_is_not_mixed_with_the_one_before(shelves: Library) -> None:
    for question in ("How much does the dishwasher salt cost?", "When does the garage open?"):
        assert await passages(shelves, question, [FIRST]) == await passages(shelves, question, [])


async def test_a_follow_up_that_the_files_do_not_answer_is_not_answered_by_its_topic(shelves: Library) -> None:
    assert not (await found(shelves, "Which colour was its first wooden crate painted?", [FIRST])).answerable


async def passages(shelves: Library, question: str, before: Sequence[str]) -> list[str]:
    return [passage.text for passage in (await found(shelves, question, before)).passages]


@pytest.mark.parametrize(
    "question",
    [
        "And what about the filter in the cellar?",
        "Is this covered by the insurance policy?",
        "Wie oft muss sein Filter gereinigt werden?",
        "Und was kostet der Wartungsvertrag im Jahr?",
        "Was kostet das pro Jahr?",
        "¿Cuánto cuesta su mantenimiento anual?",
        "¿Y quién la repara durante los fines?",
        "Combien coûte son entretien annuel?",
        "Quanto costa la sua manutenzione annuale?",
        "Quanto custa a sua manutenção anual?",
        "Hoeveel kost haar jaarlijkse onderhoud?",
        "Vad kostar dess årliga service?",
        "Hvad koster dens årlige service?",
        "Hva koster dens årlige service?",
        "Ile kosztuje jego roczny serwis?",
        "Kolik stojí jeho roční servis?",
        "Care este prețul anual pentru acesta din garaj?",
        "Onun yıllık bakımı kaça mal oluyor?",
        "Bảo trì hàng năm của nó giá bao nhiêu?",
        "Сколько стоит его ежегодное обслуживание?",
        "Πόσο κοστίζει αυτό κάθε χρόνο;",
        "كم تكلفة صيانة ذلك الجهاز سنويا؟",
        "उसका वार्षिक रखरखाव कितने का है?",
        "它每年的维护费用是多少?",
        "その年間保守費用はいくらですか?",
        "그것의 연간 유지 비용은 얼마입니까?",
        "ค่าบำรุงรักษาประจำปีของมันเท่าไหร่",
    ],
)
def test_pronouns_and_continuations_refer_back_in_every_language(question: str) -> None:
    assert refers_back(question)


@pytest.mark.parametrize(
    "question",
    [
        "When is the yellow packaging collected?",
        "What does E07 mean?",
        "How long does it take to charge the electric car?",
        "When was Ada Lovelace born and where did she study?",
        "Is it allowed to wash the car on Sunday?",
        "Wie hoch soll der Druck der Heizung sein?",
        "Welche Regeln gibt es für die Küche?",
        "Was kostet der Wartungsvertrag und wann endet er?",
        "Combien de temps faut-il pour charger la voiture?",
        "¿Cuánto cuesta el mantenimiento anual de la caldera?",
        "锅炉的压力应该是多少?",
        "ボイラーの圧力はいくつですか?",
        "ความดันของหม้อต้มควรเป็นเท่าไหร่",
    ],
)
def test_a_question_that_names_what_it_is_about_does_not(question: str) -> None:
    assert not refers_back(question)


def test_the_topic_reaches_back_to_the_last_question_that_stood_for_itself() -> None:
    turns = [
        Turn(question=question, answer="…")
        for question in ("When does the club open?", FIRST, "How often should its filter be cleaned?", "And the hose?")
    ]

    assert topic(turns) == f"{FIRST} How often should its filter be cleaned? And the hose?"
    assert search_texts("What does E07 mean?", turns) == ("What does E07 mean?",)
    assert search_texts("And the dog?", turns[:1]) == ("When does the club open? And the dog?",)
