"""The pages of a household: library with its shelves and sources, people, backup, and the forms before them."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SCREENS, Watched, photograph, visit
from tests.browser.test_in_use import enter
from tests.webui.fake_api.known import FILE_PASSWORD
from tests.webui.house import House

pytestmark = pytest.mark.browser

PAGES = ["/library", "/people", "/backup", "/jobs"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_a_page_fits_its_screen(house: House, chromium: Browser, path: str, look: str) -> None:
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")
    house.assistant.add("Boiler manual.pdf", "household")
    house.assistant.add("Locked.pdf", "private", status="failed")
    page.goto(house.url + path)
    page.get_by_role("heading", level=1, name=path.strip("/").title()).wait_for()
    for fold in page.locator("details.fold > summary").all():
        fold.click()

    photograph(page, f"house{path.replace('/', '-')}-{look}")
    page.screenshot(path=SCREENS / f"house{path.replace('/', '-')}-{look}-whole.png", full_page=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")


def test_the_forms_before_the_house(house: House, chromium: Browser) -> None:
    watched = Watched()
    page = visit(chromium, watched, phone=True).new_page()
    page.goto(f"{house.url}/restore")
    expect(page.get_by_role("heading", name="Restore from a backup")).to_be_visible()
    photograph(page, "house-restore-phone")

    house.assistant.claim()
    for path, heading in (("/join", "Come in"), ("/new-password", "A new password")):
        page.goto(house.url + path)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        photograph(page, f"house{path}-phone".replace("/", "-"))

    assert watched.complaints == []


def test_a_locked_file_is_opened_in_its_row(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Locked.pdf", "private", status="failed")
    page.goto(f"{house.url}/library")

    for password, told in (("a guess", "The password does not open this file."), (FILE_PASSWORD, "Ready")):
        page.get_by_role("button", name="Type the password of Locked.pdf").click()
        page.get_by_label("Password of this file").fill(password)
        page.get_by_role("button", name="Open it").click()
        expect(page.get_by_text(told)).to_be_visible()

    expect(page.get_by_role("button", name="Type the password of Locked.pdf")).to_be_hidden()


def test_the_list_follows_what_was_chosen(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    house.assistant.add("Boiler manual.pdf", "household")
    house.assistant.add("notes.txt", "private")
    page.goto(f"{house.url}/library")

    page.get_by_label("Kind").select_option("text")

    expect(page.get_by_role("heading", name="notes.txt")).to_be_visible()
    expect(page.get_by_role("heading", name="Boiler manual.pdf")).to_be_hidden()
    expect(page.get_by_role("heading", name="Your files · 1 of 2")).to_be_visible()


def test_files_of_a_stick_are_chosen_by_folder_and_shelf_and_followed(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/library")
    page.get_by_text("From folders, USB sticks, phones and PCs").click()
    page.get_by_role("button", name="Look for sticks").click()

    page.get_by_role("button", name="Open the folder DCIM").click()
    page.get_by_role("checkbox", name="summer.jpg").check()
    expect(page.get_by_text("1 chosen.")).to_be_visible()
    page.get_by_label("Who may see them?").last.select_option("household")
    page.get_by_role("button", name="Take these").click()

    expect(page.get_by_text("DCIM/summer.jpg for household: it could not be read.")).to_be_visible()
    expect(page.get_by_text("1 of 1 file looked at on STICK; that was all that was asked for.")).to_be_visible()
