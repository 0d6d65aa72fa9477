"""The list of models, a page at a time, as Anthropic's programs turn them."""

from typing import Any

from tests.assistant.api.box import LOCAL_KEY, Box

ANTHROPIC = {"anthropic-version": "2023-06-01"}


async def page(box: Box, **wish: Any) -> tuple[list[str], bool]:
    async with box.caller(LOCAL_KEY) as caller:
        told = (await caller.get("/v1/models", params=wish, headers=ANTHROPIC)).json()
    names = [one["id"] for one in told["data"]]
    assert (told["first_id"], told["last_id"]) == ((names[0], names[-1]) if names else (None, None))
    return names, told["has_more"]


async def test_pages_are_turned_forward_and_back(box: Box) -> None:
    every, _ = await page(box)
    first, middle, last = every

    assert await page(box, limit=1) == ([first], True)
    assert await page(box, limit=1, after_id=first) == ([middle], True)
    assert await page(box, limit=1, after_id=middle) == ([last], False)
    assert await page(box, limit=1, before_id=last) == ([middle], True)
    assert await page(box, limit=1, before_id=middle) == ([first], False)
    assert await page(box, limit=5, before_id=last) == ([first, middle], False)
    assert await page(box, after_id="unknown") == ([], False)


async def test_a_model_is_told_by_every_name_by_which_it_answers(box: Box) -> None:
    async with box.caller(LOCAL_KEY) as caller:
        told = [(await caller.get(f"/v1/models/{name}")).json()["id"] for name in ("tiny", "Tiny", "tiny:latest")]
        unknown = await caller.get("/v1/models/gpt-9")

    assert told == ["tiny"] * 3
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
