"""Owns the boot menu of a PC with a legacy BIOS: which version its grub starts, and how many tries a new one has.

grub can't count file names as systemd-boot does, so it keeps a word for each version in its environment block: "3", "2"
and "1" are the tries that it has left, "0" means that it used them up, and "good" that it was seen to work. Source: the
GNU GRUB manual, "The GRUB environment block".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from firmware.updates.versions import Version

Tries = Literal["3", "2", "1", "0", "good"]
TRIES: Final[tuple[Tries, ...]] = ("3", "2", "1", "0", "good")
TRIAL_WORD: Final = "hearth.trial"
"""On the kernel's command line while a version is tried, so that a start that ends in an emergency is another try."""
_BLOCK_BYTES: Final = 1024
_HEADER: Final = "# GRUB Environment Block\n"
_PREFIX: Final = "tries_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One version: its kernel and initrd lie in `folder` on the EFI system partition."""

    version: Version
    folder: str
    command_line: str


def heading(versions: Sequence[Version]) -> str:
    """The menu's first line, which says what it is a menu of."""
    return f"# Hearth {' '.join(versions)}"


def menu(entries: Sequence[Entry]) -> str:
    """grub's configuration; the newest version comes first, and the last is the one that it falls back to."""
    new, old = entries[0], entries[-1]
    name = _name(new.version)
    lines = [
        heading([entry.version for entry in entries]),
        "set timeout=0",
        'if [ "${grub_platform}" == "pc" ]; then',
    ]
    lines += [f'set default="{_id(old.version)}"', 'set trial=""', "load_env"]
    lines += [f'if [ "${{{name}}}" == "good" ]; then', f'set default="{_id(new.version)}"']
    for left in (3, 2, 1):
        lines += [
            f'elif [ "${{{name}}}" == "{left}" ]; then',
            f'set default="{_id(new.version)}"',
            f'set trial="{TRIAL_WORD}"',
            f"set {name}={left - 1}",
            f"save_env {name}",
        ]
    lines += ["fi"]
    for entry in entries:
        lines += [
            f'menuentry "Hearth {entry.version}" --id "{_id(entry.version)}" {{',
            f"linux {entry.folder}/linux {entry.command_line} ${{trial}}",
            f"initrd {entry.folder}/initrd",
            "}",
        ]
    return "\n".join([*lines, "fi", ""])


def block(tries: Mapping[Version, Tries]) -> bytes:
    """grub's environment block that says this; grub writes into the same bytes later."""
    said = "".join(f"{_name(version)}={left}\n" for version, left in tries.items())
    return (_HEADER + said).encode().ljust(_BLOCK_BYTES, b"#")


def tries_in(content: bytes, version: Version) -> Tries | None:
    """What the block says of this version; None where it says nothing."""
    for line in content.decode("ascii", "replace").splitlines():
        name, _, said = line.partition("=")
        if name == _name(version):
            return next((known for known in TRIES if known == said), None)
    return None


def _id(version: Version) -> str:
    """grub would take what begins with a digit for the number of an entry."""
    return f"hearth-{version}"


def _name(version: Version) -> str:
    return _PREFIX + version.replace(".", "_")
