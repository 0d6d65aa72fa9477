"""Authentication: every door but three is closed to a stranger, whoever adds a route later."""

from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.routing import BaseRoute

from assistant.api.doorman import OPEN_DOORS
from tests.assistant.api.box import LOCAL_KEY, Box, refusal


def doors(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of every route, also of those that come in routers."""
    for route in routes:
        if (router := getattr(route, "original_router", None)) is not None:
            yield from doors(router.routes)
        else:
            yield from ((method, getattr(route, "path", "")) for method in getattr(route, "methods", None) or ())


def address(path: str) -> str:
    return (
        path.replace("{page}", "1")
        .replace("{document_id}", "d1")
        .replace("{chat_id}", "c1")
        .replace("{session_id}", "s1")
        .replace("{key_id}", "k1")
        .replace("{model:path}", "m1")
        .replace("{digest}", "sha256:0")
    )


def test_the_walk_over_the_route_table_finds_every_described_route(box: Box) -> None:
    described = {
        (method.upper(), path)
        for path, item in box.app.openapi()["paths"].items()
        for method in item
        if path.startswith("/api")
    }

    assert described <= set(doors(box.app.routes))
    assert len(described) >= 22


@pytest.mark.parametrize("token", ["", "guess", "\u00e9"])
async def test_every_route_but_three_refuses_an_unknown_caller(box: Box, token: str) -> None:
    await box.claimed()
    headers = {b"Authorization": f"Bearer {token}".encode()} if token else {}

    answers = {}
    async with box.caller() as stranger:
        for method, path in doors(box.app.routes):
            response = await stranger.request(method, address(path), content=b"{}", headers=headers)
            answers[method, path] = response.status_code

    opened = {door for door, status in answers.items() if status != 401}
    # To sign in with nothing is refused too, but for what it lacks.
    assert opened == OPEN_DOORS


async def test_an_unknown_address_is_not_told_from_a_known_one(box: Box) -> None:
    stranger = box.caller()

    assert refusal(await stranger.get("/api/nothing")) == refusal(await stranger.get("/api/documents"))
    assert refusal(await stranger.get("/")) == (401, "unknown_caller")


async def test_only_the_very_path_is_open(box: Box) -> None:
    for path in ("/api/health/", "//api/health", "/api/health/../documents", "/API/health"):
        assert (await box.caller().get(path)).status_code == 401, path


async def test_a_wrong_scheme_opens_nothing(box: Box) -> None:
    for authorization in ("Basic aGVhcnRo", "Bearer", "Bearer ", "bearer guess", LOCAL_KEY):
        response = await box.caller().get("/api/documents", headers={"Authorization": authorization})

        assert refusal(response) == (401, "unknown_caller"), authorization
        assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_session_in_a_cookie_is_known(box: Box) -> None:
    ada = await box.claimed()
    token = ada.headers["Authorization"].removeprefix("Bearer ")

    answer = await box.caller().get("/api/me", headers={"Cookie": f"hearth_session={token}"})

    assert answer.json()["name"] == "Ada"


async def test_a_session_that_has_ended_is_a_stranger(box: Box) -> None:
    ada = await box.claimed()
    box.clock.advance(days=31)

    assert refusal(await ada.get("/api/me")) == (401, "unknown_caller")


async def test_the_local_key_speaks_for_the_household_until_the_box_is_claimed_and_then_for_its_owner(box: Box) -> None:
    local = box.caller(LOCAL_KEY)
    assert (await local.get("/api/documents")).status_code == 200
    assert refusal(await local.get("/api/me")) == (409, "not_claimed")
    assert refusal(await local.post("/api/chats")) == (409, "not_claimed")
    assert refusal(await local.put("/api/documents?name=a.txt", content=b"a")) == (409, "not_claimed")

    await box.claimed()

    assert (await local.get("/api/me")).json()["name"] == "Ada"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_website_cannot_act_for_a_person(box: Box, site: str) -> None:
    ada = await box.claimed()

    for method, path in (("POST", "/api/chats"), ("DELETE", "/api/documents/d1"), ("POST", "/api/login")):
        answer = await ada.request(method, path, headers={"Sec-Fetch-Site": site})

        assert refusal(answer) == (403, "foreign_origin"), path


async def test_the_page_itself_may_act(box: Box) -> None:
    ada = await box.claimed()

    assert (await ada.post("/api/chats", headers={"Sec-Fetch-Site": "same-origin"})).status_code == 201


async def test_every_answer_forbids_sniffing_caching_and_running(box: Box) -> None:
    ada = await box.claimed()

    for answer in (
        await ada.get("/api/documents"),
        await box.caller().get("/api/documents"),
        await ada.get("/nothing"),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_stranger_learns_only_whether_the_box_is_well(box: Box) -> None:
    box.engine.condition = "starting"

    answer = await box.caller().get("/api/health")

    assert answer.json() == {"status": "ok", "claimed": False, "engine": "starting", "version": "1.2.3"}


async def test_a_body_without_end_is_refused(box: Box) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'{"text":"'
        while True:
            yield b"a" * 65536

    ada = await box.claimed()
    response = await ada.post("/api/ask", content=endless())

    assert refusal(response) == (413, "request_too_large")
