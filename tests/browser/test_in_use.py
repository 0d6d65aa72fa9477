"""How the front behaves in a person’s hands: by keyboard, on a phone, with a slow model, when something fails."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Watched, photograph, visit
from tests.webui.fake_api.known import BEST
from tests.webui.fake_api.nodes import ALONE, MESH
from tests.webui.house import House

pytestmark = pytest.mark.browser


def test_a_question_is_asked_and_its_source_opened_by_keyboard(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    page.goto(house.url)
    expect(page.get_by_label("Your question")).to_be_focused()

    page.keyboard.type("How often?")
    page.keyboard.press("Enter")
    page.locator(".marker").first.wait_for()
    page.locator(".marker").first.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_alt_text("with the cited words marked")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_alt_text("with the cited words marked")).to_be_hidden()


def test_of_a_file_that_was_changed_since_the_answer_no_other_words_are_marked(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    page.goto(house.url)
    page.get_by_label("Your question").fill("How often?")
    page.keyboard.press("Enter")
    page.locator(".marker").first.wait_for()
    house.assistant.page_text = "The boiler was sold. " * 20

    page.locator(".marker").first.click()

    expect(page.locator(".panel").get_by_text(BEST)).to_be_visible()
    expect(page.locator(".panel").get_by_text("The file was changed after these words were quoted")).to_be_visible()
    expect(page.get_by_alt_text("Picture of Boiler manual.pdf")).to_be_visible()
    assert page.locator(".panel mark").count() == 0
    assert "start=" not in str(page.locator(".page-picture img").get_attribute("src"))


def test_the_phones_menu_opens_and_closes(house: House, chromium: Browser) -> None:
    page = enter(house, chromium, phone=True)
    page.goto(house.url)
    library = page.get_by_role("link", name="Library")
    expect(library).to_be_hidden()

    page.get_by_role("button", name="Open the menu").click()
    expect(library).to_be_visible()
    page.get_by_role("button", name="Close the menu").click()

    expect(library).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/library", "/keys", "/jobs", "/nodes", "/system", "/welcome"])
def test_no_page_is_wider_than_a_phone(house: House, chromium: Browser, path: str) -> None:
    page = enter(house, chromium, phone=True)
    house.assistant.add("A-file-with-a-very-long-name-that-has-no-space-anywhere-in-it-at-all.pdf", "private")

    page.goto(house.url + path)
    page.locator("h1").first.wait_for()

    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_stopping_an_answer_keeps_what_came_and_stops_the_work(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    house.assistant.token_seconds = 0.3
    before = house.assistant.generations_stopped
    page.goto(house.url)

    page.get_by_label("Your question").fill("How often?")
    page.keyboard.press("Enter")
    page.locator(".growing").get_by_text("Once").wait_for()
    page.get_by_role("button", name="Stop the answer").click()

    expect(page.get_by_text("You stopped this answer.")).to_be_visible()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.locator(".growing")).to_contain_text("Once")
    assert house.assistant.generations_stopped == before + 1


def test_a_question_the_files_dont_answer_says_so(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    house.assistant.found = False
    page.goto(house.url)

    page.get_by_label("Your question").fill("Who won the cup?")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Your files don’t seem to hold an answer to this.")).to_be_visible()
    expect(page.get_by_text("Nearest passages", exact=True)).to_be_visible()
    expect(page.get_by_text("In the model’s words")).to_have_count(0)


def test_a_file_is_deleted_only_after_a_yes(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    page.goto(f"{house.url}/library")

    page.get_by_role("button", name="Delete Boiler manual.pdf").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", name="Delete “Boiler manual.pdf”?")).to_be_hidden()
    assert len(house.assistant.documents) == 1
    page.get_by_role("button", name="Delete Boiler manual.pdf").click()
    page.get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_text("Nothing here yet.")).to_be_visible()
    assert house.assistant.documents == {}


def test_the_pages_of_a_source_can_be_turned(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    page.goto(f"{house.url}/library")

    page.get_by_role("button", name="Read Boiler manual.pdf").click()
    expect(page.get_by_role("button", name="Page before")).to_be_disabled()
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("Page 2 of 4", exact=True)).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()

    expect(page.get_by_text("Page 2 of 4", exact=True)).to_be_hidden()


def test_a_refused_file_says_why_beside_its_name(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/library")

    page.locator("input[type=file]").set_input_files(
        {"name": "empty.pdf", "mimeType": "application/pdf", "buffer": b""}
    )

    expect(page.locator(".sent")).to_contain_text("empty.pdf")
    expect(page.locator(".sent")).to_contain_text("This file is empty.")


def test_a_folder_that_is_dropped_is_walked_through(house: House, chromium: Browser, tmp_path: Path) -> None:
    for name in ("letters/a.txt", "letters/2026/b.txt", "letters/Thumbs.db", "letters/.hidden/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words")
    page = enter(house, chromium)
    page.goto(f"{house.url}/library")
    place = page.locator(".dropzone").bounding_box()
    assert place is not None
    browser = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "letters")], "dragOperationsMask": 1}
    with page.expect_request(lambda request: "name=b.txt" in request.url) as sent:
        for kind in ("dragEnter", "dragOver", "drop"):
            where = {"x": place["x"] + 20, "y": place["y"] + 20}
            browser.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})

    assert "folder=letters%2F2026" in sent.value.url
    expect(page.get_by_role("heading", name="a.txt")).to_be_visible()
    expect(page.get_by_role("heading", name="b.txt")).to_be_visible()
    expect(page.get_by_text("Thumbs.db")).to_be_hidden()
    expect(page.get_by_text("c.txt")).to_be_hidden()


def test_an_ended_session_leads_to_the_sign_in_form(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/library")
    page.get_by_label("Search the words in your files").fill("boiler")
    house.assistant.sessions.clear()

    page.keyboard.press("Enter")

    page.wait_for_url("**/login")


def enter(house: House, chromium: Browser, *, phone: bool = False, dark: bool = False) -> Page:
    context = visit(chromium, Watched(), phone=phone, dark=dark)
    context.add_cookies(
        [{"name": "hearth_session", "value": house.assistant.claim(), "url": house.url, "secure": True}]
    )
    return context.new_page()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_key_is_made_shown_once_and_taken_back(house: House, chromium: Browser, dark: bool) -> None:
    page = enter(house, chromium, phone=dark, dark=dark)
    page.goto(f"{house.url}/keys")
    secret = page.get_by_text("sk-hearth-abcdefgh", exact=True)

    page.get_by_label("Name of the new key").fill("editor")
    page.keyboard.press("Enter")
    expect(secret).to_be_visible()
    expect(page.locator("pre").filter(has_text='api_key="sk-hearth-abcdefgh"').first).to_be_visible()
    photograph(page, f"keys-{'dark' if dark else 'light'}")
    page.reload()
    expect(page.get_by_role("heading", name="editor")).to_be_visible()
    expect(secret).to_be_hidden()
    page.get_by_role("button", name="Take back editor").click()
    page.get_by_role("button", name="Take it back").click()

    expect(page.get_by_text("There are none yet.")).to_be_visible()
    assert house.assistant.keys == {}


SLOW_TO_CONNECT = """
    const held = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (message) { held.push(() => send.call(this, message)); };
    window.connectNow = () => { WebSocket.prototype.send = send; held.forEach((one) => one()); };
    const soon = window.setTimeout;
    window.setTimeout = (work, wait, ...rest) => soon(work, wait === 10 ? 1000 : wait, ...rest);
"""
"""A page that connects when it is told to, and whose own short timers are late, as on a PC that is busy."""


def test_what_is_typed_while_the_page_connects_is_sent_in_its_order(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.add_init_script(SLOW_TO_CONNECT)
    page.goto(f"{house.url}/keys")

    page.get_by_label("Name of the new key").fill("editor")
    page.evaluate("connectNow()")
    page.wait_for_function("window.socket.connected")
    page.keyboard.press("Enter")

    expect(page.get_by_text("sk-hearth-abcdefgh", exact=True)).to_be_visible()
    assert [key["name"] for key in house.assistant.keys.values()] == ["editor"]


@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_a_model_over_several_boxes_is_told_of_with_where_and_how_fast(
    house: House, chromium: Browser, look: str
) -> None:
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")

    page.goto(f"{house.url}/nodes")
    part = page.get_by_role("region", name="Models over several boxes")

    expect(part.get_by_role("heading", name="qwen3-32b")).to_be_visible()
    expect(part.get_by_text("Runs over this box and Attic, about 3.2 tokens/s: 40 layers on this box")).to_be_visible()
    expect(part.get_by_text("Over this box and Attic it would write 0.4 tokens a second")).to_be_visible()
    expect(part.get_by_text("The last one ended early.")).to_be_visible()
    part.scroll_into_view_if_needed()
    photograph(page, f"nodes-split-{look}")


@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_every_node_is_shown_with_load_links_heat_battery_models_and_what_was_predicted(
    house: House, chromium: Browser, look: str
) -> None:
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")
    page.goto(f"{house.url}/nodes")
    part = page.get_by_role("region", name="Nodes of this mesh")

    hot = part.get_by_role("listitem").filter(has=page.get_by_role("heading", name="A-name-of-forty"))
    expect(
        hot.get_by_text("2 of 4 places busy, 3 waiting · qwen3-4b in memory · writes 14, reads 212 tokens/s")
    ).to_be_visible()
    expect(hot.get_by_text("83 °C · held back to cool down · battery 62%, runs on it")).to_be_visible()
    expect(hot.get_by_text("Links: Study 3 ms, 940 Mbit/s; Kitchen 14 ms, not measured yet")).to_be_visible()
    expect(part.get_by_text("3.1 GB of 7.5 GB free on Radeon RX 7600")).to_be_visible()
    expect(part.get_by_text("Its clock is 24 hours ahead of this box's.")).to_be_visible()
    expect(part.get_by_text("Worker · does not answer")).to_be_visible()
    outcomes = page.get_by_role("region", name="Where answers were computed")
    expect(outcomes.get_by_text("this box: 2 requests, 3.5 s predicted and 3.7 s taken in the middle")).to_be_visible()
    expect(outcomes.get_by_text("1.9 s predicted, failed after 0.8 s.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if look == "phone" else 1400)
    part.scroll_into_view_if_needed()
    photograph(page, f"nodes-members-{look}")
    outcomes.scroll_into_view_if_needed()
    photograph(page, f"nodes-outcomes-{look}")


def test_a_node_is_renamed_given_the_model_and_removed_and_the_mesh_dissolved(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/nodes")
    part = page.get_by_role("region", name="Nodes of this mesh")

    expect(part.get_by_text("Not asked with “qwen3-4b” now: it does not have this model.")).to_be_visible()
    part.get_by_role("button", name="Copy “qwen3-4b” there").click()
    expect(part.get_by_text("“qwen3-4b” is being copied there: 31%")).to_be_visible()
    expect(part.get_by_role("button", name="Copy “qwen3-4b” there")).to_be_hidden()

    part.get_by_role("button", name="Rename Attic").click()
    page.get_by_label("New name").fill("Cellar")
    photograph(page, "nodes-rename")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(part.get_by_role("heading", name="Cellar")).to_be_visible()

    part.get_by_role("button", name="Change what Cellar does").click()
    photograph(page, "nodes-role")
    page.get_by_role("button", name="Leave it").click()

    part.get_by_role("button", name="Remove Cellar").click()
    page.get_by_role("button", name="Remove it").click()
    expect(part.get_by_role("heading", name="Cellar")).to_be_hidden()

    page.get_by_role("button", name="Dissolve this mesh").click()
    page.get_by_role("button", name="Dissolve it").click()
    expect(page.get_by_role("region", name="Join another Hearth")).to_be_visible()
    expect(part.get_by_role("listitem")).to_have_count(0)


@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_a_member_moves_to_another_hearth_after_it_was_asked_whether_it_may_leave(
    house: House, chromium: Browser, look: str
) -> None:
    house.assistant.mesh.seen = {**MESH, "role": "worker", "window": None, "requests": []}
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")
    page.goto(f"{house.url}/nodes")
    part = page.get_by_role("region", name="Join another Hearth")

    part.get_by_text("Move this box to another Hearth").click()
    part.get_by_label("Address of the other box").fill("192.168.1.20")
    part.get_by_label("Its code").fill("7KQ2-M4XD")
    part.scroll_into_view_if_needed()
    photograph(page, f"nodes-move-{look}")
    part.get_by_role("button", name="Join").click()
    page.get_by_role("button", name="Keep it").click()
    assert house.assistant.mesh.asked_to_join == {}
    part.get_by_role("button", name="Join").click()
    page.get_by_role("button", name="Move it").click()

    expect(page.get_by_text("Speaking with the other box…")).to_be_visible()
    assert house.assistant.mesh.asked_to_join == {
        "code": "7KQ2-M4XD",
        "address": "192.168.1.20",
        "port": 7377,
        "leaves": True,
    }


def test_a_box_is_let_in_once_its_words_were_compared(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)

    page.goto(f"{house.url}/nodes")

    expect(page.get_by_text("7KQ2-M4XD", exact=True)).to_be_visible()
    expect(page.get_by_role("img", name="QR code for the new box")).to_be_visible()
    assert [word.inner_text() for word in page.locator(".join-words span").all()] == [
        "amber",
        "basil",
        "comet",
        "dancer",
    ]
    page.get_by_role("button", name="They are the same: let it in").click()
    expect(page.get_by_text("was let in as worker.")).to_be_visible()


def test_the_owner_chooses_what_a_box_is_as_it_comes_in_and_later(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/nodes")

    page.get_by_label("What it is here").select_option("storage")
    expect(page.get_by_text("It computes for nobody else, but its models can be copied.")).to_be_visible()
    page.get_by_role("button", name="They are the same: let it in").click()
    expect(page.get_by_text("was let in as storage.")).to_be_visible()

    page.get_by_role("button", name="Change what Attic does").click()
    question = page.get_by_role("dialog")
    question.get_by_label("What it is here").select_option("client")
    expect(question.get_by_text("It only asks: it computes for nobody else")).to_be_visible()
    question.get_by_role("button", name="Change it").click()

    expect(page.get_by_text("Client · does not answer")).to_be_visible()


@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_a_new_box_shows_a_code_for_the_phone_of_the_other_ones_owner(
    house: House, chromium: Browser, look: str
) -> None:
    house.assistant.mesh.seen = ALONE
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")
    page.goto(f"{house.url}/nodes")
    part = page.get_by_role("region", name="Join another Hearth")

    part.get_by_role("button", name="Show a QR code").first.click()

    expect(part.get_by_role("img", name="QR code for the owner of the other Hearth")).to_be_visible()
    expect(part.get_by_text("4:59 left")).to_be_visible()
    part.scroll_into_view_if_needed()
    photograph(page, f"nodes-knock-{look}")
    part.get_by_role("button", name="Stop").click()
    expect(part.get_by_label("Address of the other box")).to_be_visible()


@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_a_scanned_code_of_a_new_box_opens_the_door_for_it_alone(house: House, chromium: Browser, look: str) -> None:
    token = "7kq2m4xd" * 3 + "00"
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")

    page.goto(f"{house.url}/nodes?invite={token}")
    expect(page.get_by_role("heading", name="A new box shows you its code")).to_be_visible()
    photograph(page, f"nodes-invited-{look}")
    page.get_by_role("button", name="Open the door for it").click()

    expect(page.get_by_role("heading", name="A new box shows you its code")).to_be_hidden()
    assert house.assistant.mesh.opened_for == token


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_an_engine_of_another_make_is_added_allowed_to_see_files_and_removed(
    house: House, chromium: Browser, phone: bool, dark: bool
) -> None:
    house.assistant.engines.clear()
    page = enter(house, chromium, phone=phone, dark=dark)
    page.goto(f"{house.url}/nodes")

    page.get_by_role("button", name="Add an engine").click()
    page.get_by_label("Its address", exact=True).fill("8.8.8.8")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("is outside this house. Say so")).to_be_visible()
    page.get_by_text("It is outside this house, or made").click()
    expect(page.get_by_text("whoever runs that machine can read and keep it")).to_be_visible()
    photograph(page, f"engine-question-{'dark' if dark else 'light'}")
    page.get_by_label("Its address", exact=True).fill("192.168.1.20:11434")
    page.get_by_label("What to call it", exact=True).fill("Workstation")
    page.get_by_label("Its key, if it wants one").fill("sk-secret")
    page.get_by_role("button", name="Add it").click()

    expect(page.get_by_role("heading", name="Workstation", exact=True)).to_be_visible()
    expect(page.get_by_text("qwen3-32b · writes 41 tokens/s; llama3.2")).to_be_visible()
    expect(page.get_by_text("no question about files goes there")).to_be_visible()
    expect(page.get_by_text("sk-secret")).to_be_hidden()
    page.get_by_role("button", name="Let it answer from files").click()
    page.get_by_role("button", name="Let it", exact=True).click()
    expect(page.get_by_text("questions about files may go there")).to_be_visible()
    page.get_by_role("heading", name="Workstation", exact=True).scroll_into_view_if_needed()
    photograph(page, f"engines-{'dark' if dark else 'light'}")
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1280)
    page.get_by_role("button", name="Remove Workstation").click()
    page.get_by_role("button", name="Remove it").click()

    expect(page.get_by_role("heading", name="Workstation", exact=True)).to_be_hidden()
    assert house.assistant.engines == []


@pytest.mark.parametrize(("phone", "dark"), [(False, False), (True, True)])
def test_a_model_of_another_box_is_copied_with_one_press_and_shown_on_its_way(
    house: House, chromium: Browser, phone: bool, dark: bool
) -> None:
    house.assistant.downloads.clear()
    page = enter(house, chromium, phone=phone, dark=dark)
    page.goto(f"{house.url}/models")

    near = page.get_by_label("On your other boxes")
    expect(near).to_contain_text("On “Study” · 2.5 GB · apache-2.0")
    expect(page.get_by_label("On other engines")).to_contain_text("Computed on “Workstation” or “Attic”")
    expect(page.get_by_label("What there is to have")).to_contain_text("on “Study” already, copied from there")
    near.scroll_into_view_if_needed()
    photograph(page, f"models-elsewhere-{'dark' if dark else 'light'}")
    assert page.evaluate("document.documentElement.scrollWidth") <= (390 if phone else 1280)
    page.get_by_role("button", name="Copy family-recipes-finetune from Study").click()

    expect(page.get_by_label("On the way")).to_contain_text("Copied from “Study” · 900 MB of 2.5 GB · 36%")
    photograph(page, f"models-copied-{'dark' if dark else 'light'}")


def test_an_answer_offers_to_look_through_more_files(house: House, chromium: Browser) -> None:
    house.assistant.jobs.clear()
    page = enter(house, chromium)
    page.goto(house.url)
    page.get_by_label("Your question").fill("When is the boiler serviced?")
    page.keyboard.press("Enter")
    offer = page.get_by_role("button", name="Look through more files")
    expect(offer).to_be_visible()
    photograph(page, "answer-offers-more")
    offer.click()

    expect(page.get_by_text("2 of 9 files gone through")).to_be_visible()
    assert [job["question"] for job in house.assistant.jobs] == ["When is the boiler serviced?"]
    house.assistant.jobs.clear()


def test_a_question_is_handed_over_seen_with_its_progress_and_cancelled(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/jobs")

    page.get_by_label("A question for all your files").fill("What has to be serviced, and when?")
    page.get_by_role("button", name="Hand it over").click()
    expect(page.get_by_text("2 of 9 files gone through")).to_be_visible()
    expect(page.get_by_text("At work", exact=True)).to_be_visible()
    photograph(page, "jobs-at-work")
    page.get_by_role("button", name="Cancel: What has to be serviced, and when?").click()
    page.get_by_role("button", name="Cancel it").click()

    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible()
    assert [job["standing"] for job in house.assistant.jobs] == ["cancelled"]
