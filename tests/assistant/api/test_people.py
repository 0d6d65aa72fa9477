"""Claiming the box and signing in, as a browser sees it."""

import httpx
import pytest

from tests.assistant.api.box import PASSWORD, Box, refusal


async def setup(box: Box, code: str, name: str = "Ada", password: str = PASSWORD) -> httpx.Response:
    return await box.caller().post("/api/setup", json={"code": code, "name": name, "password": password})


async def login(box: Box, password: str, client: str = "192.168.1.7") -> httpx.Response:
    given = {"name": "Ada", "password": password}
    return await box.caller().post("/api/login", json=given, headers={"X-Hearth-Client": client})


async def test_the_code_on_the_screen_claims_the_box(box: Box) -> None:
    answer = await setup(box, box.setup_code.current().shown.lower())

    assert answer.status_code == 201
    assert answer.json()["person"]["role"] == "owner"
    me = await box.caller(answer.json()["session"]).get("/api/me")
    assert me.json().items() >= answer.json()["person"].items()
    assert (await box.caller().get("/api/health")).json()["claimed"]


async def test_without_the_code_nobody_claims_the_box(box: Box) -> None:
    assert refusal(await setup(box, "AAAA-AAAA")) == (403, "wrong_setup_code")
    assert not (await box.caller().get("/api/health")).json()["claimed"]


async def test_a_claimed_box_is_not_claimed_again(box: Box) -> None:
    code = box.setup_code.current().shown
    await setup(box, code)

    assert refusal(await setup(box, code)) == (409, "already_claimed")


@pytest.mark.parametrize(
    ("name", "password", "code"), [("Ada", "short", "weak_password"), (" ", PASSWORD, "unfit_name")]
)
async def test_what_does_not_fit_is_said(box: Box, name: str, password: str, code: str) -> None:
    assert refusal(await setup(box, box.setup_code.current().shown, name, password)) == (422, code)


async def test_guessing_is_told_how_long_to_wait(box: Box) -> None:
    await box.claimed()
    answers = [await login(box, "wrong password") for _ in range(6)]

    assert refusal(answers[0]) == (401, "wrong_login")
    assert refusal(answers[5]) == (429, "too_many_guesses")
    assert answers[5].headers["Retry-After"] == "2"
    assert refusal(await login(box, "wrong password", client="192.168.1.8")) == (401, "wrong_login")


async def test_a_person_signs_in_and_out(box: Box) -> None:
    await box.claimed()
    ada = box.caller((await login(box, PASSWORD)).json()["session"])

    assert (await ada.post("/api/logout")).status_code == 204
    assert refusal(await ada.get("/api/me")) == (401, "unknown_caller")


async def test_a_renewed_session_voids_the_old_token(box: Box) -> None:
    ada = await box.claimed()

    fresh = (await ada.post("/api/sessions/renew")).json()["session"]

    assert refusal(await ada.get("/api/me")) == (401, "unknown_caller")
    assert (await box.caller(fresh).get("/api/me")).json()["name"] == "Ada"


async def test_a_person_sees_and_ends_the_own_sessions(box: Box) -> None:
    here = await box.claimed()
    there = box.caller((await login(box, PASSWORD)).json()["session"])
    listed = (await here.get("/api/sessions")).json()["sessions"]
    (elsewhere,) = [session for session in listed if not session["current"]]

    assert (await here.delete(f"/api/sessions/{elsewhere['id']}")).status_code == 204

    assert refusal(await there.get("/api/me")) == (401, "unknown_caller")


UNFIT_BODIES = [
    b"",
    b"{",
    b"[]",
    b"\xff",
    b'{"name": "Ada"}',
    b'{"name": "Ada", "password": "a warm fire", "role": "owner"}',
    b'{"name": "\\ud800", "password": "a warm fire"}',
    b'{"name": "A\\u0000", "password": "a warm fire"}',
    b'{"name": ["Ada"], "password": {}}',
]


async def test_an_unfit_body_is_refused_without_repeating_it(box: Box) -> None:
    for body in UNFIT_BODIES:
        answer = await box.caller().post("/api/login", content=body, headers={"Content-Type": "application/json"})

        assert refusal(answer) in {(422, "invalid_request"), (400, "bad_request")}, body
        assert "warm fire" not in answer.text
