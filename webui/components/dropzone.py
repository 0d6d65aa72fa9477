"""A place to drop files on. The browser sends them to the assistant's API itself; see `dropzone.js`."""

from collections.abc import Awaitable, Callable

from nicegui.element import Element

from assistant import litter


class Dropzone(Element, component="dropzone.js"):
    """Uploads, and calls back after each file, whether it was taken or refused."""

    def __init__(
        self,
        *,
        on_arrived: Callable[[], Awaitable[None]],
        shelf: str = "",
        door: str = "/api/documents",
        words: str = "Choose files",
    ) -> None:
        """`door` is `/api/documents`, `/api/models` or `/api/updates`; `words` stand on the button."""
        super().__init__()
        self.props["shelf"] = shelf
        self.props["door"] = door
        self.props["words"] = words
        self.props["litter"] = litter.told()
        self.on("arrived", on_arrived, args=[])

    def choose_shelf(self, shelf: str) -> None:
        """Where the next files go: `private` or `household`."""
        self.props["shelf"] = shelf
        self.update()
