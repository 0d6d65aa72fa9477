"""Owns what can go wrong while a PC is described: almost nothing, since a missing file is a normal answer."""


class FirmwareError(Exception):
    """Base class of the package's errors."""


class RecordDamagedError(FirmwareError):
    """A saved record of this PC cannot be read. It is made again at the next start; restart the box."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The saved record “{what}” cannot be read. Restart the box: it is made again at every start.")
