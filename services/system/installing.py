"""Owns how an update becomes the other version on this disk: unpacked, checked, and written by systemd-sysupdate.

Nothing is believed because of who hands it over: this process looks at the signature and at every checksum itself, and
systemd-sysupdate is only shown what came out right. It writes the file systems into the slot that does not run, and the
kernel, by which the boot loaders find it, last; whatever is cut off before that leaves the running version as it was.
"""

import errno
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from firmware.updates.errors import DamagedUpdateError, UnfitUpdateError
from firmware.updates.file import Contents, Opened, Part, opened, part_pieces
from firmware.updates.system import SystemState
from firmware.updates.versions import is_newer
from services.system.boot_partition import KERNELS, BootPartition

log = logging.getLogger(__name__)

SYSUPDATE: Final = Path("/usr/lib/systemd/systemd-sysupdate")
_SPARE_BYTES: Final = 64 << 20
_FULL_BYTES: Final = 1 << 20
_STAGED: Final = "staged"
_IMPORTED: Final = re.compile(r"Imported ([0-9]{1,3})%")

Told = Callable[[int, int], None]

_PARTITION: Final = """\
[Transfer]
ProtectVersion={running}

[Source]
Type=regular-file
Path={staged}
MatchPattern=hearth_@v.{name}.@u.raw

[Target]
Type=partition
Path={disk}
MatchPattern={label}
MatchPartitionType={kind}
ReadOnly=1
"""
_KERNEL: Final = """\
[Transfer]
ProtectVersion={running}

[Source]
Type=regular-file
Path={staged}
MatchPattern=hearth_@v.efi

[Target]
Type=regular-file
Path={kernels}
MatchPattern=hearth_@v+@l-@d.efi hearth_@v+@l.efi hearth_@v.efi
Mode=0444
TriesLeft=3
TriesDone=0
InstancesMax=2
"""


def install(
    file: BinaryIO,
    keys: Sequence[Ed25519PublicKey],
    *,
    boot: BootPartition,
    esp: Path,
    disk: Path,
    work: Path,
    told: Told,
    program: Path = SYSUPDATE,
) -> SystemState:
    """Install the update; `work` is an own folder on a disk with room. Raises `UpdateError`, or OSError of the disk."""
    state = boot.state()
    if boot.is_on_trial():
        raise UnfitUpdateError(f"Version {state.running} is new here and still being tried. Try again in some minutes.")
    known = _opened(file, keys)
    refuse_unfit(known.contents, state)
    if known.contents.number == state.failed:
        boot.try_again(known.contents.number)
        return boot.state()
    staged, definitions = work / _STAGED, work / "definitions"
    for folder in (staged, definitions):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    try:
        _unpack(file, known, staged, told)
        _make_room(known.contents, boot, esp)
        _define(definitions, staged, disk=disk, kernels=esp / KERNELS, state=state)
        _update(program, definitions, known, told)
        boot.write_menu()
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    log.info("Version %s is installed and is used from the next start", known.contents.version)
    return boot.state()


def clear_unfinished(work: Path) -> None:
    """Remove what an installation that a power cut ended has unpacked: a gigabyte that nobody would see."""
    shutil.rmtree(work / _STAGED, ignore_errors=True)


def refuse_unfit(contents: Contents, state: SystemState) -> None:
    """Raises `UnfitUpdateError` for what is no later version, or is installed already."""
    version = contents.number
    if not is_newer(version, state.running):
        raise UnfitUpdateError(f"This update is version {version}, and this box already runs {state.running}.")
    if version == state.waiting:
        raise UnfitUpdateError(f"Version {version} is installed already. Restart the box to use it.")


def refuse_without_room(needed_bytes: int, free_bytes: int) -> None:
    """Raises `UnfitUpdateError` with the numbers."""
    if free_bytes < needed_bytes:
        raise UnfitUpdateError(
            f"The update needs {needed_bytes / 1e9:.1f} GB of free space while it is installed, and there are "
            f"{free_bytes / 1e9:.1f} GB. Delete a model or files, and try again."
        )


def _opened(file: BinaryIO, keys: Sequence[Ed25519PublicKey]) -> Opened:
    size_bytes = file.seek(0, 2)
    file.seek(0)
    known = opened(file, keys)
    if known.size_bytes != size_bytes:
        raise DamagedUpdateError
    return known


def _make_room(contents: Contents, boot: BootPartition, esp: Path) -> None:
    """Forget the version that goes, since its kernel's room is needed; by now the new one is known to be whole."""
    # Once for UEFI and once for a legacy BIOS.
    kernel = next(part.unpacked_bytes for part in contents.parts if part.name == "kernel")
    boot.forget_all_but_running()
    free = shutil.disk_usage(esp).free
    if free < 3 * kernel:
        raise UnfitUpdateError(
            "The small partition that the PC starts from is full, so this update has no place there."
        )


def _unpack(file: BinaryIO, known: Opened, staged: Path, told: Told) -> None:
    """Write the parts as systemd-sysupdate wants to find them, each known to be right once it is whole.

    Raises `UnfitUpdateError` without room, `DamagedUpdateError`, or OSError of the disk.
    """
    needed = sum(part.unpacked_bytes for part in known.contents.parts) + _SPARE_BYTES
    refuse_without_room(needed, shutil.disk_usage(staged).free)
    file.seek(known.parts_at)
    seen, whole = 0, 2 * known.size_bytes
    for part in known.contents.parts:
        target = staged / staged_name(known.contents, part)
        # What can't be unpacked ends the program, and is missing then.
        with suppress(BrokenPipeError), target.open("wb") as lying, _unpacking(lying, part) as write:
            for piece in part_pieces(file, part):
                write(piece)
                seen += len(piece)
                told(seen, whole)
        if target.stat().st_size != part.unpacked_bytes:
            if shutil.disk_usage(staged).free < _FULL_BYTES:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            raise DamagedUpdateError


@contextmanager
def _unpacking(target: BinaryIO, part: Part) -> Iterator[Callable[[bytes], object]]:
    """Hands over what takes the part's bytes, of which its unpacked ones get into `target`."""
    if part.unpacked_bytes == part.size_bytes:
        yield target.write
        return
    command = ["zstd", "--decompress", "--quiet", "--stdout"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=target) as child:
        if child.stdin is not None:
            yield child.stdin.write


def staged_name(contents: Contents, part: Part) -> str:
    """As the definitions match it: the partition's identity travels in the file's name."""
    if part.name == "kernel":
        return f"hearth_{contents.version}.efi"
    return f"hearth_{contents.version}.{part.name}.{part.identity}.raw"


def _define(folder: Path, staged: Path, *, disk: Path, kernels: Path, state: SystemState) -> None:
    for number, name, label, kind in (
        (10, "root", "hearth_@v", "root"),
        (20, "verity", "hearth_@v_verity", "root-verity"),
    ):
        (folder / f"{number}-{name}.transfer").write_text(
            _PARTITION.format(running=state.running, staged=staged, name=name, disk=disk, label=label, kind=kind)
        )
    (folder / "70-kernel.transfer").write_text(_KERNEL.format(running=state.running, staged=staged, kernels=kernels))


def _update(program: Path, definitions: Path, known: Opened, told: Told) -> None:
    """Have systemd-sysupdate write the version; raises OSError with its last words."""
    command = [str(program), f"--definitions={definitions}", "--verify=no", "update", known.contents.version]
    last, whole = "", 2 * known.size_bytes
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as child:
        furthest = 0
        for line in child.stdout or ():
            last = line.strip() or last
            matched = _IMPORTED.search(line)
            # The root file system comes first, and is all but everything.
            furthest = max(furthest, int(matched[1]) if matched else 0)
            told(known.size_bytes * (100 + furthest) // 100, whole)
    if child.returncode != 0:
        log.error("systemd-sysupdate: %s", last)
        raise OSError(f"systemd-sysupdate ended with {child.returncode}: {last}")
