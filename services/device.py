"""Reads what first boot learned about this device: its name and the profile of its hardware."""

import json
from dataclasses import dataclass

from firmware.hardware import Hardware
from firmware.profile import Profile
from services.errors import CredentialMissingError
from services.settings import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Who this box is to the person."""

    device_id: str
    name: str
    """The host name, without `.local`."""


def read_device(places: Places) -> Device:
    """The identity from `device.json`; `CredentialMissingError` before first boot."""
    content = json.loads(_text(places, "device.json"))
    return Device(device_id=content["device_id"], name=content["name"])


def read_profile(places: Places) -> Profile:
    """The profile from `profile.json`; `CredentialMissingError` before first boot."""
    return Profile.from_json(_text(places, "profile.json"))


def read_hardware(places: Places) -> Hardware:
    """The PC from `hardware.json`; `CredentialMissingError` before first boot."""
    return Hardware.from_json(_text(places, "hardware.json"))


def _text(places: Places, name: str) -> str:
    file = places.device / name
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        message = f"{file} is missing: first boot has not run. Start the node with `hearth run`, or `hearth-firstboot`."
        raise CredentialMissingError(message) from error
