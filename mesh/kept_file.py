"""Owns one small file of the mesh's state that follows what is in memory, and is never a reason not to start."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from firmware.durable import write_durably

log = logging.getLogger(__name__)

Found = TypeVar("Found")


class KeptFile:
    """See above."""

    def __init__(self, file: Path, *, empty: bytes, what: str) -> None:
        """`empty` is what a file that is not there would hold; `what` begins a sentence about it."""
        self._file = file
        self._what = what
        self._written: bytes | None = empty
        """What lies on the disk; None where that is not known, or was not understood."""
        self._is_failing = False

    def read(self, understood: Callable[[bytes], Found], nothing: Found) -> Found:
        """What was kept; `nothing` where that cannot be understood (a ValidationError), which is forgotten then."""
        try:
            content = self._file.read_bytes()
            found = understood(content)
        except FileNotFoundError:
            return nothing
        except (OSError, ValidationError):
            log.warning("%s cannot be read, and begins anew", self._what)
            self._written = None
            return nothing
        self._written = content
        return found

    def write(self, content: bytes) -> None:
        """Bring the file up with this; blocking. A disk without room keeps the old one, and is tried again."""
        if content == self._written:
            return
        try:
            write_durably(self._file, content, 0o600)
        except OSError as error:
            if not self._is_failing:
                log.warning("%s could not be kept: %s", self._what, error.strerror)
            self._is_failing = True
            return
        self._written, self._is_failing = content, False
