"""One block device as /sys and /proc describe it, and whether it is one that may be overwritten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from image.errors import RefusedDiskError

SYSTEM_FOLDERS = frozenset({"/", "/usr", "/boot", "/boot/efi", "/efi"})
_SECTOR_BYTES = 512  # the unit of /sys/class/block/*/size, whatever the disk's own sectors are
_USB = re.compile(r"/usb\d+/")
_SERIAL_DEPTH = 8  # a USB device is at most so many folders above its disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """What there is to know about a device before it is overwritten."""

    name: str  # as in /sys/class/block
    device_number: str  # "major:minor"
    size_bytes: int
    partition_of: str | None = None
    on_usb: bool = False
    removable: bool = False
    read_only: bool = False
    vendor: str = ""
    model: str = ""
    serial: str = ""
    mounts: tuple[str, ...] = ()  # folders, of the disk, its partitions and what is built upon them
    swaps: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()  # RAID, LVM or encrypted volumes built upon it

    @property
    def title(self) -> str:
        """Maker, model, serial number and size, as far as they are known."""
        maker = " ".join(filter(None, (self.vendor, self.model))) or "unnamed disk"
        serial = f", serial number {self.serial}" if self.serial else ""
        return f"{maker}{serial}, {size(self.size_bytes)}"


def refusal(disk: Disk, needed_bytes: int) -> str | None:
    """A sentence that says why this disk must not, or cannot, be overwritten; None if it may be."""
    path = f"/dev/{disk.name}"
    if disk.partition_of is not None:
        return f"{path} is one partition; the image needs the whole disk: /dev/{disk.partition_of}."
    if SYSTEM_FOLDERS & set(disk.mounts):
        return f"{path} is the disk that this computer runs from."
    if disk.mounts:
        return f"{path} is in use: mounted at {_list(disk.mounts)}. Unmount it first (`sudo umount {disk.mounts[0]}`)."
    if disk.swaps:
        return f"{path} is in use: {_list(disk.swaps)} is this computer's swap space."
    if disk.holders:
        return f"{path} is in use: {_list(disk.holders)} (RAID, LVM or an encrypted volume) is built upon it."
    if not (disk.on_usb or disk.removable):
        return f"{path} ({disk.title}) is neither on USB nor removable; only a stick or a memory card is written to."
    if disk.size_bytes == 0:
        return f"{path} has no medium in it; put the card or stick in and try again."
    if disk.read_only:
        return f"{path} is read-only; move the little switch on the stick or card, if it has one."
    if disk.size_bytes < needed_bytes:
        return f"{path} holds {size(disk.size_bytes)}, and Hearth needs {size(needed_bytes)}; take a larger stick."
    return None


def look(path: Path, *, root: Path = Path("/")) -> Disk:
    """The device at `path`, links followed; raises RefusedDiskError if it isn't a block device."""
    device = _resolve(path, root)
    entry = _block(root) / device.name
    if device.parent != root / "dev" or not device.exists() or not entry.exists():
        would_do = " or ".join(f"/dev/{disk.name} ({disk.title})" for disk in sticks(root=root))
        advice = f"These would do: {would_do}." if would_do else "No stick is plugged in."
        msg = f"{path} is not a block device of this computer. {advice}"
        raise RefusedDiskError(msg)
    return _read(entry.resolve(), root)


def sticks(*, root: Path = Path("/")) -> tuple[Disk, ...]:
    """The whole disks that `refusal` lets pass, by name."""
    entries = sorted(_block(root).iterdir()) if _block(root).is_dir() else []
    disks = (_read(entry.resolve(), root) for entry in entries)
    return tuple(disk for disk in disks if refusal(disk, 1) is None)


def size(size_bytes: int) -> str:
    """The size in the units that are printed on sticks."""
    if size_bytes >= 1_000_000_000:
        return f"{size_bytes / 1_000_000_000:.1f} GB"
    return f"{size_bytes / 1_000_000:.0f} MB"


def _read(entry: Path, root: Path) -> Disk:
    stack = tuple(_stack(entry, root))
    names = {member.name for member in stack}
    numbers = {_text(member / "dev") for member in stack}
    partition = (entry / "partition").exists()
    memory_card = _text(entry / "device" / "type") == "SD"
    return Disk(
        name=entry.name,
        device_number=_text(entry / "dev"),
        size_bytes=int(_text(entry / "size") or 0) * _SECTOR_BYTES,
        partition_of=entry.parent.name if partition else None,
        on_usb=_USB.search(f"{entry}/") is not None,
        removable=_text(entry / "removable") == "1" or memory_card,
        read_only=_text(entry / "ro") == "1",
        vendor=_text(entry / "device" / "vendor"),
        model=_text(entry / "device" / "model") or _text(entry / "device" / "name"),
        serial=_serial(entry),
        mounts=tuple(_mounts(numbers, names, root)),
        swaps=tuple(_swaps(names, root)),
        holders=tuple(sorted(name for name in names if not name.startswith(entry.name))),
    )


def _stack(entry: Path, root: Path) -> Iterator[Path]:
    """The device, its partitions, and all that is built upon them."""
    yield entry
    for child in sorted(entry.iterdir()):
        if (child / "partition").exists():
            yield from _stack(child, root)
    holders = entry / "holders"
    for holder in sorted(holders.iterdir()) if holders.is_dir() else ():
        yield from _stack((_block(root) / holder.name).resolve(), root)


def _mounts(numbers: set[str], names: set[str], root: Path) -> Iterator[str]:
    """Folders of the mounts of these devices; proc_pid_mountinfo(5): number, folder, then the source after a dash."""
    for line in (root / "proc" / "self" / "mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        fields, source = before.split(), after.split()[1]
        # btrfs mounts carry a number of their own, so the source counts too.
        if fields[2] in numbers or _device_name(source, root) in names:
            yield fields[4].replace("\\040", " ")


def _swaps(names: set[str], root: Path) -> Iterator[str]:
    for line in (root / "proc" / "swaps").read_text().splitlines()[1:]:
        source = line.split()[0]
        if _device_name(source, root) in names:
            yield source


def _device_name(source: str, root: Path) -> str:
    return _resolve(Path(source), root).name if source.startswith("/dev/") else ""


def _resolve(path: Path, root: Path) -> Path:
    return (root / path.relative_to("/") if path.is_absolute() else path.absolute()).resolve()


def _serial(entry: Path) -> str:
    """The serial number of the disk or of the USB device that it hangs on."""
    for folder in ((entry / "device").resolve(), *list(entry.parents)[:_SERIAL_DEPTH]):
        if serial := _text(folder / "serial"):
            return serial
    return ""


def _text(file: Path) -> str:
    """A one-line file of /sys, or nothing where the kernel doesn't tell."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""


def _list(words: tuple[str, ...]) -> str:
    return " and ".join(words)


def _block(root: Path) -> Path:
    return root / "sys" / "class" / "block"
