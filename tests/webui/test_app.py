"""The whole front: what strangers reach, what a browser is told to allow, and whose socket is whose."""

import contextlib
import html
import http.client
import json
import re
import ssl
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.webui.house import House

SOCKET = "/_nicegui_ws/socket.io/"
POLLING = {"EIO": "4", "transport": "polling"}


def test_every_route_but_the_doors_refuses_a_stranger(house: House) -> None:
    """Walks the routes of the pages, so that a page added later is covered."""
    from nicegui import app as pages

    house.assistant.claim()
    stranger = house.visitor()
    paths = {getattr(route, "path", "") for route in pages.routes} - {""}
    private = {path for path in paths if not path.startswith(("/_nicegui/", "/favicon"))}
    assert {"/", "/library", "/keys", "/system", "/welcome", "/chat/{chat_id}"} <= private

    for path in private:
        answer = stranger.get(re.sub(r"\{[^}]*\}", "x", path))

        assert answer.status_code in {303, 401}, path
        assert "nicegui" not in answer.text.lower(), path


def test_a_page_is_served_to_whoever_holds_a_session(house: House) -> None:
    answer = house.visitor(house.assistant.claim()).get("/")

    assert answer.status_code == 200
    assert answer.headers["x-nicegui-content"] == "page"


def test_a_page_names_no_host_but_ours(house: House) -> None:
    visitor = house.visitor(house.assistant.claim())

    for path in ("/", "/library", "/keys", "/system", "/welcome"):
        answer = visitor.get(path)

        assert "://" not in answer.headers["content-security-policy"]
        assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?(?:https?:)?//""", answer.text), path


def test_the_policy_lets_only_scripts_with_the_pages_nonce_run(house: House) -> None:
    visitor = house.visitor(house.assistant.claim())

    first, second = visitor.get("/"), visitor.get("/")

    policies = [answer.headers["content-security-policy"] for answer in (first, second)]
    nonces = [re.search(r"'nonce-([^']+)'", policy) for policy in policies]
    assert nonces[0]
    assert nonces[1]
    assert nonces[0][1] != nonces[1][1]
    script_policy = next(part for part in policies[0].split(";") if "script-src" in part)
    assert "unsafe-inline" not in script_policy
    assert first.text.count("<script") == first.text.count(f'<script nonce="{nonces[0][1]}"') > 3


def test_a_title_or_name_cant_bring_a_script_into_the_page(house: House) -> None:
    """Stored XSS: the nonce goes onto every script tag of the template, so none may come from data."""
    house.assistant.claim(name="</script><script>alert(1)</script>")
    house.assistant.add("</script><script>alert(2)</script>.txt", "private")
    house.assistant.chats["c"] = {
        "id": "c",
        "title": "</title><script>alert(3)</script>",
        "created_at": "",
        "messages": [],
    }
    visitor = house.visitor(next(iter(house.assistant.sessions)))

    for path in ("/", "/library", "/chat/c"):
        page = visitor.get(path)

        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert not re.search(r"<script[^>]*>alert", page.text)


@pytest.mark.parametrize("path", ["/login", "/static/hearth.css", "/api/health", "/nowhere"])
def test_security_headers_are_on_every_answer(house: House, path: str) -> None:
    house.assistant.claim()

    answer = house.visitor().get(path)

    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" not in answer.headers


def test_an_absent_api_route_is_the_assistants_to_answer(house: House) -> None:
    answer = house.visitor(house.assistant.claim()).get("/api/nothing")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


def test_the_name_that_avahi_chose_is_answered_too(house: House) -> None:
    answers = [house.visitor(Host=name).get("/setup").status_code for name in ("hearth-2.local", "hearth-3.local")]

    assert answers == [200, 421]


def test_the_socket_refuses_a_stranger(house: House) -> None:
    house.assistant.claim()

    answer = house.visitor(Origin=house.url).get(SOCKET, params=POLLING)

    assert answer.status_code == 401


def test_the_socket_refuses_a_foreign_page_even_with_the_cookie(house: House) -> None:
    """NiceGUI's socket accepts any origin by itself."""
    session = house.assistant.claim()

    answer = house.visitor(session, Origin="https://attacker.example").get(SOCKET, params=POLLING)

    assert answer.status_code == 403


def test_a_page_is_bound_to_the_session_that_loaded_it(house: House) -> None:
    """Another person of the house, who has learned a page's id, can neither join its room nor press its buttons."""
    ada, ben = house.assistant.claim(), house.assistant.enter("Ben")
    page_id = client_id(house.visitor(ada).get("/"))

    assert connect(house, ada, page_id).startswith("40")
    assert connect(house, ben, page_id).startswith("44")


def test_an_ended_session_loses_its_socket(house: House) -> None:
    session = house.assistant.claim()
    visitor = house.visitor(session, Origin=house.url)
    page_id = client_id(visitor.get("/"))
    visitor.post("/logout")

    answer = house.visitor(session, Origin=house.url).get(SOCKET, params={**query(page_id), **POLLING})

    assert answer.status_code == 401


def test_another_sessions_socket_cant_press_a_pages_buttons(house: House) -> None:
    """NiceGUI takes an event for any page that it names; here only a socket in that page's room counts."""
    ada, ben = house.assistant.claim(), house.assistant.enter("Ben")
    adas_page, bens_page = house.visitor(ada).get("/"), house.visitor(ben).get("/")
    press = example_pressed(adas_page)
    adas_socket, where = connected(house, ada, client_id(adas_page))
    bens_socket, bens_where = connected(house, ben, client_id(bens_page))

    bens_socket.post(SOCKET, params=bens_where, content=press)
    time.sleep(0.5)
    assert house.assistant.chats == {}

    adas_socket.post(SOCKET, params=where, content=press)
    assert eventually(lambda: len(house.assistant.chats) == 1)


def test_a_chat_of_somebody_else_is_told_in_a_sentence(house: House) -> None:
    answer = house.visitor(house.assistant.claim()).get("/chat/not-mine")

    assert answer.status_code == 404
    assert "There is no such chat." in answer.text


def test_an_unknown_path_leads_back(house: House) -> None:
    answer = house.visitor(house.assistant.claim()).get("/nowhere")

    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_a_style_is_asked_for_again_only_when_it_changed(house: House) -> None:
    visitor = house.visitor()
    first = visitor.get("/static/hearth.css")

    again = visitor.get("/static/hearth.css", headers={"If-None-Match": first.headers["etag"]})
    other = visitor.get("/static/hearth.css", headers={"If-None-Match": '"old"'})

    assert (again.status_code, again.content) == (304, b"")
    assert (other.status_code, other.content) == (200, first.content)


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/"])
def test_static_files_stay_in_their_folder(house: House, path: str) -> None:
    """Path traversal."""
    host, port = house.url.removeprefix("https://").split(":")
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    with contextlib.closing(http.client.HTTPSConnection(host, int(port), context=unchecked)) as browser:
        browser.request("GET", path)
        answer = browser.getresponse()

        assert answer.status in {303, 404}
        assert b"import" not in answer.read()


def example_pressed(page: httpx.Response) -> str:
    """Socket.IO's message for a click on the page's first example question."""
    elements = html.unescape(page.text)
    found = re.search(r'"(\d+)":\{(?:(?!"tag":).)*"tag":"button"(?:(?!"tag":).)*"example"(?:(?!"tag":).)*', elements)
    assert found
    listener = re.search(r'"listener_id":"([^"]+)"', found[0])
    assert listener
    named: dict[str, Any] = {"id": int(found[1]), "client_id": client_id(page), "listener_id": listener[1], "args": []}
    return "42" + json.dumps(["event", named])


def connected(house: House, session: str, page_id: str) -> tuple[httpx.Client, dict[str, str]]:
    """A socket over polling, open and in its page's room."""
    browser = house.visitor(session, Origin=house.url)
    where = {**query(page_id), **POLLING}
    where["sid"] = json.loads(browser.get(SOCKET, params=where).text[1:])["sid"]
    browser.post(SOCKET, params=where, content=b"40")
    assert browser.get(SOCKET, params=where).text.startswith("40")
    return browser, where


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not holds():
        time.sleep(0.05)
    return holds()


def client_id(page: httpx.Response) -> str:
    found = re.search(r"'client_id': '([^']+)'", page.text)
    assert found
    return found[1]


def query(page_id: str) -> dict[str, str]:
    named = {"client_id": page_id, "next_message_id": "0", "implicit_handshake": "true"}
    return {**named, "document_id": "d", "tab_id": "t", "old_tab_id": ""}


def connect(house: House, session: str, page_id: str) -> str:
    """Socket.IO's answer to a connection over polling: `40…` accepted, `44…` refused."""
    browser = house.visitor(session, Origin=house.url)
    where = {**query(page_id), **POLLING}
    opened = browser.get(SOCKET, params=where)
    where["sid"] = json.loads(opened.text[1:])["sid"]
    browser.post(SOCKET, params=where, content=b"40")
    return browser.get(SOCKET, params=where).text


def test_a_program_with_a_key_reaches_the_dialects_without_a_cookie(house: House) -> None:
    program = house.visitor(Authorization=f"Bearer {house.assistant.claim()}")

    assert program.get("/v1/models").json()["data"][0]["id"] == "hearth"
    assert house.visitor().get("/v1/models").status_code == 401


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages", "/api/chat"])
def test_another_sites_page_reaches_no_dialect(house: House, path: str) -> None:
    session = house.assistant.claim()

    from_elsewhere = house.visitor(session, Origin="https://elsewhere.example").post(path, json={})
    preflight = house.visitor(Origin="https://elsewhere.example").options(path)
    rebound = house.visitor(session, Host="elsewhere.example").get("/v1/models")

    assert from_elsewhere.status_code == 403
    assert "came from another site" in from_elsewhere.text
    assert "access-control-allow-origin" not in {*from_elsewhere.headers, *preflight.headers}
    assert rebound.status_code == 421


def test_the_row_of_a_locked_file_asks_for_its_password(house: House) -> None:
    visitor = house.visitor(house.assistant.claim())
    house.assistant.add("Locked.pdf", "private", status="failed")

    page = visitor.get("/library").text

    assert "Type the password of Locked.pdf" in page
