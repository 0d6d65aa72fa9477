"""What writes onto a USB disk: which disk it takes, and that nobody else sees it writable; on a real one, as root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from firmware.tree import Tree
from services.run_stick import STICKS, is_own, mount_at

MOUNTINFO = (
    "28 1 254:0 / / ro - erofs /dev/mapper/root ro\n"
    "40 28 8:17 / /run/hearth/sticks/MY\\040DISK-sdb1 ro,nosuid - vfat /dev/sdb1 ro\n"
    "41 28 8:1 / /boot ro - vfat /dev/sda1 ro\n"
)
WRITES = """
set -e
mount -t tmpfs none /run
mkdir -p {sticks}/DISK {out}
mount -o ro,nosuid,nodev,noexec {device} {sticks}/DISK
{python} -m tests.services.stick_asker {out}
"""


def test_a_mounted_disk_is_known_by_its_folder_alone() -> None:
    found = mount_at(STICKS / "MY DISK-sdb1", MOUNTINFO)

    assert found is not None
    assert (found.device, found.kind) == ("8:17", "vfat")
    assert mount_at(STICKS / "OTHER", MOUNTINFO) is None
    assert mount_at(STICKS / ".." / "boot", MOUNTINFO) is None


def test_the_disk_that_the_box_runs_from_is_known(tmp_path: Path) -> None:
    for name, number in (("sda", 0), ("sdb", 16)):
        folder = tmp_path / "devices" / "usb1" / "block" / name
        (folder / f"{name}1").mkdir(parents=True)
        (folder / "size").write_text("1000\n")
        blocks, numbers = tmp_path / "sys" / "block", tmp_path / "sys" / "dev" / "block"
        blocks.mkdir(parents=True, exist_ok=True)
        numbers.mkdir(parents=True, exist_ok=True)
        (blocks / name).symlink_to(folder)
        (numbers / f"8:{number + 1}").symlink_to(folder / f"{name}1")
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "self" / "mountinfo").write_text("28 1 8:1 / / ro - ext4 /dev/sda1 ro\n")

    assert is_own("8:1", Tree(tmp_path))
    assert not is_own("8:17", Tree(tmp_path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_disk_that_is_mounted_to_be_read_takes_one_backup_and_stays_so_for_everybody_else(tmp_path: Path) -> None:
    image, out = tmp_path / "disk.img", tmp_path / "out"
    with image.open("wb") as opened:
        opened.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    looped = subprocess.run(["losetup", "--find", "--show", str(image)], capture_output=True, text=True, check=False)
    if looped.returncode != 0 or shutil.which("unshare") is None:
        pytest.skip("this host has no loop devices")
    device = looped.stdout.strip()
    try:
        script = WRITES.format(sticks=STICKS, device=device, python=sys.executable, out=out)
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)

    assert done.returncode == 0, done.stderr
    told = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert told == {
        "written": "True",  # and whole, seen from the namespace where it is mounted to be read
        "writable outside": "False",
        "left": "a.hearthbackup lost+found",
        "no such disk": "gone",
        "another folder": "gone",
    }
