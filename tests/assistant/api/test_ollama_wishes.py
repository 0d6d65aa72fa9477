"""What Ollama's programs wish and this box does not do is refused; how long a model stays is told in its durations."""

import pytest

from tests.assistant.api.box import LOCAL_KEY, Box


async def test_a_raw_prompt_takes_no_instructions_beside_it(box: Box) -> None:
    body = {"model": "tiny", "prompt": "One two", "raw": True, "stream": False}

    async with box.caller(LOCAL_KEY) as caller:
        refused = await caller.post("/api/generate", json={**body, "system": "Be brief."})
        answered = await caller.post("/api/generate", json=body)

    assert refused.status_code == 400
    assert "With `raw` the model reads the prompt and nothing else" in refused.json()["error"]
    assert answered.status_code == 200


@pytest.mark.parametrize("wish", ["5m", "1h30m", "-1", "0", "0s", "-1m", "1.5h", "", 300, -1, 2.5])
async def test_how_long_a_model_stays_may_be_wished_for(box: Box, wish: str | float) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        answer = await caller.post("/api/generate", json={"model": "tiny", "prompt": "Hi", "keep_alive": wish})

    assert answer.status_code == 200


@pytest.mark.parametrize("wish", ["soon", "5 minutes", "m", "1x", "1m2", "m" * 60])
async def test_what_is_no_duration_is_refused(box: Box, wish: str) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        refused = await caller.post("/api/chat", json={"model": "tiny", "keep_alive": wish})

    assert refused.status_code == 400
    assert "keep_alive" in refused.json()["error"]


@pytest.mark.parametrize("path", ["/api/version", "/api/tags"])
async def test_programs_ask_for_a_head_alone_whether_anybody_answers(box: Box, path: str) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        here = await caller.head(path)
    async with box.caller() as stranger:
        refused = await stranger.head(path)

    assert (here.status_code, here.content) == (200, b"")
    assert refused.status_code == 401
