"""Documents beside a question, as Anthropic's programs send them: read here, and cited by the place of their kind."""

import base64
from typing import Any

import pytest

from tests import pdf
from tests.assistant.api.box import LOCAL_KEY, Box

ROOF = "The roof was repaired by Schneider in May 2019."
LAMP = "The harbour lamp is green and stands on the pier."
CITED = {"citations": {"enabled": True}}


def paper(*pages: str) -> dict[str, Any]:
    data = base64.b64encode(pdf.written(pages)).decode()
    return {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}


async def cited(box: Box, *blocks: dict[str, Any], said: str = ROOF) -> list[dict[str, Any]]:
    box.texts.steps = [(said,)]
    content = [*blocks, {"type": "text", "text": "Who repaired the roof, and when?"}]
    body = {"model": "tiny", "max_tokens": 60, "messages": [{"role": "user", "content": content}]}
    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post("/v1/messages", json=body)
    assert answer.status_code == 200, answer.text
    return [one for block in answer.json()["content"] for one in block["citations"] or ()]


async def test_a_pdf_is_read_and_cited_by_its_page(box: Box) -> None:
    (citation,) = await cited(box, {**paper(LAMP, ROOF), "title": "Letter", **CITED})

    assert ROOF in str(box.texts.rendered[-1])
    assert citation == {
        "type": "page_location",
        "cited_text": ROOF,
        "document_index": 0,
        "document_title": "Letter",
        "file_id": None,
        "start_page_number": 2,
        "end_page_number": 3,
    }


async def test_a_document_of_blocks_is_cited_by_its_block(box: Box) -> None:
    source = {"type": "content", "content": [{"type": "text", "text": LAMP}, {"type": "text", "text": ROOF}]}

    (citation,) = await cited(box, {"type": "document", "source": source, **CITED})

    assert (citation["type"], citation["cited_text"]) == ("content_block_location", ROOF)
    assert (citation["start_block_index"], citation["end_block_index"]) == (1, 2)


async def test_what_a_program_found_is_cited_by_its_source_and_counted_for_itself(box: Box) -> None:
    text = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": LAMP}, **CITED}
    found = {
        "type": "search_result",
        "source": "https://example.org/roof",
        "title": "Roof",
        "content": [{"type": "text", "text": ROOF}],
        **CITED,
    }

    (citation,) = await cited(box, text, found)

    assert (citation["type"], citation["source"]) == ("search_result_location", "https://example.org/roof")
    assert (citation["search_result_index"], citation["start_block_index"], citation["end_block_index"]) == (0, 0, 1)


async def test_a_pdf_in_a_tools_result_is_read_as_well(box: Box) -> None:
    use = {"type": "tool_use", "id": "t1", "name": "fetch", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [paper(ROOF)]}
    turns = [
        {"role": "user", "content": "Fetch it."},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": [result]},
    ]
    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post("/v1/messages", json={"model": "tiny", "max_tokens": 9, "messages": turns})

    assert answer.status_code == 200
    assert ROOF in str(box.texts.rendered[-1])


@pytest.mark.parametrize(
    ("data", "sentence"),
    [("%%%", "no base64"), (base64.b64encode(b"%PDF-1.4 nothing").decode(), "damaged")],
)
async def test_a_pdf_that_is_none_is_refused_with_a_sentence(box: Box, data: str, sentence: str) -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": data}
    turns = [{"role": "user", "content": [{"type": "document", "source": source}]}]
    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post("/v1/messages", json={"model": "tiny", "max_tokens": 9, "messages": turns})

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


async def test_earlier_thoughts_in_the_turn_that_begins_the_answer_are_left_away(box: Box) -> None:
    thought = {"type": "thinking", "thinking": "Let me see.", "signature": "x"}
    turns = [
        {"role": "user", "content": "Which colour?"},
        {"role": "assistant", "content": [thought, {"type": "text", "text": "The sky"}]},
    ]
    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post("/v1/messages", json={"model": "tiny", "max_tokens": 9, "messages": turns})

    assert answer.status_code == 200, answer.text
