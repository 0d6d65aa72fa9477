"""First visit to first own answer, as a person does it in a browser, against the real daemons."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import pdf
from tests.browser.conftest import Watched, photograph, visit
from tests.product import Product

# The first start of the daemons and a small model on a busy host need patience.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

SAMPLE_QUESTION = "What pressure should the boiler show when the radiators are cold?"
NAME, PASSWORD = "Ada", "a warm fire in winter"
LETTER = [
    "Dear Ada,\nthank you for your order.\nThis page only says hello.",
    "About your bicycle\nThe spare key of the bicycle lock lies in the blue tin on the kitchen shelf.",
    "Kind regards,\nthe bicycle shop.",
]


@pytest.fixture(scope="module")
def ada(chromium: Browser, product: Product) -> Iterator[tuple[BrowserContext, Watched]]:
    watched = Watched()
    context = visit(chromium, watched)
    yield context, watched
    context.close()


def test_from_set_up_to_an_answer_from_ones_own_file(
    ada: tuple[BrowserContext, Watched], product: Product, tmp_path: Path
) -> None:
    context, watched = ada
    page = context.new_page()

    # The code comes with the QR code's address; the box becomes hers.
    page.goto(f"{product.url}/setup#{product.setup_code}")
    expect(page.get_by_label("Set-up code")).to_have_value(product.setup_code)
    page.get_by_label("Your name").fill(NAME)
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.get_by_label("The same password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up Hearth").click()
    expect(page.get_by_role("heading", name="This box is yours, Ada")).to_be_visible()

    # A question about the sample files shows the passage, and the page with the words marked.
    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.get_by_role("heading", name="Boiler manual.pdf")).to_be_visible()
    expect(page.get_by_role("button", name="Read Boiler manual.pdf")).to_be_visible()
    page.get_by_role("link", name="Ask", exact=True).click()
    ask(page, SAMPLE_QUESTION)
    chip = page.locator(".quote-lead .chip")
    expect(chip).to_have_text("Boiler manual.pdf, page 5")
    expect(page.locator(".quote-lead mark")).to_contain_text("1.5 bar")
    expect(page.locator(".answer-foot")).to_contain_text("read by the model")
    photograph(page, "desktop-answer")
    chip.click()
    see_picture(page)
    photograph(page, "desktop-source")
    page.get_by_role("button", name="Close", exact=True).click()

    # Her own file arrives, is read, and answers from the right page.
    letter = tmp_path / "Letter about the bicycle.pdf"
    letter.write_bytes(pdf.written(LETTER))
    page.get_by_role("link", name="Library", exact=True).click()
    page.locator("input[type=file]").set_input_files(letter)
    expect(page.get_by_role("heading", name=letter.name)).to_be_visible()
    expect(page.get_by_role("button", name=f"Read {letter.name}")).to_be_visible()
    page.get_by_role("link", name="Ask", exact=True).click()
    ask(page, "Where is the spare key of the bicycle lock?")
    expect(page.locator(".quote-lead .chip")).to_have_text(f"{letter.name}, page 2")
    expect(page.locator(".quote-lead mark")).to_contain_text("blue tin")

    # It is all still there after a reload.
    page.reload()
    expect(page.locator(".quote-lead .chip")).to_have_text(f"{letter.name}, page 2")
    expect(page.get_by_role("link", name=SAMPLE_QUESTION[:40])).to_be_visible()

    # Out, and in again.
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Password")).to_be_visible()
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What would you like to know, Ada?")).to_be_visible()

    assert watched.hosts == {product.url.removeprefix("https://")}
    assert watched.dialogs == []
    assert watched.complaints == []


@pytest.mark.parametrize("look", ["desktop", "phone", "dark", "phone-dark"])
def test_every_page_is_photographed(
    look: str, ada: tuple[BrowserContext, Watched], product: Product, chromium: Browser
) -> None:
    """The pictures are for people; what is asserted is that every page comes up and stays inside the house."""
    watched = Watched()
    context = visit(chromium, watched, phone="phone" in look, dark="dark" in look)
    stranger = context.new_page()
    stranger.goto(f"{product.url}/login")
    photograph(stranger, f"{look}-login")
    context.add_cookies(ada[0].cookies())  # type: ignore[arg-type] # the same shape, two TypedDicts
    page = context.new_page()

    for path, name in (("/", "ask"), ("/library", "library"), ("/system", "system"), ("/welcome", "welcome")):
        page.goto(product.url + path)
        expect(page.locator("h1").first).to_be_visible()
        photograph(page, f"{look}-{name}")
    page.goto(product.url)
    if "phone" in look:
        page.get_by_role("button", name="Open the menu").click()
        photograph(page, f"{look}-menu")
    page.locator(".chat-link").last.click()
    expect(page.locator(".quote-lead")).to_be_visible()
    photograph(page, f"{look}-chat")
    page.locator(".quote-lead .chip").click()
    see_picture(page)
    photograph(page, f"{look}-source")

    assert watched.hosts == {product.url.removeprefix("https://")}
    assert watched.complaints == []


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".answer-foot p").wait_for()


def see_picture(page: Page) -> None:
    """The page's picture is there and has arrived whole."""
    picture = page.locator(".page-picture img")
    expect(picture).to_be_visible()
    page.wait_for_function("() => document.querySelector('.page-picture img')?.naturalWidth > 300")
