"""Debian packages: which of those that a purpose needs are missing, and their installation.

The lists are packages/*.txt, one package a line, with a reason behind `#`.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from image.build.checkout import LOGS
from image.build.command import run
from image.build.errors import PackagesMissingError, UnsupportedMachineError

_LISTS = Path(__file__).with_name("packages")
_LOG = LOGS / "packages.log"


def ensure(purposes: Iterable[str]) -> None:
    """Install what these purposes, each a list, need and dpkg does not know as installed.

    Raises PackagesMissingError, with the command to type, where this user may not install packages.
    """
    if shutil.which("dpkg-query") is None:
        raise UnsupportedMachineError("Hearth is built on Debian 12 or 13; this host has no dpkg.")
    installed = _installed()
    missing = {name: why for name, why in needed(purposes).items() if name not in installed}
    if missing:
        _install(missing)


def needed(purposes: Iterable[str]) -> dict[str, str]:
    """Return the packages of these purposes, each with its reason, which may be empty."""
    return dict(entry for purpose in purposes for entry in parsed((_LISTS / f"{purpose}.txt").read_text()))


def parsed(text: str) -> list[tuple[str, str]]:
    """Return the packages of one list with their reasons."""
    entries = [line.partition("#") for line in text.splitlines()]
    return [(name.strip(), why.strip()) for name, _, why in entries if name.strip()]


def _installed() -> set[str]:
    listing = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${db:Status-Status} ${Package}\n"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {line.split()[1] for line in listing.splitlines() if line.startswith("installed ")}


def _install(missing: dict[str, str]) -> None:
    names = sorted(missing)
    print("Debian packages that are missing:")
    for name in names:
        print(f"    {name:<20}{missing[name]}")
    for argv in (["update"], ["install", "--yes", "--no-install-recommends", *names]):
        run(
            [*_as_root(names), "apt-get", "--option", "DPkg::Lock::Timeout=300", *argv],
            doing="Asking for the newest package lists" if argv == ["update"] else "Installing Debian packages",
            log=_LOG,
        )


def _as_root(names: list[str]) -> list[str]:
    """Return what goes before a command so that it runs as root and asks no questions."""
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive"]
    if os.geteuid() == 0:
        return quiet
    if shutil.which("sudo") is None:
        raise PackagesMissingError(names)
    return ["sudo", *quiet]
