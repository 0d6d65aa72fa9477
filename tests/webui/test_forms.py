"""Sign in, set up and sign out: plain forms before the whole front."""

import re

import httpx
import pytest

from tests.webui.fake_api.known import PASSWORD
from tests.webui.house import House


def test_an_unclaimed_box_leads_every_visitor_to_set_up(house: House) -> None:
    for path in ("/", "/library", "/system", "/chat/1", "/welcome", "/login", "/nothing"):
        answer = house.visitor().get(path)

        assert (answer.status_code, answer.headers["location"]) == (303, "/setup"), path


def test_a_claimed_box_leads_strangers_to_sign_in(house: House) -> None:
    house.assistant.claim()

    for path in ("/", "/library", "/system", "/chat/1", "/welcome", "/setup", "/nothing"):
        answer = house.visitor().get(path)

        assert (answer.status_code, answer.headers["location"]) == (303, "/login"), path


def test_the_right_code_claims_the_box_and_opens_a_session(house: House) -> None:
    answer = send(house, "/setup", code="ABCD-2345", name="Ada", password=PASSWORD, password_again=PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("hearth_session=")
    for attribute in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert attribute in cookie


def test_a_wrong_code_comes_back_onto_the_form_with_what_was_typed(house: House) -> None:
    answer = send(house, "/setup", code="XXXX-9999", name="Ada <b>", password=PASSWORD, password_again=PASSWORD)

    assert answer.status_code == 403
    assert "This is not the set-up code." in answer.text
    assert 'value="XXXX-9999"' in answer.text
    assert 'value="Ada &lt;b&gt;"' in answer.text
    assert PASSWORD not in answer.text
    assert house.assistant.owner is None


def test_two_different_passwords_claim_nothing(house: House) -> None:
    answer = send(house, "/setup", code="ABCD-2345", name="Ada", password=PASSWORD, password_again="another one")

    assert answer.status_code == 422
    assert "The two passwords differ." in answer.text
    assert house.assistant.owner is None


def test_the_right_password_signs_in(house: House) -> None:
    house.assistant.claim()

    answer = send(house, "/login", name="Ada", password=PASSWORD)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "hearth_session=" in answer.headers["set-cookie"]


def test_the_code_of_a_new_box_survives_signing_in(house: House) -> None:
    """Its QR code leads a phone that is not signed in to the form first."""
    house.assistant.claim()
    token = "7kq2m4xd" * 3 + "00"

    way = house.visitor().get(f"/nodes?invite={token}").headers["location"]
    form = house.visitor().get(way)
    wrong = send(house, "/login", name="Ada", password="wrong", invite=token)
    right = send(house, "/login", name="Ada", password=PASSWORD, invite=token)

    assert way == f"/login?invite={token}"
    assert f'name="invite" value="{token}"' in form.text
    assert f'name="invite" value="{token}"' in wrong.text
    assert right.headers["location"] == f"/nodes?invite={token}"


@pytest.mark.parametrize("given", ["https://attacker.example", "/library", "x" * 25, '"><script>', "u" * 26])
def test_nothing_else_is_carried_through_signing_in(house: House, given: str) -> None:
    house.assistant.claim()

    assert house.visitor().get("/nodes", params={"invite": given}).headers["location"] == "/login"
    assert 'name="invite"' not in house.visitor().get("/login", params={"invite": given}).text
    assert send(house, "/login", name="Ada", password=PASSWORD, invite=given).headers["location"] == "/"


def test_a_wrong_password_keeps_the_name_and_says_what_to_do(house: House) -> None:
    house.assistant.claim()

    answer = send(house, "/login", name='"><script>alert(1)</script>', password="wrong")

    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert "<script>alert" not in answer.text
    assert "&quot;&gt;&lt;script&gt;" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_foreign_page_cant_sign_anybody_in(house: House) -> None:
    """CSRF against the log-in form would put a victim into an attacker's account."""
    house.assistant.claim()

    answer = house.visitor(Origin="https://attacker.example").post("/login", data={"name": "Ada", "password": PASSWORD})

    assert answer.status_code == 403


def test_the_callers_address_reaches_the_assistant(house: House) -> None:
    house.assistant.claim()

    send(house, "/login", name="Ada", password="wrong")

    assert house.assistant.callers[-1] == "127.0.0.1"


def test_signing_out_ends_the_session_and_takes_the_cookie_back(house: House) -> None:
    session = house.assistant.claim()

    answer = house.visitor(session, Origin=house.url).post("/logout")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert session not in house.assistant.sessions
    assert re.search(r'hearth_session="";.*Max-Age=0', answer.headers["set-cookie"])


def test_a_form_larger_than_any_honest_one_is_refused(house: House) -> None:
    house.assistant.claim()

    answer = send(house, "/login", name="A" * 20_000, password="x")

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("field", "hint"), [("name", "username"), ("password", "new-password"), ("code", "one-time-code")]
)
def test_password_managers_know_the_fields(house: House, field: str, hint: str) -> None:
    page = house.visitor().get("/setup").text

    assert re.search(rf'<input[^>]*name="{field}"[^>]*autocomplete="{hint}"', page)


def send(house: House, path: str, **fields: str) -> httpx.Response:
    return house.visitor(Origin=house.url).post(path, data=fields)
