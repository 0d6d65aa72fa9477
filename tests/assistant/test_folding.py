"""The same words in several files are one finding that says where else they stand."""

import mailbox
from email.message import EmailMessage
from pathlib import Path

from assistant.documents import Passage
from assistant.folding import folded
from assistant.forgetting import without
from assistant.identifiers import HOUSEHOLD, DocumentId
from tests.assistant.shelves import ANNA, BEN, at_work, library, put

BILL = "The service of the boiler in March 2026 cost 180 euros, to be paid within thirty days to Alpine Heating."
OTHER = "The service of the car in March 2026 cost 90 euros."


async def test_a_private_and_a_household_copy_are_one_finding(tmp_path: Path) -> None:
    async with at_work(library(tmp_path)) as shelves:
        mine = await put(shelves, "Bill.txt", BILL, ANNA)
        ours = await put(shelves, "Boiler bill.txt", BILL.replace(", ", ",\n") + "\n", HOUSEHOLD)
        theirs = await put(shelves, "Secret copy.txt", BILL, BEN)
        await put(shelves, "Car.txt", OTHER, HOUSEHOLD)

        found = (await shelves.search("What did the service of the boiler cost?", [ANNA, HOUSEHOLD])).passages

        assert len(found) == 2
        assert {found[0].document_id, *(one.document_id for one in found[0].also)} == {mine.id, ours.id}
        assert found[1].also == ()
        assert theirs.id not in str(found)

        await shelves.delete(found[0].document_id, [ANNA, HOUSEHOLD])
        (left, _car) = (await shelves.search("What did the service of the boiler cost?", [ANNA, HOUSEHOLD])).passages
        assert left.also == ()


async def test_a_mail_by_itself_and_in_a_mailbox_is_one_finding(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = "Your boiler", "alpine@example.org", "anna@example.org"
    message.set_content(BILL)
    box = mailbox.mbox(tmp_path / "box")
    box.add(message)
    box.close()
    async with at_work(library(tmp_path / "library")) as shelves:
        await put(shelves, "Your boiler.eml", message.as_bytes())
        await put(shelves, "All mail.mbox", (tmp_path / "box").read_bytes())

        (only,) = (await shelves.search("What did the service of the boiler cost?", [HOUSEHOLD])).passages

    assert {only.file, *(one.file for one in only.also)} == {"Your boiler.eml", "All mail.mbox"}


def test_what_one_file_repeats_stays_and_short_words_are_no_copies() -> None:
    texts = [("a", BILL), ("a", BILL), ("b", f"{BILL.upper()} "), ("b", "Page 1"), ("c", "Page 1")]
    passages = {
        number: Passage(
            document_id=DocumentId(document),
            file=document,
            page=number + 1,
            start=0,
            end=9,
            text=text,
            heading="",
            score=1,
        )
        for number, (document, text) in enumerate(texts)
    }

    assert folded(list(passages), passages) == ([0, 1, 3, 4], {0: [2]})


def test_a_copy_that_is_deleted_is_named_in_no_chat() -> None:
    also = [{"document_id": "b", "file": "secret name.txt", "page": 1}]
    passages = [{"document_id": "a", "file": "a.txt", "also": also}, {"document_id": "c", "file": "c.txt"}]
    sources = {"found": True, "fitted": 2, "passages": passages}

    text, _citations, left = without(DocumentId("b"), "It cost 180 euros.", [], sources)

    assert text == "It cost 180 euros."
    assert "secret name" not in str(left)
