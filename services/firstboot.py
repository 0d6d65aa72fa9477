"""Owns what a device must have before any daemon starts: identity, hardware profile and secrets, made once and kept.

Each step leaves a whole state behind, so a power cut between any two is mended by the next start.
"""

import json
import logging
import secrets
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from firmware.durable import clear_unfinished, make_folder, write_durably
from firmware.errors import RecordDamagedError
from firmware.hardware import Hardware
from firmware.probe import probe
from firmware.profile import profile
from firmware.support import unsupported
from services.errors import ServicesError
from services.settings import Places

log = logging.getLogger(__name__)

NAME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike on a screen
NAME_LENGTH = 4
KEYS = ("engine.key", "local.key")
KEY_BYTES = 32
VOLATILE = ("battery",)


class DeviceRecordDamagedError(ServicesError):
    """The device's identity can't be read, and what was made for it would not fit a new one."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} is damaged. Restore it from a backup, or reset this box.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Who this box is; the name differs from box to box, so that two in one house do not collide."""

    device_id: str
    name: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What first boot found."""

    device: Device
    unsupported: str | None
    """Why this PC can't run Hearth, as a sentence; None where it can."""


def prepare(places: Places, *, root: Path = Path("/"), now: datetime | None = None) -> Outcome:
    """Make what is missing, renew what runs out, keep the rest. `root` is where /proc and /sys are."""
    places.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    device = _device(places.device, now or datetime.now(UTC))
    hardware = probe(root)
    _record(places.device, hardware)
    sentence = unsupported(hardware)
    _mark(places.runtime / "unsupported", sentence)
    if sentence is None:
        _secrets(places.secrets, device, now or datetime.now(UTC))
    return Outcome(device=device, unsupported=sentence)


def _device(folder: Path, now: datetime) -> Device:
    make_folder(folder, 0o755)
    clear_unfinished(folder)
    file = folder / "device.json"
    try:
        content = json.loads(file.read_bytes())
        return Device(device_id=content["device_id"], name=content["name"], created_at=content["created_at"])
    except FileNotFoundError:
        pass
    except (ValueError, KeyError, TypeError) as problem:
        raise DeviceRecordDamagedError(file) from problem
    suffix = "".join(secrets.choice(NAME_LETTERS) for _ in range(NAME_LENGTH))
    device = Device(
        device_id=secrets.token_hex(16), name=f"hearth-{suffix}", created_at=now.isoformat(timespec="seconds")
    )
    content = {field.name: getattr(device, field.name) for field in fields(device)}
    write_durably(file, (json.dumps(content, indent=2) + "\n").encode(), 0o644)
    log.info("This device is new and was given a name", extra={"DEVICE_NAME": device.name})
    return device


def _record(folder: Path, hardware: Hardware) -> None:
    file = folder / "hardware.json"
    try:
        before = Hardware.from_json(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, RecordDamagedError):
        before = None
    if before is not None and (changed := _changed(before, hardware)):
        log.info("This PC is not as it was at the last start; changed: %s", ", ".join(changed))
    _write_if_new(file, hardware.to_json(), 0o644)
    _write_if_new(folder / "profile.json", profile(hardware).to_json(), 0o644)


def _changed(before: Hardware, now: Hardware) -> list[str]:
    names = [field.name for field in fields(now) if field.name not in VOLATILE]
    return [name for name in names if getattr(before, name) != getattr(now, name)]


def _mark(file: Path, sentence: str | None) -> None:
    """The mark that keeps the other daemons from starting and tells the console why."""
    if sentence is None:
        file.unlink(missing_ok=True)
        return
    log.error("%s", sentence)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_durably(file, f"{sentence}\n".encode(), 0o644)


def _secrets(folder: Path, device: Device, now: datetime) -> None:
    # On a processor that is too old this line is never reached: what it loads may use instructions that are missing.
    from services.firstboot_certificate import keep_certificate

    make_folder(folder, 0o700)
    clear_unfinished(folder)
    for name in KEYS:
        file = folder / name
        if not file.exists() or len(file.read_bytes()) < KEY_BYTES:
            write_durably(file, f"{secrets.token_hex(KEY_BYTES)}\n".encode(), 0o600)
    keep_certificate(folder, device.name, now)


def _write_if_new(file: Path, text: str, mode: int) -> None:
    """Spare the stick a write at every start."""
    if not file.exists() or file.read_bytes() != text.encode():
        write_durably(file, text.encode(), mode)
