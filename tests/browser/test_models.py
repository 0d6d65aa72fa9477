"""The page of models, driven by a person against the real daemons, with a hub on the loopback."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import hub
from tests.browser.conftest import Watched, photograph, visit
from tests.journeys.test_models import renamed
from tests.person import Person
from tests.product import Product, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def internet() -> Iterator[hub.Hub]:
    with hub.running() as started:
        started.files["HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/smollm2-360m-instruct-q8_0.gguf"] = renamed(1)
        yield started


@pytest.fixture(scope="module")
def box(internet: hub.Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    config = tmp_path_factory.mktemp("config") / "models.toml"
    stick = tmp_path_factory.mktemp("media") / "HOLIDAY"
    stick.mkdir()
    (stick / "grandmas-model.gguf").write_bytes(renamed(2))
    folders = f'[assistant]\ndisk_folders = ["{stick.parent}"]\n'
    config.write_text(f'[engine]\nhub = "{internet.url}"\n{folders}')
    with running(config=[config]) as product:
        Person(product.url).claim(product.setup_code).raise_for_status()
        yield product


def entered(box: Product, chromium: Browser, *, phone: bool = False, dark: bool = False) -> tuple[Page, Watched]:
    watched = Watched()
    person = Person(box.url)
    session = person.log_in().raise_for_status().json()["session"]
    context = visit(chromium, watched, phone=phone, dark=dark)
    context.add_cookies([{"name": "hearth_session", "value": session, "url": box.url}])
    page = context.new_page()
    page.goto(f"{box.url}/models")
    page.get_by_role("heading", name="Models", exact=True).wait_for()
    return page, watched


def test_a_model_is_fetched_used_and_deleted(
    box: Product, chromium: Browser, internet: hub.Hub, tmp_path: Path
) -> None:
    page, watched = entered(box, chromium)
    here, way = page.get_by_label("On this box"), page.get_by_label("On the way")
    expect(here).to_contain_text("In memory")
    expect(page.get_by_text(re.compile("^The (processor|graphics card) computes"))).to_be_visible()
    expect(page.get_by_label("What there is to have")).to_contain_text("Too large: needs")
    photograph(page, "desktop-models")

    internet.slow_seconds = 0.05
    page.get_by_role("button", name="Fetch SmolLM2 360M").click()
    expect(way).to_contain_text("%")
    photograph(page, "desktop-models-fetching")
    page.get_by_role("button", name="Stop smollm2-360m").click()
    expect(way).to_contain_text("Stopped at")
    internet.slow_seconds = 0.0
    page.get_by_role("button", name="Go on with smollm2-360m").click()
    expect(here.get_by_role("heading", name="smollm2-360m", exact=True)).to_be_visible()

    page.get_by_role("button", name="Load smollm2-360m", exact=True).click()
    page.get_by_role("button", name="Unload smollm2-360m", exact=True).wait_for()
    page.get_by_role("button", name="Use smollm2-360m for answers").click()
    expect(here.locator("li").filter(has_text="Answers from your files")).to_contain_text("smollm2-360m")
    photograph(page, "desktop-models-used")
    page.get_by_role("button", name="Delete smollm2-360m").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(here.get_by_role("heading", name="smollm2-360m", exact=True)).to_be_hidden()

    broken = tmp_path / "Broken.gguf"
    broken.write_bytes(renamed(2)[:1_000_000])
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.locator(".sent-failed")).to_contain_text("This model is cut off")
    whole = tmp_path / "From a stick.gguf"
    whole.write_bytes(renamed(3))
    page.locator("input[type=file]").set_input_files(whole)
    expect(here.get_by_role("heading", name="from-a-stick")).to_be_visible()
    assert {host.split(":")[0] for host in watched.hosts} == {"localhost"}
    assert [words for words in watched.complaints if "422" not in words] == []


@pytest.mark.parametrize(("phone", "dark"), [(True, False), (False, True)])
def test_the_page_reads_on_a_phone_and_in_the_dark(box: Product, chromium: Browser, *, phone: bool, dark: bool) -> None:
    page, _ = entered(box, chromium, phone=phone, dark=dark)

    expect(page.get_by_label("On this box")).to_contain_text("smollm2-135m-instruct")

    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    photograph(page, "phone-models" if phone else "dark-models")


def test_a_model_on_a_stick_in_the_box_is_listed_and_taken_in(box: Product, chromium: Browser) -> None:
    page, watched = entered(box, chromium)
    stick = page.get_by_label("On a USB stick")

    expect(stick).to_contain_text("grandmas-model.gguf")
    page.get_by_role("button", name="Import grandmas-model.gguf from HOLIDAY").click()

    expect(stick).to_contain_text("it is among the models above", timeout=60_000)
    expect(page.get_by_label("On this box")).to_contain_text("grandmas-model")
    assert watched.complaints == []
