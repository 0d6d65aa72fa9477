"""The API describes itself, so that a program can be written without reading this source."""

from typing import Any

import pytest

from assistant.api.dialects import dialect_of
from assistant.api.doorman import OPEN_DOORS
from tests.assistant.api.box import LOCAL_KEY, Box


@pytest.fixture
def description(box: Box) -> dict[str, Any]:
    return box.app.openapi()


def operations(description: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in description["paths"].items()
        for method, operation in item.items()
    ]


def test_every_route_says_what_it_does(description: dict[str, Any]) -> None:
    silent = [
        name for name, operation in operations(description) if not operation["summary"] or not operation["description"]
    ]

    assert silent == []


def test_every_route_but_the_open_ones_says_that_it_needs_a_caller(description: dict[str, Any]) -> None:
    free = {name for name, operation in operations(description) if not operation.get("security")}

    assert free == {f"{method} {path}" for method, path in OPEN_DOORS}
    known = [operation["responses"] for name, operation in operations(description) if name not in free]
    assert all({"401", "429"} <= set(answers) for answers in known)


FORMS = {
    "hearth": "ErrorAnswer",
    "openai": "OpenAIErrorAnswer",
    "anthropic": "AnthropicErrorAnswer",
    "ollama": "OllamaErrorAnswer",
}


def test_every_described_refusal_has_the_form_of_its_dialect(description: dict[str, Any]) -> None:
    for name, operation in operations(description):
        form = FORMS[dialect_of(name.split()[1], {})]
        for status, answer in operation["responses"].items():
            if status >= "400" and not name.startswith("HEAD "):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": f"#/components/schemas/{form}"}, (name, status)


def test_no_request_of_our_own_takes_fields_that_it_does_not_know(description: dict[str, Any]) -> None:
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        for name, operation in operations(description)
        if dialect_of(name.split()[1], {}) == "hearth"
        and "application/json" in operation.get("requestBody", {}).get("content", {})
    ]

    assert len(set(bodies)) == 37
    assert all(description["components"]["schemas"][name]["additionalProperties"] is False for name in bodies)


async def test_the_description_is_served_to_known_callers(box: Box) -> None:
    assert (await box.caller(LOCAL_KEY).get("/api/openapi.json")).json()["info"]["title"] == "Hearth"
