"""The box that a question is typed into. Enter sends, Shift+Enter makes a new line."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from webui.components.basics import box, icon

# `isComposing`: an input method's Enter picks a character and must not send.
_ENTER = "(e) => { if (!e.shiftKey && !e.isComposing) { e.preventDefault(); emit(); } }"


class Composer:
    """A question box with a button that sends, and stops while an answer is being written."""

    def __init__(self, *, on_send: Callable[[str], Awaitable[None]], on_stop: Callable[[], None]) -> None:
        self._on_send = on_send
        self._on_stop = on_stop
        self._busy = False
        with box("div", "composer"):
            self._field = ui.textarea(placeholder="Ask about your files").props(
                "autogrow borderless rows=1 maxlength=4000"
            )
            self._field.props["aria-label"] = "Your question"
            self._field.props["autofocus"] = True
            self._field.classes("composer-field").on("keydown.enter", self._send, js_handler=_ENTER, args=[])
            self._button = box("button", "button button-main button-icon composer-send", type="button")
            self._button.on("click", self._press, args=[])
        self._draw()

    def busy(self, is_busy: bool) -> None:
        """Whether an answer is being written, so that the button stops it."""
        self._busy = is_busy
        self._draw()

    async def _press(self) -> None:
        if self._busy:
            self._on_stop()
        else:
            await self._send()

    async def _send(self) -> None:
        words = (self._field.value or "").strip()
        if self._busy or not words:
            return
        self._field.set_value("")
        await self._on_send(words)

    def _draw(self) -> None:
        self._button.clear()
        label = "Stop the answer" if self._busy else "Ask"
        self._button.props["aria-label"] = label
        self._button.props["title"] = label
        with self._button:
            icon("stop" if self._busy else "send")
        self._button.update()
