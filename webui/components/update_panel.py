"""The part of the page “System” that brings a new version of the system, installs it and leads to the restart."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, icon, link, text
from webui.components.confirm import confirmed
from webui.components.dropzone import Dropzone
from webui.components.part import Part
from webui.components.problems import notice
from webui.components.updates_elsewhere import UpdatesElsewherePart
from webui.errors import AssistantAwayError, RefusedError
from webui.update_messages import StickUpdate, Updates
from webui.update_wording import ELSEWHERE, NO_KEY, about, failure, headline, news, on_stick, where
from webui.wording import size

LOOK_AGAIN_SECONDS = 1.0
LOOK_AT_STICKS_SECONDS = 3.0


class UpdatePanel:
    """How updates stand, followed while they change; what is being sent is left alone meanwhile."""

    def __init__(self, assistant: Caller, updates: Updates) -> None:
        self._assistant = assistant
        self._updates = updates
        self._on_sticks: tuple[StickUpdate, ...] = ()
        with box("section", "updates", aria_label="Updates"):
            text("h2", "Updates", "section-title")
            self._state = Part(aria_live="polite")
            self._sticks = Part()
            if updates.takes_updates:
                UpdatesElsewherePart(assistant, is_busy=lambda: self._updates.going is not None, on_change=self._draw)
                self._bring()
        self._questions = box("div")
        self._draw(updates)
        ui.timer(LOOK_AGAIN_SECONDS, self._look)
        if updates.takes_updates:
            ui.timer(LOOK_AT_STICKS_SECONDS, self._look_at_sticks)

    def _bring(self) -> None:
        with Dropzone(on_arrived=self._look, door="/api/updates", words="Choose the file"):
            icon("upload", "dropzone-picture")
            text("p", "Bring a new version", "dropzone-title")
            text("p", "One file whose name ends in “.update”. It is checked before anything of it is used.", "muted")
            text("p", "On a USB stick in the box it appears here by itself.", "muted")

    async def _look(self) -> None:
        try:
            self._draw(await self._assistant.updates())
        except (AssistantAwayError, RefusedError):
            return  # the next look tells

    async def _look_at_sticks(self) -> None:
        try:
            self._on_sticks = await self._assistant.stick_updates()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        self._draw(self._updates)

    def _draw(self, updates: Updates) -> None:
        self._updates = updates
        self._state.show(updates, lambda: self._drawn(updates))
        found = () if updates.going else news(self._on_sticks, updates)
        self._sticks.show(found, lambda: _stick_list(found, self._take))

    def _drawn(self, updates: Updates) -> None:
        if failed := failure(updates):
            notice(failed, kind="calm")
        if updates.problem:
            notice(updates.problem)
        with box("ul", "plain-list documents"), box("li", "document"):
            with box("span", "document-picture", aria_hidden="true"):
                icon("box")
            with box("div", "document-words"):
                text("h3", headline(updates), "document-name")
                text("p", about(updates), "document-facts")
                if updates.going:
                    bar = box("progress", max="1", value=f"{updates.going.share:.3f}")
                    bar.props["aria-label"] = headline(updates)
                self._next_step(updates)
            if updates.kept and not updates.going:
                with box("div", "document-deeds"):
                    words = f"Delete the file of version {updates.kept.version}"
                    button("", partial(self._forget, updates), picture="trash", kind="quiet", label=words)
        if not updates.can_install:
            text("p", ELSEWHERE, "muted")
        elif not updates.takes_updates:
            text("p", NO_KEY, "muted")

    def _next_step(self, updates: Updates) -> None:
        if updates.going or not updates.can_install:
            return
        with box("div", "update-steps"):
            if updates.waiting:
                link("Restart now", "/restart", picture="retry", classes="button button-main")
            if updates.kept and updates.is_next:
                is_first = not updates.waiting and updates.failed != updates.kept.version
                words = "Install" if updates.failed != updates.kept.version else "Install it again"
                button(words, self._install, picture="download", kind="main" if is_first else "plain")

    async def _install(self) -> None:
        with problems.shown():
            self._draw(await self._assistant.change_updates("/install"))

    async def _take(self, update: StickUpdate) -> None:
        with problems.shown():
            wish = {"disk_id": update.disk_id, "path": update.path}
            self._draw(await self._assistant.change_updates("/sticks", wish))

    async def _forget(self, updates: Updates) -> None:
        if updates.kept is None:
            return
        explanation = (
            f"{size(updates.kept.size_bytes)} become free. What is installed stays so; other boxes of your mesh can no "
            "longer fetch it from here."
        )
        with self._questions:  # the row may be drawn anew while the question stands
            sure = await confirmed(f"Delete the file of version {updates.kept.version}?", explanation, deed="Delete")
        if sure:
            with problems.shown():
                await self._assistant.forget_update()
                await self._look()


def _stick_list(found: tuple[StickUpdate, ...], take: Callable[[StickUpdate], Awaitable[None]]) -> None:
    if not found:
        return
    text("p", "On a USB stick", "update-sticks")
    with box("ul", "plain-list documents"):
        for update in found:
            with box("li", "document"):
                with box("span", "document-picture", aria_hidden="true"):
                    icon("file")
                with box("div", "document-words"):
                    text("h3", on_stick(update), "document-name")
                    text("p", where(update), "document-facts")
                    if update.problem:
                        text("p", update.problem, "document-reason")
                        continue
                    with box("div", "update-steps"):
                        label = f"Take version {update.version} from {update.disk}"
                        button("Take it", partial(take, update), picture="copy", label=label)
