"""What programs are told about a request itself: its number, and what is wrong with the key."""

from typing import Any

import pytest

from tests.assistant.api.box import LOCAL_KEY, Box
from tests.assistant.api.test_dialects import ASKED, ask

HEADERS = {"openai": "x-request-id", "completions": "x-request-id", "responses": "x-request-id"}


@pytest.mark.parametrize("dialect", list(ASKED))
@pytest.mark.parametrize("more", [{}, {"stream": True}, {"model": "unknown"}, {"model": 5}])
async def test_each_request_has_a_number_where_its_sdk_looks_for_one(
    box: Box, dialect: str, more: dict[str, Any]
) -> None:
    first = await ask(box, dialect, **more)
    second = await ask(box, dialect, **more)

    if dialect == "ollama":
        assert not [name for name in first.headers if "request-id" in name]
        return
    name = HEADERS.get(dialect, "request-id")
    assert first.headers[name].startswith("req_")
    assert first.headers[name] != second.headers[name]
    if dialect == "anthropic" and first.status_code >= 400:
        assert first.json()["request_id"] == first.headers[name]


@pytest.mark.parametrize("dialect", list(ASKED))
@pytest.mark.parametrize(
    ("token", "message"), [("sk-hearth-old", "does not know this key"), ("", "This request brings no key")]
)
async def test_a_program_is_told_what_is_wrong_with_its_key(box: Box, dialect: str, token: str, message: str) -> None:
    path, body = ASKED[dialect]

    async with box.caller(token) as stranger:
        refused = await stranger.post(path, json={"model": "tiny", **body})

    assert refused.status_code == 401
    assert message in refused.text
    assert "page “Programs”" in refused.text
    if dialect in {"openai", "completions", "responses"}:
        assert refused.json()["error"]["code"] == "invalid_api_key"
    if dialect == "anthropic":
        assert refused.json()["request_id"] == refused.headers["request-id"]


async def test_what_breaks_is_told_with_its_number_as_well(box: Box) -> None:
    box.texts.refusal = RuntimeError("an accident")
    path, body = ASKED["anthropic"]

    async with box.caller(LOCAL_KEY) as caller:
        broke = await caller.post(path, json={"model": "tiny", **body})

    assert broke.status_code == 500
    assert broke.json()["request_id"] == broke.headers["request-id"]
