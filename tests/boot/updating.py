"""Updates as an owner brings them to a booted box, and one that is signed and whole but does not start."""

import hashlib
import subprocess
import time
from pathlib import Path
from typing import Any

from firmware.unified_kernel import sections
from firmware.updates.file import Contents, Part, opened, public_keys, signed_list
from image import signing
from image.qemu import Machine, page_answers
from tests.boot.box import Box

VERSION = "0.999"
BROKEN = "0.999.1"
BRINGING_SECONDS = 1200.0
INSTALLING_SECONDS = 1800.0
RESTARTING_SECONDS = 1800.0


def update_file(build: Path) -> Path:
    """What `make test-boot` makes first: this checkout's system under a later version's name."""
    file = build / f"hearth_{VERSION}.update"
    assert file.is_file(), f"{file} is missing: `make test-boot` makes it"
    return file


def install(box: Box, update: Path, version: str) -> tuple[float, float]:
    """Bring it and have it installed; the seconds that each took."""
    started = time.monotonic()
    kept = box.bring("/api/updates", update, patience_seconds=BRINGING_SECONDS)
    assert (kept["version"], kept["size_bytes"]) == (version, update.stat().st_size)
    brought = time.monotonic()
    box.post("/api/updates/install", {})
    told = box.wait_until("/api/updates", lambda answer: not answer["going"], deadline_seconds=INSTALLING_SECONDS)
    assert (told["waiting"], told["problem"]) == (version, ""), told
    return round(brought - started, 1), round(time.monotonic() - brought, 1)


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


def broken_update(good: Path, into: Path) -> Path:
    """The same system with a kernel that finds nothing to start, signed by the same maker."""
    key = signing.private_key()
    with good.open("rb") as source:
        known = opened(source, public_keys([signing.public_key()]))
        parts, contents = [], []
        for part in known.contents.parts:
            content = source.read(part.size_bytes)
            if part.name == "kernel":
                content = _without_initrd(_unpacked(content))
            digest = hashlib.sha256(content).hexdigest()
            unpacked_bytes = len(content) if part.name == "kernel" else part.unpacked_bytes
            parts.append(
                Part(
                    name=part.name,
                    size_bytes=len(content),
                    sha256=digest,
                    unpacked_bytes=unpacked_bytes,
                    identity=part.identity,
                )
            )
            contents.append(content)
    listed = Contents(product="hearth", architecture="x86-64", version=BROKEN, parts=tuple(parts))
    into.write_bytes(signed_list(listed, key) + b"".join(contents))
    return into


def _unpacked(content: bytes) -> bytes:
    return subprocess.run(["zstd", "--decompress", "--stdout"], input=content, capture_output=True, check=True).stdout


def _without_initrd(kernel: bytes) -> bytes:
    initrd = next(section for section in sections(kernel) if section.name == ".initrd")
    return kernel[: initrd.offset] + b"\xff" * initrd.size_bytes + kernel[initrd.offset + initrd.size_bytes :]
