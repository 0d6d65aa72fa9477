"""One run of an emulated PC: started, watched on its serial line, switched off; it never outlives this process."""

import http.client
import json
import logging
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from image.accelerator import Accelerator
from image.console import dead_end, last_line, tripped
from image.errors import GuestEndedError, GuestSilentError, MissingToolError
from image.guest import OVMF_CODE, OVMF_VARIABLES, Firmware, Guest, Wiring, command_line
from image.monitor import Monitor

log = logging.getLogger(__name__)

PROGRAMS = ("qemu-system-x86_64", "setpriv")
POLL_SECONDS = 1.0
POWER_DOWN_SECONDS = 120.0
MOST_TRIPS = 2

Seen = TypeVar("Seen")


class Machine:
    """A guest that runs while the `with` block does; its console's log and UEFI variables stay in `folder`."""

    def __init__(self, guest: Guest, accelerator: Accelerator, folder: Path) -> None:
        self.console_log = folder / "console.log"
        self._guest = guest
        self._accelerator = accelerator
        self._folder = folder
        self._sockets: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._console_start = 0
        self._trips = 0

    def __enter__(self) -> Self:
        self.power_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()

    def power_on(self) -> None:
        """Start it; raises MissingToolError where QEMU or UEFI's firmware isn't installed."""
        require(self._guest)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.console_log.touch()
        self._console_start = self.console_log.stat().st_size
        # A Unix socket's name has room for 107 characters only, so it lies in a short folder.
        self._sockets = tempfile.TemporaryDirectory(prefix="hearth-qemu-")
        wiring = Wiring(console=self.console_log, monitor=self._monitor_path(), variables=self._variables())
        # setpriv: the kernel ends QEMU with its parent, however that came to its end.
        command = ("setpriv", "--pdeathsig", "KILL", "--", *command_line(self._guest, self._accelerator, wiring))
        self._started = time.monotonic()
        with (self._folder / "qemu.log").open("wb") as complaints:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints, start_new_session=True
            )
        log.info("started QEMU as process %d", self._process.pid)

    def power_down(self, *, deadline_seconds: float = POWER_DOWN_SECONDS) -> bool:
        """Press the power button and wait; False if the guest did not end by itself and was unplugged."""
        clean = False
        if self.running:
            with Monitor(self._monitor_path()) as monitor:
                monitor.execute("system_powerdown")
            clean = self._wait(deadline_seconds)
        self.unplug()
        return clean

    def unplug(self) -> None:
        """End it at once, as a pulled cord does; nothing happens to one that has ended."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        if self._sockets is not None:
            self._sockets.cleanup()
            self._sockets = None

    @property
    def running(self) -> bool:
        """Whether QEMU is still there."""
        return self._process is not None and self._process.poll() is None

    @property
    def seconds(self) -> float:
        """Seconds since power-on."""
        return time.monotonic() - self._started

    def console(self) -> str:
        """All that the guest said on its serial line since power-on."""
        with self.console_log.open("rb") as console:
            console.seek(self._console_start)
            return console.read().decode(errors="replace")

    def wait_for(
        self,
        what: str,
        see: Callable[[str], Seen | None],
        *,
        deadline_seconds: float,
        tell: Callable[[], None] | None = None,
    ) -> Seen:
        """The first value that `see` finds in the console; `what` names it in GuestSilentError and GuestEndedError."""
        while True:
            if self._has_tripped(self.console()):
                self._start_again()
            ended = not self.running
            found = see(self.console())
            if found is not None:
                return found
            said = self.console()
            if self._has_tripped(said):
                continue  # while we looked; its end is not the system's own
            if ended:
                raise GuestEndedError(self._ended())
            if (words := dead_end(said)) is not None:
                msg = f"The guest's system gave up: “{words}”. All that it said is in {self.console_log}."
                raise GuestEndedError(msg)
            if self.seconds > deadline_seconds:
                msg = (
                    f"After {self.seconds:.0f} seconds the guest has not shown {what}; its last words: "
                    f"“{last_line(said)}”. All of them are in {self.console_log}."
                )
                raise GuestSilentError(msg)
            if tell is not None:
                tell()
            time.sleep(POLL_SECONDS)

    def wait_for_page(self, port: int, *, deadline_seconds: float, tell: Callable[[], None] | None = None) -> float:
        """Seconds from power-on until the set-up page answers over HTTPS on this loopback port."""
        return self.wait_for(
            "the page",
            lambda _: self.seconds if page_answers(port) else None,
            deadline_seconds=deadline_seconds,
            tell=tell,
        )

    def wait_until_off(self) -> None:
        """Return once the guest has switched itself off."""
        while self.running:
            time.sleep(POLL_SECONDS)

    def plug_in(self, folder: Path, label: str) -> None:
        """Put a second USB stick in: FAT, called `label` (at most 11 characters), with what lies in `folder`."""
        stick = {"driver": "vvfat", "node-name": "second", "dir": str(folder.absolute()), "label": label}
        with Monitor(self._monitor_path()) as monitor:
            monitor.execute("blockdev-add", **stick, **{"read-only": True})
            monitor.execute("device_add", driver="usb-storage", id="second", bus="usb.0", drive="second")

    def plug_in_disk(self, disk: Path) -> None:
        """Put a third USB stick in: the raw file, which can be written to."""
        file = {"driver": "file", "filename": str(disk.absolute())}
        with Monitor(self._monitor_path()) as monitor:
            monitor.execute("blockdev-add", driver="raw", file=file, **{"node-name": "third"})
            monitor.execute("device_add", driver="usb-storage", id="third", bus="usb.0", drive="third")

    def pull_out(self, stick: str = "second") -> None:
        """Pull the second or third stick, as people do: without a word to the system."""
        with Monitor(self._monitor_path()) as monitor:
            monitor.execute("device_del", id=stick)

    def photograph(self, picture: Path) -> None:
        """Save what the guest's screen shows as a PNG file."""
        picture.parent.mkdir(parents=True, exist_ok=True)
        with Monitor(self._monitor_path()) as monitor:
            monitor.execute("screendump", filename=str(picture.absolute()), format="png")

    def _has_tripped(self, said: str) -> bool:
        return self._accelerator.name == "tcg" and self._trips < MOST_TRIPS and tripped(said)

    def _start_again(self) -> None:
        """Pull the plug and start anew: what the emulator got wrong says nothing about the system."""
        self._trips += 1
        log.warning("QEMU's cores tripped over code that the kernel rewrote; the PC is started again")
        self.unplug()
        self.power_on()

    def _monitor_path(self) -> Path:
        if self._sockets is None:
            raise GuestEndedError(self._ended())
        return Path(self._sockets.name, "monitor")

    def _variables(self) -> Path | None:
        """The firmware's memory, kept from one power-on to the next as a PC keeps it."""
        if self._guest.firmware is not Firmware.UEFI:
            return None
        variables = self._folder / "uefi-variables.fd"
        if not variables.exists():
            shutil.copyfile(OVMF_VARIABLES, variables)
        return variables

    def _wait(self, deadline_seconds: float) -> bool:
        if self._process is None:
            return True
        try:
            self._process.wait(deadline_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _ended(self) -> str:
        words = (self._folder / "qemu.log").read_text(errors="replace").strip().splitlines()
        why = f" QEMU says: “{words[-1]}”." if words else ""
        return f"The emulated PC has ended.{why} What it said is in {self.console_log}."


def free_port() -> int:
    """A loopback port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def page_answers(port: int) -> bool:
    """Whether the page answers over HTTPS; QEMU accepts connections long before the guest listens."""
    answer = _answer(port, "/")
    return answer is not None and answer[0] < http.client.BAD_REQUEST


def is_claimed(port: int) -> bool | None:
    """Whether the guest behind this port has an owner; None as long as it does not say."""
    answer = _answer(port, "/api/health")
    if answer is None or answer[0] != http.client.OK:
        return None
    try:
        return bool(json.loads(answer[1])["claimed"])
    except (ValueError, KeyError, TypeError):
        return None


def _answer(port: int, path: str) -> tuple[int, bytes] | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the certificate is the guest's own, and nothing is told to it
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def require(guest: Guest) -> None:
    """Raise MissingToolError if this host lacks a program or firmware that the guest needs."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if guest.firmware is Firmware.UEFI:
        missing += [str(path) for path in (OVMF_CODE, OVMF_VARIABLES) if not path.exists()]
    if missing:
        msg = f"To boot the image this host needs {' and '.join(missing)}; `make setup` installs what is missing."
        raise MissingToolError(msg)
