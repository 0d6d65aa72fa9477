"""`make flash DEVICE=/dev/sdX`: writes the newest image to a stick, and refuses what could be the wrong disk."""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image.disk import Disk, look, refusal, size, sticks
from image.disk_writer import Progress, compare, unpacked_bytes, write
from image.errors import ImageError, RefusedDiskError
from image.newest import chosen

ROOM_BYTES = 7_500_000_000  # an “8 GB” stick: two copies of the system and some room for files


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How far a transfer has come after so many seconds."""

    done_bytes: int
    total_bytes: int | None
    seconds: float

    @property
    def line(self) -> str:
        """Done, total, speed and the time that is left, on one line."""
        speed = self.done_bytes / self.seconds if self.seconds > 0 else 0.0
        if self.total_bytes is None:
            return f"{size(self.done_bytes)}, {speed / 1e6:.0f} MB/s"
        share = 100 * self.done_bytes // self.total_bytes
        left = (self.total_bytes - self.done_bytes) / speed if speed > 0 else 0.0
        return (
            f"{share:3d} %  {size(self.done_bytes)} of {size(self.total_bytes)}, {speed / 1e6:.0f} MB/s, "
            f"{left // 60:.0f}:{left % 60:02.0f} left"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The program's exit status: 0 once the stick holds the image, 1 with a sentence on stderr otherwise."""
    asked = _arguments(arguments)
    try:
        flash(chosen(asked.image, asked.build), asked.device, serial=asked.serial)
    except ImageError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The stick is only partly written; it does not start a PC.", file=sys.stderr)
        return 1
    return 0


def flash(image: Path, device: Path | None, *, serial: str | None) -> None:
    """Write, read back, say so; raises ImageError before the first byte is written or when the disk fails."""
    total_bytes = unpacked_bytes(image)
    if device is None:
        raise RefusedDiskError(_which())
    disk = look(device)
    if (reason := refusal(disk, max(ROOM_BYTES, total_bytes or 0))) is not None:
        raise RefusedDiskError(reason)
    path = Path("/dev", disk.name)
    print(f"Image:  {image} ({size(total_bytes)})" if total_bytes else f"Image:  {image}")
    print(f"Stick:  {path} ({disk.title})")
    _agree(disk, serial)
    written = write(image, path, progress=_show("Writing ", total_bytes))
    compare(written, path, progress=_show("Checking", written.size_bytes))
    print(f"Done: {path} holds the image, SHA-256 {written.sha256}.")
    print("Pull it out, plug it into the PC and switch the PC on; its screen shows what comes next.")


def _which() -> str:
    """The sentence for a call without a device."""
    found = sticks()
    if not found:
        return "Say which stick: make flash DEVICE=/dev/sdX. No stick is plugged in at the moment."
    choices = "\n".join(f"  make flash DEVICE=/dev/{disk.name}    # {disk.title}" for disk in found)
    return f"Say which stick; everything on it will be overwritten:\n{choices}"


def _agree(disk: Disk, serial: str | None) -> None:
    """Return if the person typed the disk's name, or gave its serial number beforehand."""
    if serial is not None:
        if serial != disk.serial:
            msg = (
                f"/dev/{disk.name} has the serial number {disk.serial or '(none)'}, not {serial}. Nothing was written."
            )
            raise RefusedDiskError(msg)
        return
    try:
        typed = input(f"Everything on it will be overwritten. Type {disk.name} to go on: ").strip()
    except EOFError:
        typed = ""
    if typed not in {disk.name, f"/dev/{disk.name}"}:
        msg = f"You did not type {disk.name}. Nothing was written."
        raise RefusedDiskError(msg)


def _show(what: str, total_bytes: int | None) -> Progress:
    """A progress function that prints one moving line on a terminal and one line every tenth elsewhere."""
    started = time.monotonic()
    tenth = -1

    def progress(done_bytes: int) -> None:
        nonlocal tenth
        line = Pace(done_bytes=done_bytes, total_bytes=total_bytes, seconds=time.monotonic() - started).line
        finished = done_bytes == total_bytes
        if sys.stdout.isatty():
            print(f"\r{what}  {line}  ", end="\n" if finished else "", flush=True)
        elif total_bytes and 10 * done_bytes // total_bytes > tenth:
            tenth = 10 * done_bytes // total_bytes
            print(f"{what}  {line}", flush=True)

    return progress


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m image.flash", description="Write the image to a stick.")
    parser.add_argument("device", nargs="?", type=Path, help="the whole stick, for example /dev/sdb")
    parser.add_argument("--image", type=Path, help="a .raw or .raw.zst file; the newest in build/ by default")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where images are made")
    parser.add_argument("--serial", help="don't ask: write if the stick's serial number is this one")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
