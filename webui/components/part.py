"""A page that looks again and again draws each of its parts anew only where that part has changed."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from nicegui import ui

from webui.components.basics import box


class Act(Protocol):
    """Asks the mesh for something and draws the page anew; what goes wrong is told on the page."""

    def __call__(self, method: str, path: str, content: dict[str, Any] | None = None) -> Awaitable[bool]:
        """Whether it was done; `path` is below `/api/nodes`."""
        ...


class Part:
    """A place on the page; what a person types elsewhere stays as it is drawn anew."""

    def __init__(self, tag: str = "div", **attributes: str) -> None:
        """`attributes` are those of the element."""
        self._room: ui.element = box(tag, **attributes)
        self._drawn: tuple[Any] | None = None

    def show(self, state: object, draw: Callable[[], None]) -> None:
        """Draw it, unless this very state is drawn already."""
        if self._drawn == (state,):
            return
        self._drawn = (state,)
        self._room.clear()
        with self._room:
            draw()
