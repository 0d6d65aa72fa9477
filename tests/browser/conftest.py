"""A real Chromium that writes down every address it asked for and every script error it saw."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

ROOT = Path(__file__).parent.parent.parent
SCREENS = ROOT / "build" / "screens"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
WAIT_MILLISECONDS = 90_000
"""Patience for a small model on a busy test host; nothing waits this long when all is well."""


@dataclass
class Watched:
    """What a browser did."""

    hosts: set[str] = field(default_factory=set)
    """Hosts and ports that anything was fetched from, pages and sockets alike."""
    complaints: list[str] = field(default_factory=list)
    """Script errors and refusals of the content security policy."""
    dialogs: list[str] = field(default_factory=list)
    """What `alert()` and its like said: only a script that should not have run would."""

    def watch(self, context: BrowserContext) -> BrowserContext:
        """Write down what happens in all pages of a context."""
        context.set_default_timeout(WAIT_MILLISECONDS)
        context.on("request", lambda request: self._fetched(request.url))
        context.on("page", self._watch_page)
        return context

    def _watch_page(self, page: Page) -> None:
        page.on("websocket", lambda opened: self._fetched(opened.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dismiss)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    def _dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _fetched(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"}:
            self.hosts.add(parts.netloc)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def visit(
    chromium: Browser, watched: Watched, *, phone: bool = False, dark: bool = False, **more: object
) -> BrowserContext:
    """A fresh browser profile that trusts the node's own certificate."""
    context = chromium.new_context(
        ignore_https_errors=True,
        viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type] # Playwright's own TypedDict
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    return watched.watch(context)


def photograph(page: Page, name: str) -> None:
    """Keep what the page looks like in build/screens."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(300)
    page.screenshot(path=SCREENS / f"{name}.png")


def pytest_configure(config: pytest.Config) -> None:
    """The house with the fake assistant, for what the real one can't be made to say."""
    config.pluginmanager.import_plugin("tests.webui.house")
