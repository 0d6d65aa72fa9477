"""A place to drop files on. The browser sends them to the assistant's API itself; see `dropzone.js`."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element


class Dropzone(Element, component="dropzone.js"):
    """Uploads to a shelf and calls back after each file, whether it was taken or refused."""

    def __init__(self, *, shelf: str, on_arrived: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.props["shelf"] = shelf
        self.on("arrived", on_arrived, args=[])

    def choose_shelf(self, shelf: str) -> None:
        """Where the next files go: `private` or `household`."""
        self.props["shelf"] = shelf
        self.update()
