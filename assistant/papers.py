"""Reads a PDF that comes with a question, in the sandbox that reads the library's files; nothing of it is kept."""

import asyncio
import os
from pathlib import Path
from typing import Final

from assistant.parser.client import Parser
from assistant.parser.page import Page

PDF: Final = "application/pdf"
_SIDE_BY_SIDE: Final = 2


class Papers:
    """Turns a PDF's bytes into the texts of its pages."""

    def __init__(self, parser: Parser) -> None:
        self._parser = parser
        self._room = asyncio.Semaphore(_SIDE_BY_SIDE)

    async def pages(self, content: bytes) -> tuple[str, ...]:
        """The text of each page; raises `UnreadableDocumentError` or `ParserUnavailableError`."""
        async with self._room:
            return await asyncio.to_thread(self._read, content)

    def _read(self, content: bytes) -> tuple[str, ...]:
        pages: list[Page] = []
        # In memory alone: what comes with a question is not the library's, and leaves no trace on the disk.
        descriptor = os.memfd_create("paper")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            self._parser.read(Path(f"/proc/self/fd/{descriptor}"), PDF, pages.append)
        return tuple(page.text for page in pages)
