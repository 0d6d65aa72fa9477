"""A strict form that a model cannot be held to is refused, with what of it is in the way."""

import json
from typing import Any

import pytest

from tests.assistant.api.box import Box
from tests.assistant.api.test_dialects import ask


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "number", "minimum": 5}, "`minimum` of numbers with decimals"),
        ({"type": ["number", "null"], "exclusiveMaximum": 5}, "`exclusiveMaximum` of numbers with decimals"),
        ({"type": "integer", "multipleOf": 7}, "`multipleOf`"),
        ({"type": "array", "uniqueItems": True}, "`uniqueItems`"),
        ({"not": {"type": "string"}}, "`not`"),
        ({"type": "string", "format": "uri"}, "`format` “uri”"),
        ({"type": "string", "pattern": "^(?=a)"}, "a `pattern` of this kind"),
        ({"type": "string", "pattern": "^a+$", "maxLength": 3}, "`maxLength` beside a `pattern`"),
    ],
)
async def test_a_strict_schema_that_no_answer_can_be_held_to_is_refused(
    box: Box, schema: dict[str, Any], told: str
) -> None:
    form = {"type": "object", "properties": {"v": {"anyOf": [schema, {"type": "null"}]}}}
    chat = {"type": "json_schema", "json_schema": {"name": "x", "schema": form, "strict": True}}
    loose = json.loads(json.dumps(chat).replace("true", "false"))
    text = {"format": {"type": "json_schema", "name": "x", "schema": form, "strict": True}}

    refused = await ask(box, "openai", response_format=chat)
    response = await ask(box, "responses", text=text)
    answered = await ask(box, "openai", response_format=loose)

    assert (refused.status_code, response.status_code, answered.status_code) == (400, 400, 200)
    assert f"cannot hold a model to {told} of this schema" in refused.json()["error"]["message"]
    assert refused.json()["error"]["param"] == "response_format.json_schema.schema"
    assert response.json()["error"]["param"] == "text.format.schema"
