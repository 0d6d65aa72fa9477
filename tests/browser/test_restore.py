"""A household moves to another box by the browser alone: fetched as one sealed file, brought to the first page."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.models.catalogue import catalogue
from tests.browser.conftest import Watched, photograph, visit
from tests.person import NAME, PASSWORD, Person
from tests.product import Product, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PASSPHRASE = "four words about nothing"
LETTER = "The spare key hangs behind the blue door."


def fetched(old: Product, chromium: Browser, folder: Path) -> Path:
    """The backup, as the owner of the old box fetches it."""
    owner = Person(old.url)
    owner.claim(old.setup_code).raise_for_status()
    owner.wait_for(owner.upload("letter.txt", LETTER.encode()).raise_for_status().json()["id"], "searchable")
    page = visit(chromium, Watched()).new_page()
    page.goto(f"{old.url}/login")
    sign_in(page)
    page.goto(f"{old.url}/backup")
    page.get_by_label("Passphrase, at least 12").fill(PASSPHRASE)
    page.get_by_label("The same once more").fill(PASSPHRASE)
    page.get_by_role("button", name="Make a backup").click()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Fetch the backup").click()
    kept = folder / coming.value.suggested_filename
    coming.value.save_as(kept)
    page.context.close()
    return kept


def sign_in(page: Page) -> None:
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: not address.endswith("/login"))


def assert_missing_models_are_told(new: Product, page: Page) -> None:
    """Of those that a backup names; the product's own is here, so the old box is given one more."""
    kept = new.data / "assistant" / "restored-from.json"
    about = json.loads(kept.read_text())
    page.goto(f"{new.url}/models")
    expect(page.get_by_role("heading", name="On this box")).to_be_visible()
    expect(page.get_by_role("heading", name="On the old box")).to_have_count(0)
    kept.write_text(json.dumps({**about, "models": [*about["models"], catalogue()[0].name, "grandmas-own"]}))
    before = page.get_by_label("On the old box")
    expect(before).to_contain_text("grandmas-own")
    expect(before.get_by_role("button", name=f"Fetch {catalogue()[0].name} again")).to_be_visible()
    photograph(page, "models-missing-phone")
    before.get_by_role("button", name="I do not need them").click()
    expect(page.get_by_role("heading", name="On the old box")).to_have_count(0)
    assert not kept.exists()


def test_a_household_moves_by_the_browser_alone(chromium: Browser, tmp_path: Path) -> None:
    with running() as old:
        backup = fetched(old, chromium, tmp_path)
    assert backup.suffix == ".hearthbackup"
    assert LETTER.encode() not in backup.read_bytes()

    with running() as new:
        watched = Watched()
        page = visit(chromium, watched, phone=True).new_page()
        page.goto(f"{new.url}/setup")
        page.get_by_role("link", name="Restore from a backup instead").click()
        page.get_by_label("Set-up code").fill(new.setup_code)
        page.get_by_label("The backup, a file").set_input_files(backup)
        page.get_by_label("The backup’s passphrase").fill("another passphrase")
        page.get_by_role("button", name="Restore").click()
        expect(page.get_by_role("status")).to_contain_text("not the passphrase")
        photograph(page, "restore-refused-phone")

        page.get_by_label("The backup’s passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Restore").click()
        page.wait_for_url("**/login")
        sign_in(page)
        page.goto(f"{new.url}/library")
        expect(page.get_by_role("heading", name="letter.txt", exact=True)).to_be_visible()
        assert_missing_models_are_told(new, page)

        assert watched.hosts == {new.url.removeprefix("https://")}


def test_a_household_moves_by_a_disk_in_the_box(chromium: Browser, tmp_path: Path) -> None:
    disk = tmp_path / "disks" / "GRANDMA"
    disk.mkdir(parents=True)
    (disk / "recipes.txt").write_text("Walnut cake.")
    settings = tmp_path / "disks.toml"
    settings.write_text(f'[assistant]\ndisk_folders = ["{disk.parent}"]\n')
    with running(config=[settings]) as old:
        owner = Person(old.url)
        owner.claim(old.setup_code).raise_for_status()
        page = visit(chromium, Watched()).new_page()
        page.goto(f"{old.url}/login")
        sign_in(page)
        page.goto(f"{old.url}/backup")
        page.get_by_role("button", name="Write it to “GRANDMA”").click()
        expect(page.get_by_text("Type the passphrase twice first")).to_be_visible()
        page.get_by_label("Passphrase, at least 12").fill(PASSPHRASE)
        page.get_by_label("The same once more").fill(PASSPHRASE)
        page.get_by_role("button", name="Write it to “GRANDMA”").click()
        expect(page.get_by_text("The disk can be pulled out.")).to_be_visible()
        photograph(page, "backup-on-a-disk")
        page.context.close()
    (kept,) = disk.glob("*.hearthbackup")

    with running(config=[settings]) as new:
        page = visit(chromium, Watched(), phone=True).new_page()
        page.goto(f"{new.url}/restore")
        page.get_by_role("button", name="It is on a disk in the box").click()
        expect(page.get_by_role("status")).to_contain_text("set-up code")
        page.get_by_label("Set-up code").fill(new.setup_code)
        page.get_by_role("button", name="It is on a disk in the box").click()
        expect(page.get_by_label("The backup on the disk")).to_contain_text(kept.name)
        photograph(page, "restore-from-a-disk-phone")
        page.get_by_label("The backup’s passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Restore", exact=True).click()
        page.wait_for_url("**/login")
        sign_in(page)
        page.context.close()
