"""Among which tools a model chooses, as OpenAI's programs say it."""

import json
from typing import Any

import pytest

from tests.assistant.api.box import Box
from tests.assistant.api.test_dialects import TOOL, ask

FEW: dict[str, dict[str, Any]] = {
    "openai": {
        "tools": [{"type": "function", "function": {**TOOL, "name": name}} for name in ("weather", "news", "time")],
        "tool_choice": {
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "required",
                "tools": [{"type": "function", "function": {"name": name}} for name in ("news", "time")],
            },
        },
    },
    "responses": {
        "tools": [{"type": "function", **TOOL, "name": name} for name in ("weather", "news", "time")],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": name} for name in ("news", "time")],
        },
    },
}


@pytest.mark.parametrize("dialect", list(FEW))
async def test_a_program_allows_some_of_its_tools(box: Box, dialect: str) -> None:
    box.texts.steps = [('"news"',), ("{}",)]
    unknown = json.loads(json.dumps(FEW[dialect]).replace('"time"', '"sport"'))
    unknown["tools"] = FEW[dialect]["tools"]

    answer = await ask(box, dialect, **FEW[dialect])
    refused = await ask(box, dialect, **unknown)

    assert answer.status_code == 200
    assert "news" in answer.text
    assert "weather" not in box.texts.asked[0][1]["grammar"]
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "tool_choice"
    assert "no tool “sport”" in refused.text
