"""An update becomes the other version only where it is whole, signed by the maker, later, and has room."""

import io
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.updates.errors import DamagedUpdateError, UnfitUpdateError, UntrustedUpdateError, UpdateError
from firmware.updates.file import public_keys
from firmware.updates.system import SystemState
from firmware.updates.versions import Version
from services.system.boot_partition import KERNELS, BootPartition
from services.system.installing import clear_unfinished, install, refuse_without_room
from services.system.menu import tries_in
from tests.unified_kernel import unified_kernel
from tests.updates import MAKER, STRANGER, written

RUNNING = Version("0.1.0")
KEYS = public_keys([MAKER.public_key().public_bytes_raw()])
KERNEL = unified_kernel({".linux": b"linux", ".initrd": b"initrd", ".cmdline": b"ro"})
WRITES = """\
#!/bin/sh
# Takes the place of systemd-sysupdate, which the image's own tests run.
set -eu
definitions=${1#--definitions=}
cat "$definitions"/*.transfer > ASKED
staged=$(sed -n 's/^Path=//p' "$definitions/70-kernel.transfer" | head -1)
cat "$staged/hearth_$4.root.$(printf %032d 1).raw" > SLOT
echo "Imported 50%."
echo "Imported 100%."
cp "$staged/hearth_$4.efi" "$(sed -n 's/^Path=//p' "$definitions/70-kernel.transfer" | tail -1)/hearth_$4+3-0.efi"
"""
FAILS = "#!/bin/sh\necho 'Failed to write: Input/output error' >&2\nexit 1\n"


def update(version: str = "0.2.0", *, key: Ed25519PrivateKey = MAKER, root_unpacked_bytes: int | None = None) -> bytes:
    return written(version, key=key, size_bytes=96_000, kernel=KERNEL, root_unpacked_bytes=root_unpacked_bytes)


class Disk:
    """A disk of folders: an EFI system partition with the running version, and a program that writes slots."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.esp = folder / "esp"
        (self.esp / KERNELS).mkdir(parents=True)
        (self.esp / KERNELS / "hearth_0.1.0.efi").write_bytes(KERNEL)
        (self.esp / "grub").mkdir()
        (self.esp / "grub/grub.cfg").write_text("# the first one\n")
        (self.esp / "hearth").mkdir()
        self.told: list[tuple[int, int]] = []

    def take(self, content: bytes, program: str = WRITES) -> SystemState:
        script = self.folder / "sysupdate"
        script.write_text(program.replace("ASKED", f"'{self.folder}/asked'").replace("SLOT", f"'{self.folder}/slot'"))
        script.chmod(0o755)
        return install(
            io.BytesIO(content),
            KEYS,
            boot=BootPartition(self.esp, RUNNING),
            esp=self.esp,
            disk=Path("/dev/sdx"),
            work=self.folder / "work",
            told=lambda done, of: self.told.append((done, of)),
            program=script,
        )

    def is_untouched(self) -> bool:
        return not (self.folder / "slot").exists() and [path.name for path in (self.esp / KERNELS).iterdir()] == [
            "hearth_0.1.0.efi"
        ]


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_a_later_version_waits_for_the_next_start(disk: Disk) -> None:
    state = disk.take(update())

    assert state == SystemState(running=RUNNING, waiting=Version("0.2.0"))
    assert (disk.folder / "slot").stat().st_size == 96_000
    asked = (disk.folder / "asked").read_text()
    assert asked.count("ProtectVersion=0.1.0\n") == 3, "the version that runs could be overwritten"
    assert asked.count("Path=/dev/sdx\n") == 2
    assert "Hearth 0.2.0" in (disk.esp / "grub/grub.cfg").read_text()
    assert not (disk.folder / "work/staged").exists()
    assert disk.told == sorted(disk.told)
    assert disk.told[-1][0] == disk.told[-1][1]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (update(key=STRANGER), UntrustedUpdateError),
        (update()[:-1], DamagedUpdateError),
        (update()[:-5] + b"other", DamagedUpdateError),
        (update() + b"more", DamagedUpdateError),
        (update("0.1.0"), UnfitUpdateError),
        (update("0.0.9"), UnfitUpdateError),
        (b"PK\x03\x04 a zip file", UpdateError),
    ],
    ids=["stranger", "cut", "changed", "longer", "same", "older", "zip"],
)
def test_what_is_no_later_version_of_the_makers_changes_nothing(
    disk: Disk, content: bytes, error: type[UpdateError]
) -> None:
    with pytest.raises(error):
        disk.take(content)

    assert disk.is_untouched()


def test_a_damaged_update_leaves_the_version_before_to_go_back_to(disk: Disk) -> None:
    (disk.esp / KERNELS / "hearth_0.0.9.efi").write_bytes(KERNEL)

    with pytest.raises(DamagedUpdateError):
        disk.take(update()[:-5] + b"other")

    assert (disk.esp / KERNELS / "hearth_0.0.9.efi").exists()
    assert not (disk.folder / "work/staged").exists()


def test_a_part_that_unpacks_to_another_size_changes_nothing(disk: Disk) -> None:
    with pytest.raises(DamagedUpdateError):
        disk.take(update(root_unpacked_bytes=95_999))

    assert disk.is_untouched()


def test_without_room_the_numbers_are_said() -> None:
    with pytest.raises(UnfitUpdateError, match=r"needs 1\.1 GB .* there are 0\.4 GB"):
        refuse_without_room(1_100_000_000, 400_000_000)


def test_a_version_that_is_still_on_trial_installs_nothing(disk: Disk) -> None:
    (disk.esp / KERNELS / "hearth_0.1.0.efi").rename(disk.esp / KERNELS / "hearth_0.1.0+2-1.efi")
    (disk.esp / KERNELS / "hearth_0.0.9.efi").write_bytes(KERNEL)

    with pytest.raises(UnfitUpdateError, match="still being tried"):
        disk.take(update())


def test_a_version_that_waits_is_not_installed_again(disk: Disk) -> None:
    (disk.esp / KERNELS / "hearth_0.2.0+3-0.efi").write_bytes(KERNEL)

    with pytest.raises(UnfitUpdateError, match="Restart"):
        disk.take(update())


def test_a_version_that_failed_may_be_tried_again_without_being_written_again(disk: Disk) -> None:
    (disk.esp / KERNELS / "hearth_0.2.0+0-3.efi").write_bytes(KERNEL)
    BootPartition(disk.esp, RUNNING).write_menu()

    state = disk.take(update())

    assert state == SystemState(running=RUNNING, waiting=Version("0.2.0"))
    assert tries_in((disk.esp / "grub/grubenv").read_bytes(), Version("0.2.0")) == "3"
    assert not (disk.folder / "slot").exists()


def test_a_disk_that_fails_leaves_nothing_behind_but_the_running_version(disk: Disk) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        disk.take(update(), FAILS)

    assert disk.is_untouched()
    assert not (disk.folder / "work/staged").exists()


def test_what_a_power_cut_left_unpacked_is_cleared_at_the_next_good_start(tmp_path: Path) -> None:
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "hearth_0.2.0.root.raw").write_bytes(b"half of it")

    clear_unfinished(tmp_path)
    clear_unfinished(tmp_path)

    assert list(tmp_path.iterdir()) == []
