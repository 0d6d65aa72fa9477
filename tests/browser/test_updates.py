"""Updates of the system on the page “System”: brought, installed, started, and what is said of one that failed."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import updates as files
from tests.browser.conftest import SCREENS, Watched, photograph, visit
from tests.browser.test_in_use import enter
from tests.person import Person
from tests.product import running
from tests.webui.fake_api.updates import KEPT, ON_STICK, ON_STUDY, STRANGE
from tests.webui.house import House

pytestmark = pytest.mark.browser

LOOKS = {"desktop": {}, "phone": {"phone": True}, "dark": {"dark": True}, "dark-phone": {"phone": True, "dark": True}}


def at_updates(page: Page, house: House) -> None:
    page.goto(f"{house.url}/system")
    page.get_by_role("heading", name="Updates", exact=True).scroll_into_view_if_needed()


@pytest.mark.parametrize("look", list(LOOKS))
def test_an_update_is_installed_and_started_and_the_page_comes_back(
    house: House, chromium: Browser, look: str, tmp_path: Path
) -> None:
    page = enter(house, chromium, **LOOKS[look])
    house.assistant.stick_updates = [ON_STICK, STRANGE]
    at_updates(page, house)
    updates = page.get_by_label("Updates", exact=True)
    expect(updates).to_contain_text("Version 0.1.0 runs")
    expect(updates).to_contain_text("was not signed by whoever made this box's system")
    expect(updates.get_by_role("button", name="Take version 0.2.0 from HOLIDAY")).to_be_visible()
    photograph(page, f"updates-none-{look}")
    page.screenshot(path=SCREENS / f"updates-none-{look}-whole.png", full_page=True)

    page.locator("input[type=file]").set_input_files(
        {"name": "hearth_0.2.0.update", "mimeType": "application/octet-stream", "buffer": files.written()}
    )
    expect(updates).to_contain_text("Checked and signed by the maker of this system")
    expect(updates.get_by_role("button", name="Take version 0.2.0 from HOLIDAY")).to_be_hidden()
    photograph(page, f"updates-here-{look}")
    page.screenshot(path=SCREENS / f"updates-here-{look}-whole.png", full_page=True)
    page.get_by_role("button", name="Install", exact=True).click()
    expect(updates).to_contain_text("Version 0.2.0 is being installed")
    photograph(page, f"updates-installing-{look}")
    house.assistant.updates |= {"going": None, "waiting": "0.2.0"}
    expect(updates).to_contain_text("It is used from the next start.")
    photograph(page, f"updates-installed-{look}")

    page.get_by_role("link", name="Restart now").click()
    expect(page.get_by_role("heading", name="Start version 0.2.0?")).to_be_visible()
    photograph(page, f"updates-restart-{look}")
    page.get_by_role("button", name="Restart now").click()
    expect(page.get_by_text("The box is being restarted …")).to_be_visible()
    expect(page.get_by_role("button", name="Restart now")).to_be_hidden()
    page.route("**/api/health", lambda route: route.abort())
    expect(page.get_by_text("The box is starting.")).to_be_visible()
    photograph(page, f"updates-starting-{look}")
    page.unroute("**/api/health")
    expect(page.get_by_label("Updates", exact=True)).to_contain_text("Version 0.2.0 runs")
    page.get_by_role("heading", name="Updates", exact=True).scroll_into_view_if_needed()
    photograph(page, f"updates-done-{look}")

    assert house.assistant.restarts == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")


@pytest.mark.parametrize("look", ["desktop", "dark-phone"])
def test_a_version_that_did_not_work_is_told_calmly(house: House, chromium: Browser, look: str) -> None:
    page = enter(house, chromium, **LOOKS[look])
    house.assistant.updates |= {"failed": "0.2.0", "kept": KEPT, "problem": "The disk became full."}
    at_updates(page, house)

    expect(page.get_by_text("so version 0.1.0 came back by itself. Nothing is lost")).to_be_visible()
    expect(page.get_by_text("The disk became full.")).to_be_visible()
    expect(page.get_by_role("button", name="Install it again")).to_be_visible()
    photograph(page, f"updates-failed-{look}")


def test_a_node_on_another_system_says_how_it_is_updated(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.updates |= {"can_install": False, "takes_updates": False}
    at_updates(page, house)
    expect(page.get_by_text("It is updated where it was built: “git pull”, “make setup”")).to_be_visible()
    expect(page.get_by_text("Bring a new version")).to_have_count(0)
    photograph(page, "updates-checkout")

    house.assistant.updates |= {"takes_updates": True, "kept": KEPT}
    at_updates(page, house)
    expect(page.get_by_text("is kept here for the boxes of your mesh")).to_be_visible()
    expect(page.get_by_text("Bring a new version")).to_be_visible()
    photograph(page, "updates-checkout-keeps")


def test_the_file_that_is_kept_is_deleted_only_after_a_yes(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.updates |= {"kept": KEPT}
    at_updates(page, house)

    page.get_by_role("button", name="Delete the file of version 0.2.0").click()
    page.get_by_role("button", name="Keep it").click()
    page.get_by_role("button", name="Delete the file of version 0.2.0").click()
    page.get_by_role("button", name="Delete", exact=True).click()

    expect(page.get_by_text("No newer version is on this box.")).to_be_visible()


def test_nothing_is_restarted_where_nothing_waits(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)

    page.goto(f"{house.url}/restart")

    expect(page.get_by_role("heading", name="Updates", exact=True)).to_be_visible()
    assert house.assistant.restarts == 0


@pytest.mark.timeout(900)
def test_a_real_box_takes_a_whole_file_and_refuses_a_wrong_one_at_its_beginning(
    chromium: Browser, tmp_path: Path
) -> None:
    config = tmp_path / "updates.toml"
    config.write_text(f'[places]\nupdate_keys = "{files.keys_in(tmp_path / "keys")}"\n')
    (tmp_path / "hearth_9.9.9.update").write_bytes(files.written("9.9.9", size_bytes=12_000_000))
    (tmp_path / "other.update").write_bytes(files.written("9.9.9", key=files.STRANGER, size_bytes=80_000_000))
    watched = Watched()
    with running(config=[config]) as box:
        person = Person(box.url)
        person.claim(box.setup_code).raise_for_status()
        session = person.log_in().raise_for_status().json()["session"]
        context = visit(chromium, watched)
        context.add_cookies([{"name": "hearth_session", "value": session, "url": box.url}])
        page = context.new_page()
        page.goto(f"{box.url}/system")
        updates = page.get_by_label("Updates", exact=True)
        expect(updates).to_contain_text("It is updated where it was built")

        page.locator("input[type=file]").set_input_files(tmp_path / "other.update")
        expect(page.locator(".sent-failed")).to_contain_text("was not signed by whoever made")
        page.get_by_role("button", name="Dismiss").click()
        page.locator("input[type=file]").set_input_files(tmp_path / "hearth_9.9.9.update")
        expect(updates).to_contain_text("Version 9.9.9 (12.0 MB) is kept here for the boxes of your mesh.")

        assert [path.suffix for path in (box.data / "updates").glob("*.update")] == [".update"]
        assert [words for words in watched.complaints if "422" not in words] == []


@pytest.mark.parametrize("look", list(LOOKS))
def test_an_update_of_another_box_is_offered_and_fetched_from_there(house: House, chromium: Browser, look: str) -> None:
    page = enter(house, chromium, **LOOKS[look])
    house.assistant.updates_elsewhere = [ON_STUDY]
    at_updates(page, house)
    updates = page.get_by_label("Updates", exact=True)
    expect(updates.get_by_role("heading", name="“Study” has version 0.2.0")).to_be_visible()
    page.get_by_role("button", name="Fetch version 0.2.0 from Study").scroll_into_view_if_needed()
    photograph(page, f"updates-elsewhere-{look}")

    page.get_by_role("button", name="Fetch version 0.2.0 from Study").click()

    expect(updates).to_contain_text("An update is on its way here")
    expect(updates).to_contain_text("30%")
    expect(page.get_by_role("button", name="Fetch version 0.2.0 from Study")).to_have_count(0)
