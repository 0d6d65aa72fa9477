"""A computer's /dev, /proc and /sys as folders, with the disks that a test plugs in."""

from pathlib import Path

SECTORS_OF_32_GB = 62_500_000


class Computer:
    """A root folder in which image.disk sees the disks of a made-up computer."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._mounts = ["22 1 0:21 / /proc rw - proc proc rw"]
        self._swaps: list[str] = []
        for folder in ("dev", "proc/self", "sys/class/block"):
            (root / folder).mkdir(parents=True)
        self._write_proc()

    def plug_in_stick(self, name: str = "sdb", *, sectors: int = SECTORS_OF_32_GB) -> Path:
        """A USB stick without partitions; returns its path in /dev as a person types it."""
        usb = self.root / "sys/devices/pci0000:00/0000:00:14.0/usb2/2-1"
        entry = self._disk(usb / f"2-1:1.0/host6/target6:0:0/6:0:0:0/block/{name}", "8:16", sectors, removable=True)
        (usb / "serial").write_text("4C530001\n")
        self._describe(entry, vendor="SanDisk ", model="Ultra")
        return Path("/dev", name)

    def build_in_disk(self, name: str = "sda") -> Path:
        """An internal SATA disk without partitions."""
        place = f"sys/devices/pci0000:00/0000:00:17.0/ata1/host0/block/{name}"
        entry = self._disk(self.root / place, "8:0", 1_000_000_000, removable=False)
        self._describe(entry, vendor="ATA", model="Samsung SSD 870")
        return Path("/dev", name)

    def partition(self, disk: Path, number: int) -> Path:
        """A partition of that disk."""
        entry = self._entry(disk)
        name = f"{disk.name}{number}"
        major, _, minor = (entry / "dev").read_text().strip().partition(":")
        part = self._disk(entry / name, f"{major}:{int(minor) + number}", 1_000_000)
        (part / "partition").write_text(f"{number}\n")
        return Path("/dev", name)

    def build_upon(self, disk: Path, name: str = "dm-0") -> Path:
        """A device-mapper volume that lies on the disk or partition."""
        self._disk(self.root / "sys/devices/virtual/block" / name, "253:0", 1_000_000)
        (self._entry(disk) / "holders" / name).symlink_to(self._entry(Path(name)))
        return Path("/dev", name)

    def mount(self, device: Path, folder: str, *, number: str | None = None) -> None:
        """A file system of that device at that folder."""
        number = number or (self._entry(device) / "dev").read_text().strip()
        self._mounts.append(f"30 1 {number} / {folder} rw,relatime shared:1 - ext4 {device} rw")
        self._write_proc()

    def swap_on(self, device: Path) -> None:
        """Use that device as swap space."""
        self._swaps.append(f"{device} partition 1000 0 -2")
        self._write_proc()

    def tell(self, device: Path, file: str, content: str) -> None:
        """Let /sys say something else about the device."""
        (self._entry(device) / file).write_text(f"{content}\n")

    def _disk(self, entry: Path, number: str, sectors: int, *, removable: bool = False) -> Path:
        (entry / "holders").mkdir(parents=True)
        (entry / "device").mkdir()
        for file, content in (("dev", number), ("size", sectors), ("removable", int(removable)), ("ro", 0)):
            (entry / file).write_text(f"{content}\n")
        (self.root / "sys/class/block" / entry.name).symlink_to(entry)
        (self.root / "dev" / entry.name).touch()
        return entry

    def _describe(self, entry: Path, *, vendor: str, model: str) -> None:
        (entry / "device/vendor").write_text(f"{vendor}\n")
        (entry / "device/model").write_text(f"{model}\n")

    def _entry(self, device: Path) -> Path:
        return (self.root / "sys/class/block" / device.name).resolve()

    def _write_proc(self) -> None:
        (self.root / "proc/self/mountinfo").write_text("\n".join(self._mounts) + "\n")
        (self.root / "proc/swaps").write_text("\n".join(["Filename Type Size Used Priority", *self._swaps]) + "\n")
