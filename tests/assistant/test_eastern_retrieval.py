"""Japanese and Thai, which put no spaces between words, are found by their words, and in a whole library."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.embedding.client import EmbeddingProcess
from assistant.identifiers import HOUSEHOLD, DocumentId
from assistant.lexical import Entry, LexicalIndex
from assistant.library import Library
from assistant.stop_words import Language
from assistant.terms import question_terms
from image.build import models
from tests.assistant.shelves import at_work, library, put

TEXTS = {
    Language.JAPANESE: (
        "主水栓は地下室の階段の下にあります。水漏れのときはすぐに閉めてください。",
        "猫のミソは魚にアレルギーがあります。毎朝七時に乾燥フードを六十グラム与えます。",
        "ボイラーの圧力は一・五バールが適正です。年に一度、秋に点検を受けてください。",
        "燃えるごみは火曜日、資源ごみは第二金曜日に収集されます。",
    ),
    Language.THAI: (
        "วาล์วน้ำหลักอยู่ใต้บันไดในห้องใต้ดิน หากน้ำรั่วให้ปิดทันที",
        "แมวชื่อมิโสะแพ้ปลา ให้อาหารเม็ดหกสิบกรัมทุกเช้าเวลาเจ็ดโมง",
        "ความดันของหม้อต้มน้ำควรเป็นหนึ่งจุดห้าบาร์ ตรวจสอบปีละครั้งในฤดูใบไม้ร่วง",
        "ขยะทั่วไปเก็บวันอังคาร ขยะรีไซเคิลเก็บวันศุกร์ที่สองของเดือน",
    ),
}
QUESTIONS = {
    Language.JAPANESE: (
        "主水栓はどこですか？",
        "猫は何にアレルギーがありますか？",
        "ボイラーの圧力はいくつですか？",
        "資源ごみはいつ収集されますか？",
    ),
    Language.THAI: ("วาล์วน้ำหลักอยู่ที่ไหน", "แมวแพ้อะไร", "ความดันของหม้อต้มน้ำควรเป็นเท่าไหร่", "ขยะรีไซเคิลเก็บวันไหน"),
}
CASES = [(language, number) for language, questions in QUESTIONS.items() for number in range(len(questions))]


@pytest.mark.parametrize(("language", "number"), CASES)
def test_a_passage_is_found_by_the_words_within_it(tmp_path: Path, language: Language, number: int) -> None:
    index = LexicalIndex(tmp_path / "lexical")
    texts = [text for every in TEXTS.values() for text in every]
    entries = [
        Entry(passage=at, document=DocumentId(str(at)), shelf=HOUSEHOLD, title="a.md", heading="", text=text)
        for at, text in enumerate(texts)
    ]
    index.rebuild("1", entries)

    hits = index.search(question_terms(QUESTIONS[language][number], language), [HOUSEHOLD], 10)
    index.close()

    assert texts[hits[0].passage] == TEXTS[language][number]


@pytest.fixture
async def shelves(tmp_path: Path) -> AsyncIterator[Library]:
    embedder = EmbeddingProcess((sys.executable, "-m", "services.run_embedder"), models.folder() / "embedding")
    async with at_work(library(tmp_path, embedder=embedder)) as filled:
        for language, texts in TEXTS.items():
            for number, text in enumerate(texts):
                await put(filled, f"{language}-{number}.txt", text)
        await put(filled, "english.txt", "The main water valve is under the stairs. The cat is allergic to fish.")
        yield filled


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_question_is_answered_from_a_library_with_vectors(shelves: Library) -> None:
    for language, number in CASES:
        findings = await shelves.search(QUESTIONS[language][number], [HOUSEHOLD])
        best = findings.passages[0]

        assert findings.answerable, QUESTIONS[language][number]
        assert best.text == TEXTS[language][number]
        assert best.best is not None
        assert best.best.text in TEXTS[language][number]


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_what_no_file_says_is_not_answered(shelves: Library) -> None:
    for question in ("ワールドカップで優勝した国を教えてください", "ใครชนะการแข่งขันฟุตบอลโลก"):
        assert not (await shelves.search(question, [HOUSEHOLD])).answerable
