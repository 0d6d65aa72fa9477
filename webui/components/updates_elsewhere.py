"""The updates that other boxes of the mesh keep, each with a button that fetches it from there."""

from collections.abc import Callable
from functools import partial

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.part import Part
from webui.errors import AssistantAwayError, RefusedError
from webui.update_messages import UpdateElsewhere, Updates
from webui.wording import size

LOOK_SECONDS = 5.0


class UpdatesElsewherePart:
    """A list that is there only where another box has something newer; it looks again by itself."""

    def __init__(self, assistant: Caller, *, is_busy: Callable[[], bool], on_change: Callable[[Updates], None]) -> None:
        """`is_busy` is whether an update is worked on; `on_change` hears how they stand once one is being fetched."""
        self._assistant = assistant
        self._is_busy = is_busy
        self._on_change = on_change
        self._part = Part()
        ui.timer(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            found = () if self._is_busy() else await self._assistant.updates_elsewhere()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        self._part.show(found, lambda: self._draw(found))

    def _draw(self, found: tuple[UpdateElsewhere, ...]) -> None:
        if not found:
            return
        text("p", "On another box of yours", "update-sticks")
        with box("ul", "plain-list documents"):
            for update in found:
                with box("li", "document"):
                    with box("span", "document-picture", aria_hidden="true"):
                        icon("box")
                    with box("div", "document-words"):
                        text("h3", f"“{update.node_name}” has version {update.version}", "document-name")
                        text("p", f"{size(update.size_bytes)}, over your mesh", "document-facts")
                        with box("div", "update-steps"):
                            label = f"Fetch version {update.version} from {update.node_name}"
                            button("Fetch it from there", partial(self._fetch, update), picture="copy", label=label)

    async def _fetch(self, update: UpdateElsewhere) -> None:
        with problems.shown():
            wish = {"node": update.node_id, "digest": update.digest}
            self._on_change(await self._assistant.change_updates("/fetch", wish))
            self._part.show((), lambda: None)
