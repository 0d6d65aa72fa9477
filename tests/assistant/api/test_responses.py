"""Responses that programs refer to: kept for a day in memory, followed, told and forgotten, each person's alone."""

from typing import Any

import httpx
import pytest

from assistant.api.openai.responses_kept import KeptResponses, numbered
from assistant.farewell import Farewell
from assistant.generation.errors import ResponseNotFoundError
from assistant.identifiers import PersonId
from tests.assistant.api.box import Box

PATH = "/v1/responses"


async def asked(caller: httpx.AsyncClient, given: Any, **more: Any) -> dict[str, Any]:
    answer = await caller.post(PATH, json={"model": "tiny", "input": given, **more})
    told: dict[str, Any] = answer.raise_for_status().json()
    return told


def said(box: Box) -> list[tuple[str, str]]:
    return [(one["role"], one["content"]) for one in box.texts.rendered[-1]]


async def test_a_response_goes_on_from_an_earlier_one_and_not_with_its_instructions(box: Box) -> None:
    ada = await box.claimed()

    first = await asked(ada, "What colour is the sky?", instructions="Be brief.")
    second = await asked(ada, "And the sea?", previous_response_id=first["id"])
    await asked(ada, "And ice?", previous_response_id=second["id"])

    assert (first["store"], second["previous_response_id"]) == (True, first["id"])
    assert said(box) == [
        ("user", "What colour is the sky?"),
        ("assistant", "It is blue."),
        ("user", "And the sea?"),
        ("assistant", "It is blue."),
        ("user", "And ice?"),
    ]


async def test_items_are_named_by_their_numbers_as_the_ai_sdk_does(box: Box) -> None:
    ada = await box.claimed()
    first = await asked(ada, [{"role": "user", "content": [{"type": "input_text", "text": "The sky?"}]}])

    await asked(
        ada,
        [
            {"role": "user", "content": "The sky?"},
            {"type": "item_reference", "id": first["output"][0]["id"]},
            {"role": "user", "content": "And the sea?"},
        ],
    )

    assert said(box) == [("user", "The sky?"), ("assistant", "It is blue."), ("user", "And the sea?")]


async def test_a_response_and_what_was_asked_are_told_and_forgotten(box: Box) -> None:
    ada = await box.claimed()
    first = await asked(ada, "The sky?")
    second = await asked(ada, "And the sea?", previous_response_id=first["id"])
    address = f"{PATH}/{second['id']}"

    told = (await ada.get(address)).json()
    items = (await ada.get(f"{address}/input_items", params={"order": "asc", "limit": 2})).json()
    rest = (await ada.get(f"{address}/input_items", params={"order": "asc", "after": items["last_id"]})).json()
    forgotten = await ada.delete(address)

    assert told == second
    assert [one["content"][0]["text"] for one in items["data"]] == ["The sky?", "It is blue."]
    assert (items["has_more"], rest["has_more"]) == (True, False)
    assert [one["content"][0]["text"] for one in rest["data"]] == ["And the sea?"]
    assert forgotten.json() == {"id": second["id"], "object": "response", "deleted": True}
    assert (await ada.get(address)).status_code == 404
    assert (await ada.delete(address)).status_code == 404


async def test_nobody_reaches_what_another_persons_programs_were_told(box: Box) -> None:
    ada = await box.claimed()
    bob = box.other_person()
    first = await asked(ada, "The sky?")
    body = {"model": "tiny", "input": "And?"}

    followed = await bob.post(PATH, json={**body, "previous_response_id": first["id"]})
    reference = {"type": "item_reference", "id": first["output"][0]["id"]}
    named = await bob.post(PATH, json={**body, "input": [reference]})

    assert (await bob.get(f"{PATH}/{first['id']}")).status_code == 404
    assert (await bob.get(f"{PATH}/{first['id']}/input_items")).status_code == 404
    assert (await bob.delete(f"{PATH}/{first['id']}")).status_code == 404
    assert (followed.status_code, named.status_code) == (400, 400)
    assert followed.json()["error"]["param"] == "previous_response_id"
    assert (await ada.get(f"{PATH}/{first['id']}")).status_code == 200


async def test_what_is_not_to_be_stored_is_not_and_the_rest_goes_after_a_day(box: Box) -> None:
    ada = await box.claimed()
    unkept = await asked(ada, "The sky?", store=False)
    kept = await asked(ada, "The sky?")

    assert unkept["store"] is False
    assert (await ada.get(f"{PATH}/{unkept['id']}")).status_code == 404
    box.clock.advance(hours=25)
    assert (await ada.get(f"{PATH}/{kept['id']}")).status_code == 404


async def test_the_oldest_make_room(box: Box) -> None:
    ada = await box.claimed()
    long = "word " * 600_000

    first = await asked(ada, long)
    await asked(ada, long)
    last = await asked(ada, long)

    assert (await ada.get(f"{PATH}/{first['id']}")).status_code == 404
    assert (await ada.get(f"{PATH}/{last['id']}")).status_code == 200


async def test_who_is_deleted_leaves_nothing_in_memory(box: Box) -> None:
    await box.claimed()
    box.other_person()
    kept = KeptResponses(box.clock)
    for whose in ("bob", "ada"):
        kept.keep(whose, {"id": "resp_1", "output": []}, numbered("The sky?"))

    farewell = Farewell(people=box.people, shelves=box.shelves, library=box.library, forget=kept.forget)
    await farewell.say(PersonId("bob"))

    with pytest.raises(ResponseNotFoundError):
        kept.get("bob", "resp_1")
    assert kept.get("ada", "resp_1")


async def test_a_streamed_response_is_kept_as_well(box: Box) -> None:
    ada = await box.claimed()

    answer = await ada.post(PATH, json={"model": "tiny", "input": "The sky?", "stream": True})
    number = answer.text.split('"id": "resp_', 1)[1].split('"', 1)[0]

    told = (await ada.get(f"{PATH}/resp_{number}")).json()
    assert told["output"][0]["content"][0]["text"] == "It is blue."


async def test_an_input_is_counted_and_what_has_ended_is_not_cancelled(box: Box) -> None:
    ada = await box.claimed()
    bob = box.other_person()
    first = await asked(ada, "The sky?")
    address = f"{PATH}/{first['id']}"

    counted = await ada.post(f"{PATH}/input_tokens", json={"model": "tiny", "input": "And the sea?"})
    longer = await ada.post(
        f"{PATH}/input_tokens", json={"model": "tiny", "input": "And?", "previous_response_id": first["id"]}
    )
    cancelled = await ada.post(f"{address}/cancel")
    beyond = await ada.get(f"{address}/input_items", params={"after": "msg_x"})

    assert counted.json() == {"object": "response.input_tokens", "input_tokens": 4}
    assert longer.json()["input_tokens"] > 4
    assert (cancelled.status_code, beyond.status_code) == (400, 400)
    assert "has ended" in cancelled.json()["error"]["message"]
    assert beyond.json()["error"]["param"] == "after"
    assert (await bob.post(f"{address}/cancel")).status_code == 404


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"role": "user"}, "content"),
        ({"type": "function_call", "call_id": "call_1", "arguments": "{}"}, "name"),
        ({"type": "function_call", "name": "weather"}, "call_id"),
        ({"type": "function_call_output", "call_id": "call_1"}, "output"),
    ],
)
async def test_an_item_that_lacks_what_makes_it_one_is_refused(box: Box, item: dict[str, Any], field: str) -> None:
    ada = await box.claimed()

    refused = await ada.post(PATH, json={"model": "tiny", "input": [item]})

    assert refused.status_code == 400
    assert f"needs its `{field}`" in refused.json()["error"]["message"]
