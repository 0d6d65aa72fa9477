"""A form of which llama-server would read one half is written so that it holds to both."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.engine.pieces import Piece, Stopped
from assistant.generation.forms import enforced
from assistant.generation.plain import written
from assistant.generation.request import Generation, Said, Tool
from assistant.generation.whole import collected
from tests.assistant.api.texts import FakeTexts
from tests.engine.real_server import client_of, serving, token_of

ADDRESS: dict[str, Any] = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "box": {"type": "integer"}, "city": {"type": "string"}},
    "required": ["city"],
    "anyOf": [{"required": ["street"]}, {"required": ["box"]}],
}


def test_each_alternative_of_an_object_is_the_whole_object() -> None:
    street, box = enforced(ADDRESS)["anyOf"]

    assert street["properties"] == box["properties"] == ADDRESS["properties"]
    assert (street["required"], box["required"]) == (["city", "street"], ["city", "box"])
    assert street["type"] == box["type"] == "object"


def test_an_alternative_adds_its_own_properties_and_says_the_base_more_precisely() -> None:
    form = {
        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
        "required": ["kind"],
        "oneOf": [{"properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}, "required": ["lives"]}],
    }

    (cat,) = enforced(form)["anyOf"]

    assert cat["properties"] == {
        "kind": {"const": "cat"},
        "name": {"type": "string"},
        "lives": {"type": "integer"},
    }
    assert cat["required"] == ["kind", "lives"]


def test_it_holds_inside_of_a_form_too_and_definitions_stay_where_they_are_looked_for() -> None:
    form = {
        "$defs": {"address": ADDRESS},
        "properties": {"all": {"type": "array", "items": {"$ref": "#/$defs/address"}}},
        "anyOf": [{"required": ["all"]}],
    }

    told = enforced(form)

    assert len(told["$defs"]["address"]["anyOf"]) == 2
    assert "$defs" not in told["anyOf"][0]


@pytest.mark.parametrize(
    "form",
    [
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "object", "anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"type": "object"}}},
        {"type": "object", "properties": {"anyOf": {"type": "string"}}},
        {},
    ],
)
def test_what_is_enforced_as_it_is_stays_as_it_is(form: dict[str, Any]) -> None:
    assert enforced(form) == form


def test_alternatives_that_point_elsewhere_or_are_too_many_leave_the_properties() -> None:
    pointing = {**ADDRESS, "anyOf": [{"$ref": "#/$defs/a"}]}
    many = {**ADDRESS, "anyOf": [{"required": ["street"]}] * 1000}

    assert enforced(pointing)["properties"] == enforced(many)["properties"] == ADDRESS["properties"]
    assert "anyOf" not in enforced(pointing).keys() | enforced(many).keys()


FORMS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["object", "string", "a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "required", "anyOf", "oneOf", "items", "$defs", "a"]), inner
        )
    ),
    max_leaves=20,
)


@given(form=st.dictionaries(st.sampled_from(["type", "properties", "required", "anyOf", "oneOf"]), FORMS))
def test_whatever_a_program_sends_stays_a_form(form: dict[str, Any]) -> None:
    assert isinstance(json.dumps(enforced(form)), str)


async def test_arguments_and_answers_are_held_to_the_whole_form() -> None:
    asked = Generation(model="tiny", said=(Said(role="user", text="Where?"),))
    tool = Tool(name="send", parameters=ADDRESS)
    calling, answering = FakeTexts(steps=[("{}",)]), FakeTexts(steps=[("{}",)])

    forced = Generation(model="tiny", said=asked.said, tools=(tool,), tool_choice="required", several_calls=False)
    await collected(written(calling, forced))
    await collected(written(answering, Generation(model="tiny", said=asked.said, schema=ADDRESS)))

    assert calling.asked[0][1]["json_schema"] == answering.asked[0][1]["json_schema"] == enforced(ADDRESS)


SMALL: dict[str, Any] = {
    "type": "object",
    "properties": {"street": {"enum": ["High", "Low"]}, "box": {"enum": [1, 2]}},
    "additionalProperties": False,
    "anyOf": [{"required": ["street"]}, {"required": ["box"]}],
}


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_real_engine_writes_an_object_of_that_form_whatever_it_would_rather_write() -> None:
    with serving() as socket:
        async with client_of(socket) as engine:
            leaning = {"logit_bias": [[await token_of(engine, "["), 30.0]], "temperature": 0, "n_predict": 50}
            loose = [one async for one in engine.extend("JSON: ", {**leaning, "json_schema": SMALL})]
            held = [one async for one in engine.extend("JSON: ", {**leaning, "json_schema": enforced(SMALL)})]

    assert text_of(loose).startswith("[")  # why it has to be written out
    assert json.loads(text_of(held)).keys() & {"street", "box"}


def text_of(pieces: list[Piece | Stopped]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Piece))
