"""Owns reading the disks, and telling which one this system was started from."""

from firmware.hardware import Disk, Transport
from firmware.tree import Tree

BLOCK = "sys/block"
SECTOR_BYTES = 512  # the unit of /sys/block/*/size, whatever the disk's own sectors are
NOT_DISKS = ("dm-", "fd", "loop", "md", "nbd", "ram", "sr", "zram")


def read_disks(tree: Tree) -> tuple[Disk, ...]:
    """The disks with something in them: an empty card reader is left out."""
    system = _system_disks(tree)
    return tuple(
        Disk(
            name=name,
            model=_model(tree, name),
            size_bytes=size * SECTOR_BYTES,
            removable=tree.number(f"{BLOCK}/{name}/removable") == 1,
            rotational=tree.number(f"{BLOCK}/{name}/queue/rotational") == 1,
            transport=_transport(tree, name),
            running_from=name in system,
        )
        for name in tree.names(BLOCK)
        if not name.startswith(NOT_DISKS) and (size := tree.number(f"{BLOCK}/{name}/size") or 0) > 0
    )


def _model(tree: Tree, name: str) -> str | None:
    words = f"{tree.text(f'{BLOCK}/{name}/device/vendor') or ''} {tree.text(f'{BLOCK}/{name}/device/model') or ''}"
    # SCSI calls every SATA disk's vendor "ATA", and virtio's vendor is a number.
    return " ".join(word for word in words.split() if word != "ATA" and not word.startswith("0x")) or None


def _transport(tree: Tree, name: str) -> Transport:
    path = tree.target(f"{BLOCK}/{name}") or ""
    if "/usb" in path:
        return "usb"
    if name.startswith("nvme"):
        return "nvme"
    if "/ata" in path:
        return "sata"
    if name.startswith("mmcblk"):
        return "sd"
    if "/virtio" in path:
        return "virtio"
    return "other"


def _system_disks(tree: Tree) -> frozenset[str]:
    """The disks below the root file system, through verity, LUKS and partitions."""
    return frozenset(disk for device in _root_devices(tree) for disk in _disks_below(tree, device))


def _root_devices(tree: Tree) -> list[str]:
    """The kernel names of what is mounted at /. Source: proc_pid_mountinfo(5)."""
    found = []
    for line in (tree.text("proc/self/mountinfo") or "").splitlines():
        left, _, right = line.partition(" - ")
        fields, source = left.split(), [*right.split(), "", ""][1]
        if len(fields) < 5 or fields[4] != "/":
            continue
        # A btrfs root has a device number of its own; its source still names the partition.
        linked = tree.target(f"sys/dev/block/{fields[2]}") or source
        found.append(linked.rsplit("/", 1)[-1])
    return found


def _disks_below(tree: Tree, device: str) -> list[str]:
    below = tree.names(f"{BLOCK}/{device}/slaves")
    if below:
        return [disk for part in below for disk in _disks_below(tree, part)]
    if tree.exists(f"{BLOCK}/{device}"):
        return [device]
    return [name for name in tree.names(BLOCK) if tree.exists(f"{BLOCK}/{name}/{device}")]
