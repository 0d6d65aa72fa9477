"""`hearth-console`: name, address, QR code and set-up code on the PC's own screen and on its serial line."""

import argparse
import errno
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from services import credentials, notify
from services.console_layout import render, report
from services.console_state import ScreenState, gather
from services.errors import CredentialMissingError, ServicesError
from services.settings import LOCAL_FILE, VENDOR_FILE, load

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
REPAINT_SECONDS = 60.0  # wipes what the kernel wrote over the screen; unseen where it wrote nothing
TURN_SECONDS = 10.0  # of a picture, where two don't fit side by side
TTY_MAJOR, FIRST_SERIAL_MINOR = 4, 64  # below it are the screen's own terminals; Linux's devices.txt
DEFAULT_SIZE = (80, 25)

# UTF-8, no cursor, no line wrap, and a screen that never goes dark: console_codes(4).
BEGIN = "\x1b%G\x1b[?25l\x1b[?7l\x1b[9;0]\x1b[14;0]\x1b[0m\x1b[2J"
END = "\x1b[?7h\x1b[?25h\r\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Show until told to stop; 0 where the terminal turns out not to exist, as on a PC without a serial port."""
    notify.configure_logging("hearth-console")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", action="append", type=Path, metavar="FILE", help="a TOML settings file")
    parser.add_argument("--style", choices=["screen", "lines"], help="paint in place, or print plain lines")
    given = parser.parse_args(argv)
    if not os.isatty(sys.stdout.fileno()):
        log.error("The set-up code is for a screen, not for a file or a log. Start the console on a terminal.")
        return 1
    try:
        settings = load(given.config or (VENDOR_FILE, LOCAL_FILE))
    except ServicesError as error:
        log.error("%s", error)
        return 1
    terminal = Terminal(sys.stdout.fileno(), painted=(given.style or _fitting_style()) == "screen")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        terminal.begin()
        while not stop.is_set():
            terminal.show(gather(settings, _certificate()))
            stop.wait(LOOK_SECONDS)
        terminal.end()
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        log.info("There is nothing at the other end of this terminal")
    return 0


class Terminal:
    """One terminal, written to only when something changed."""

    def __init__(self, descriptor: int, *, painted: bool) -> None:
        self._descriptor = descriptor
        self._painted = painted
        self._shown: tuple[ScreenState, tuple[int, int], int] | None = None
        self._painted_at = 0.0

    def begin(self) -> None:
        """Take the screen over."""
        if self._painted:
            self._write(BEGIN)

    def show(self, state: ScreenState) -> None:
        """Bring the terminal to `state`."""
        # Only a screen has too little room for two pictures, and nothing else takes turns.
        turn = int(time.monotonic() // TURN_SECONDS) if self._painted and state.offer and state.offer.link else 0
        shown = (state, self._size(), turn)
        stale = self._painted and time.monotonic() - self._painted_at > REPAINT_SECONDS
        if shown == self._shown and not stale:
            return
        if self._painted:
            # Line by line over the old ones: nothing is blank for a moment, nothing scrolls.
            lines = render(state, *shown[1], turn).split("\n")
            self._write("\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K")
        else:
            self._write("\n" + report(state))
        self._shown, self._painted_at = shown, time.monotonic()

    def end(self) -> None:
        """Give the screen back."""
        if self._painted:
            self._write(END)

    def _size(self) -> tuple[int, int]:
        columns, lines = os.get_terminal_size(self._descriptor)
        return (columns, lines) if columns and lines else DEFAULT_SIZE

    def _write(self, text: str) -> None:
        content = text.encode()
        while content:
            content = content[os.write(self._descriptor, content) :]


def _fitting_style() -> str:
    """By the device's number: its name is not to be seen from within a sandbox."""
    device = os.fstat(sys.stdout.fileno()).st_rdev
    on_screen = os.major(device) == TTY_MAJOR and os.minor(device) < FIRST_SERIAL_MINOR
    return "screen" if on_screen else "lines"


def _certificate() -> Path | None:
    try:
        return credentials.path("tls.crt")
    except CredentialMissingError:
        return None


if __name__ == "__main__":
    sys.exit(main())
