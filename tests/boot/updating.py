"""Updates as an owner brings them to a booted box, and one that is signed and whole but does not start."""

import time
from pathlib import Path
from typing import Any

from firmware.unified_kernel import sections
from image import signing
from image.qemu import Machine, page_answers
from tests.boot.box import Box
from tests.boot.fat import make_stick
from tests.updates import written

VERSION = "0.999"
BROKEN = "0.999.1"
STICK = "UPDATES"
FINDING_SECONDS = 300.0
BRINGING_SECONDS = 1200.0
INSTALLING_SECONDS = 1800.0
RESTARTING_SECONDS = 1800.0


def update_file(build: Path) -> Path:
    """What `make test-boot` makes first: this checkout's system under a later version's name."""
    file = build / f"hearth_{VERSION}.update"
    assert file.is_file(), f"{file} is missing: `make test-boot` makes it"
    return file


def bring(box: Box, update: Path, version: str) -> None:
    """Send the file, as the page does."""
    kept = box.bring("/api/updates", update, patience_seconds=BRINGING_SECONDS)
    assert (kept["version"], kept["size_bytes"]) == (version, update.stat().st_size)


def take_from_a_stick(machine: Machine, box: Box, update: Path, version: str, stick: Path) -> float:
    """Plug a stick in that has the file on it, have it taken, pull it; the seconds from the plug on."""
    make_stick(stick, STICK, update)
    started = time.monotonic()
    machine.plug_in_disk(stick)
    seen = box.wait_until(
        "/api/updates/sticks", lambda answer: bool(answer["updates"]), deadline_seconds=FINDING_SECONDS
    )
    (found,) = seen["updates"]
    assert (found["version"], found["path"], found["problem"]) == (version, update.name, "")
    box.post("/api/updates/sticks", {"disk_id": found["disk_id"], "path": found["path"]})
    told = box.wait_until(
        "/api/updates", lambda answer: answer["kept"] or answer["problem"], deadline_seconds=BRINGING_SECONDS
    )
    seconds = time.monotonic() - started
    assert (told["kept"]["version"], told["kept"]["size_bytes"]) == (version, update.stat().st_size), told
    machine.pull_out("third")
    stick.unlink()
    return round(seconds, 1)


def install(box: Box, version: str) -> float:
    """Have what was brought installed; the seconds that it took."""
    started = time.monotonic()
    box.post("/api/updates/install", {})
    told = box.wait_until("/api/updates", lambda answer: not answer["going"], deadline_seconds=INSTALLING_SECONDS)
    assert (told["waiting"], told["problem"]) == (version, ""), told
    return round(time.monotonic() - started, 1)


def restart(machine: Machine, box: Box) -> float:
    """Use what waits; the seconds until the page is back, whichever version shows it."""
    started = time.monotonic()
    assert box.status("POST", "/api/updates/restart", said={}) == 204
    deadline = started + RESTARTING_SECONDS
    while page_answers(box.port):
        assert time.monotonic() < deadline, "the box did not restart"
        time.sleep(1)
    while not page_answers(box.port):
        assert machine.running, "the PC switched itself off"
        assert time.monotonic() < deadline, f"the page did not come back; the console is in {machine.console_log}"
        time.sleep(1)
    return round(time.monotonic() - started, 1)


def state(box: Box) -> dict[str, Any]:
    """What the box says of its versions, once all that it is asked for can be answered again."""
    return box.wait_until("/api/updates", lambda answer: answer["problem"] == "", deadline_seconds=RESTARTING_SECONDS)


def broken_update(kernel: Path, into: Path) -> Path:
    """Signed by the same maker and whole, with a kernel that finds nothing to start; small, since it is never read."""
    into.write_bytes(written(BROKEN, key=signing.private_key(), kernel=_without_initrd(kernel.read_bytes())))
    return into


def _without_initrd(kernel: bytes) -> bytes:
    initrd = next(section for section in sections(kernel) if section.name == ".initrd")
    return kernel[: initrd.offset] + b"\xff" * initrd.size_bytes + kernel[initrd.offset + initrd.size_bytes :]
