"""`make boot`: the newest image in an emulated PC on this computer, from power-on to the set-up page."""

import argparse
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from image.accelerator import Accelerator, choose
from image.console import fingerprint, last_line, plain, setup_code
from image.errors import ImageError, MissingImageError, NotAUnifiedKernelError
from image.guest import Forward, Guest
from image.guest_disk import plug_in
from image.newest import chosen, unified_kernel_of
from image.qemu import Machine, free_port, is_claimed, require
from image.unified_kernel import unpack

LINE_CHARACTERS = 100
CONSOLE_SECONDS = 300.0
PAGE_SECONDS = {"kvm": 180.0, "tcg": 900.0}


def main(arguments: Sequence[str] | None = None) -> int:
    """The program's exit status: 0 once the PC was switched off, 1 with a sentence on stderr otherwise."""
    asked = _arguments(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        boot(chosen(asked.image, asked.build), asked.build / "boot", fresh=asked.fresh)
    except ImageError as error:
        _clear()
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nUnplugged.")
    return 0


def boot(image: Path, folder: Path, *, fresh: bool) -> None:
    """Boot the image until Ctrl-C or until the PC is switched off; its disk stays in `folder` for the next time."""
    disk = folder / "disk.raw"
    page, redirect = _port(8443), _port(8080)
    guest = Guest(
        disk=disk,
        forwards=(Forward(host_port=page, guest_port=443), Forward(host_port=redirect, guest_port=80)),
    )
    require(guest)
    _insert(image, disk, fresh=fresh)
    accelerator = _accelerator(image, folder)
    print(f"Runs by {'KVM' if accelerator.name == 'kvm' else 'emulation, which is slow'}: {accelerator.reason}.")
    with Machine(guest, accelerator, folder) as machine:
        print(f"The PC is on. All that it says goes to {machine.console_log}. Ctrl-C switches it off.")
        try:
            seconds = machine.wait_for_page(
                page, deadline_seconds=PAGE_SECONDS[accelerator.name], tell=lambda: _show(machine)
            )
            _clear()
            print(f"The page answers {seconds:.0f} seconds after power-on: https://127.0.0.1:{page}/")
            _introduce(machine, page)
            machine.wait_until_off()
            print("The PC was switched off from within.")
        except KeyboardInterrupt:
            _clear()
            print("Switching it off; Ctrl-C again pulls the plug.")
            print("It is off." if machine.power_down() else "It did not end by itself, so its plug was pulled.")


def introduction(console: str, *, is_claimed: bool) -> tuple[str, ...]:
    """What a person needs from the console once the page answers: the code, and how to know the certificate."""
    lines = []
    if is_claimed:
        lines.append("It has an owner already, so it asks for a name and a password.")
    elif (code := setup_code(console)) is not None:
        lines.append(f"Set-up code: {code}")
    if (beginning := fingerprint(console)) is not None:
        lines.append(
            f"The browser warns once, because the box made its own certificate. It begins like this: {beginning}"
        )
    return tuple(lines)


def _introduce(machine: Machine, page: int) -> None:
    """The page may answer long before the console shows the code, which nobody can go on without."""
    soon = machine.seconds + CONSOLE_SECONDS
    claimed = machine.wait_for("whether it has an owner", lambda _: is_claimed(page), deadline_seconds=soon)
    if not claimed:
        machine.wait_for("the set-up code", setup_code, deadline_seconds=soon, tell=lambda: _show(machine))
        _clear()
    print("\n".join(introduction(machine.console(), is_claimed=claimed)))


def _insert(image: Path, disk: Path, *, fresh: bool) -> None:
    if plug_in(image, disk, fresh=fresh):
        print(f"Image: {image}, on a new disk {disk}.")
        return
    print(f"Goes on with the disk of the last time, {disk}. FRESH=1 starts anew.")
    if image.stat().st_mtime > disk.stat().st_mtime:
        print(f"{image} is newer than what is on that disk: FRESH=1 boots it.")


def _accelerator(image: Path, folder: Path) -> Accelerator:
    try:
        kernel = unpack(unified_kernel_of(image), folder).linux
    except (MissingImageError, NotAUnifiedKernelError):
        kernel = None  # an image from elsewhere comes alone; this host's own kernel is tried instead
    return choose(kernel)


def _show(machine: Machine) -> None:
    minutes, seconds = divmod(int(machine.seconds), 60)
    line = f"{minutes}:{seconds:02d}  {last_line(machine.console())}"[:LINE_CHARACTERS]
    if sys.stdout.isatty():
        print(f"\r{plain(line):<{LINE_CHARACTERS}}", end="", flush=True)
    elif int(machine.seconds * 2) % 30 == 0:
        print(line, flush=True)


def _clear() -> None:
    if sys.stdout.isatty():
        print(f"\r{'':<{LINE_CHARACTERS}}", end="\r")


def _port(wanted: int) -> int:
    """The wanted loopback port, or a free one where something listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
    return wanted


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m image.boot", description="Boot the image in an emulated PC.")
    parser.add_argument("--image", type=Path, help="a .raw file; the newest in build/ by default")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where images are made")
    parser.add_argument("--fresh", action="store_true", help="start with a new disk, as a stick just flashed")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
