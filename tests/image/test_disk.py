"""Which disks may be overwritten, judged on made-up computers."""

from pathlib import Path

import pytest

from image.disk import Disk, look, refusal, sticks
from image.errors import RefusedDiskError
from tests.image.computer import Computer

IMAGE_BYTES = 2_000_000_000


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path.resolve())


def why_not(computer: Computer, device: Path) -> str | None:
    return refusal(look(device, root=computer.root), IMAGE_BYTES)


def test_a_stick_that_nothing_uses_may_be_overwritten(computer: Computer) -> None:
    stick = computer.plug_in_stick()

    assert why_not(computer, stick) is None


def test_a_stick_is_shown_with_maker_serial_number_and_size(computer: Computer) -> None:
    stick = computer.plug_in_stick()

    assert look(stick, root=computer.root).title == "SanDisk Ultra, serial number 4C530001, 32.0 GB"


def test_a_stick_can_be_named_by_its_id(computer: Computer) -> None:
    computer.plug_in_stick("sdb")
    by_id = computer.root / "dev/disk/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-SanDisk_Ultra").symlink_to("../../sdb")

    assert look(Path("/dev/disk/by-id/usb-SanDisk_Ultra"), root=computer.root).name == "sdb"


def test_a_path_that_is_no_device_is_refused_and_the_sticks_are_named(computer: Computer) -> None:
    computer.plug_in_stick("sdb")
    (computer.root / "dev/sdx").touch()

    for path in ("/dev/sdx", "/dev/nothing", "/home/me/image.raw", "sdb"):
        with pytest.raises(RefusedDiskError, match=r"is not a block device.*These would do: /dev/sdb \(SanDisk Ultra"):
            look(Path(path), root=computer.root)


def test_without_any_stick_the_refusal_says_so(computer: Computer) -> None:
    with pytest.raises(RefusedDiskError, match="No stick is plugged in"):
        look(Path("/dev/sdb"), root=computer.root)


def test_a_partition_is_refused_and_its_disk_named(computer: Computer) -> None:
    partition = computer.partition(computer.plug_in_stick("sdb"), 1)

    assert why_not(computer, partition) == "/dev/sdb1 is one partition; the image needs the whole disk: /dev/sdb."


def test_a_stick_with_a_mounted_partition_is_refused(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.mount(computer.partition(stick, 1), "/media/me/My\\040files")

    assert "mounted at /media/me/My files" in str(why_not(computer, stick))


def test_a_mounted_file_system_with_a_device_number_of_its_own_is_seen_by_its_source(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.mount(computer.partition(stick, 1), "/media/btrfs", number="0:47")

    assert "mounted at /media/btrfs" in str(why_not(computer, stick))


def test_a_stick_with_a_mounted_encrypted_volume_is_refused(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.mount(computer.build_upon(computer.partition(stick, 1)), "/media/vault")

    assert "mounted at /media/vault" in str(why_not(computer, stick))


def test_a_stick_with_an_open_volume_is_refused(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.build_upon(computer.partition(stick, 1), "dm-3")

    assert "dm-3 (RAID, LVM or an encrypted volume)" in str(why_not(computer, stick))


def test_a_stick_with_swap_space_is_refused(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.swap_on(computer.partition(stick, 2))

    assert "/dev/sdb2 is this computer's swap space" in str(why_not(computer, stick))


@pytest.mark.parametrize("folder", ["/", "/boot", "/boot/efi", "/usr"])
def test_the_disk_that_the_computer_runs_from_is_refused_even_on_usb(computer: Computer, folder: str) -> None:
    stick = computer.plug_in_stick()
    computer.mount(computer.partition(stick, 1), folder)

    assert why_not(computer, stick) == "/dev/sdb is the disk that this computer runs from."


def test_a_root_on_lvm_makes_its_disk_the_computers_own(computer: Computer) -> None:
    disk = computer.build_in_disk()
    computer.mount(computer.build_upon(computer.partition(disk, 2)), "/")

    assert why_not(computer, disk) == "/dev/sda is the disk that this computer runs from."


def test_an_internal_disk_is_refused(computer: Computer) -> None:
    disk = computer.build_in_disk()

    assert "neither on USB nor removable" in str(why_not(computer, disk))


def test_a_fixed_disk_on_usb_may_be_overwritten(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.tell(stick, "removable", "0")

    assert why_not(computer, stick) is None


def test_a_memory_card_may_be_overwritten_and_built_in_flash_may_not(computer: Computer) -> None:
    card = computer.build_in_disk("mmcblk0")
    computer.tell(card, "device/type", "SD")

    assert why_not(computer, card) is None

    computer.tell(card, "device/type", "MMC")

    assert "neither on USB nor removable" in str(why_not(computer, card))


def test_a_stick_that_is_too_small_is_refused(computer: Computer) -> None:
    stick = computer.plug_in_stick(sectors=2_000_000)

    assert why_not(computer, stick) == "/dev/sdb holds 1.0 GB, and Hearth needs 2.0 GB; take a larger stick."


def test_an_empty_card_reader_is_refused(computer: Computer) -> None:
    assert "no medium" in str(why_not(computer, computer.plug_in_stick(sectors=0)))


def test_a_write_protected_stick_is_refused(computer: Computer) -> None:
    stick = computer.plug_in_stick()
    computer.tell(stick, "ro", "1")

    assert "read-only" in str(why_not(computer, stick))


def test_only_sticks_that_may_be_overwritten_are_offered(computer: Computer) -> None:
    computer.build_in_disk("sda")
    used = computer.plug_in_stick("sdb")
    computer.mount(computer.partition(used, 1), "/media/me")

    assert sticks(root=computer.root) == ()


def test_the_disk_under_this_very_test_is_refused() -> None:
    system = next(iter(_disks_of_this_computer()), None)

    if system is not None:
        assert refusal(system, 1) is not None


def _disks_of_this_computer() -> list[Disk]:
    found = []
    for entry in Path("/sys/class/block").iterdir():
        disk = look(Path("/dev", entry.name)) if Path("/dev", entry.name).exists() else None
        if disk is not None and "/" in disk.mounts:
            found.append(disk)
    return found
