"""USB sticks for tests, each a folder."""

from pathlib import Path

from assistant.disks import Disk, below
from assistant.library_errors import DiskNotFoundError


class OneStick:
    """The one stick that is plugged in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def disks(self) -> list[Disk]:
        return [Disk(id="d1", name="HOLIDAY", path=self.folder)]

    async def file(self, disk_id: str, path: str) -> Path:
        if disk_id != "d1":
            raise DiskNotFoundError
        return below(self.folder, path)
