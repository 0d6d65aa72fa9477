"""Two versions on one disk: what the kernels' names say, what grub is told, and what both are told of each other."""

from pathlib import Path

import pytest

from firmware.updates.system import SystemState
from firmware.updates.versions import Version
from services.system.boot_partition import KERNELS, BootPartition
from services.system.menu import Entry, block, menu, tries_in
from services.system.slots import is_on_trial, kernel_files, state_of
from tests.unified_kernel import unified_kernel

OLD, NEW, NEWER = Version("0.1.0"), Version("0.2.0"), Version("0.10.0")


def esp(folder: Path, *names: str) -> Path:
    """An EFI system partition as the image has it, with these kernels."""
    (folder / KERNELS).mkdir(parents=True)
    (folder / "grub").mkdir()
    (folder / "grub/grub.cfg").write_text("# mkosi's own menu\n")
    (folder / "hearth/6.12").mkdir(parents=True)
    (folder / "hearth/6.12/vmlinuz").write_bytes(b"the first one's kernel")
    for name in names:
        add(folder, name)
    return folder


def add(folder: Path, name: str) -> None:
    version = name.removeprefix("hearth_").partition("+")[0].removesuffix(".efi")
    (folder / KERNELS / name).write_bytes(
        unified_kernel(
            {".linux": f"linux {version}".encode(), ".initrd": b"initrd", ".cmdline": b"roothash=" + version.encode()}
        )
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / KERNELS).iterdir()}


def started(cfg: str, content: bytes, new: Version) -> tuple[str, bytes]:
    """Which version grub's script starts, and the block that it leaves: the script's own branches, followed by hand."""
    left = tries_in(content, new)
    lines = cfg.splitlines()
    default = next(line for line in lines if line.startswith("set default="))
    if left in {"good", "3", "2", "1"}:
        at = next(at for at, line in enumerate(lines) if f'"${{tries_{new.replace(".", "_")}}}" == "{left}"' in line)
        default = lines[at + 1]
        if left != "good":
            said = lines[at + 3].removeprefix("set ").encode()
            name = said.partition(b"=")[0]
            assert lines[at + 4] == f"save_env {name.decode()}"
            content = content.replace(name + b"=" + left.encode(), said)
    chosen = default.partition("=")[2].strip('"')
    assert f'--id "{chosen}"' in cfg
    assert not chosen[0].isdigit(), "grub takes it for the number of an entry"
    return chosen.removeprefix("hearth-"), content


def test_the_names_of_kernels_say_which_version_may_be_tried_how_often() -> None:
    found = kernel_files(["hearth_0.1.0.efi", "hearth_0.2.0+2-1.efi", "hearth_0.3+3.efi", "other.efi", "hearth_..efi"])

    assert [(kernel.version, kernel.tries_left, kernel.tries_done) for kernel in found] == [
        ("0.1.0", None, 0),
        ("0.2.0", 2, 1),
        ("0.3", 3, 0),
    ]


@pytest.mark.parametrize(
    ("kernels", "running", "state"),
    [
        (["hearth_0.1.0.efi"], OLD, SystemState(running=OLD)),
        (["hearth_0.1.0.efi", "hearth_0.2.0+3-0.efi"], OLD, SystemState(running=OLD, waiting=NEW)),
        (["hearth_0.1.0.efi", "hearth_0.2.0+0-3.efi"], OLD, SystemState(running=OLD, failed=NEW)),
        (["hearth_0.1.0.efi", "hearth_0.2.0.efi"], NEW, SystemState(running=NEW)),
        (["hearth_0.2.0.efi", "hearth_0.10.0+3-0.efi"], NEW, SystemState(running=NEW, waiting=NEWER)),
    ],
)
def test_a_later_version_waits_or_has_failed(kernels: list[str], running: Version, state: SystemState) -> None:
    assert state_of(kernel_files(kernels), running) == state


def test_only_a_new_version_with_another_one_beside_it_is_on_trial() -> None:
    assert is_on_trial(kernel_files(["hearth_0.1.0.efi", "hearth_0.2.0+2-1.efi"]), NEW)
    assert not is_on_trial(kernel_files(["hearth_0.1.0.efi", "hearth_0.2.0.efi"]), NEW)
    assert not is_on_trial(kernel_files(["hearth_0.1.0+2-1.efi"]), OLD)


def test_grub_tries_a_new_version_three_times_and_then_goes_back() -> None:
    cfg = menu([Entry(version=version, folder=f"/hearth/{version}", command_line="ro") for version in (NEW, OLD)])
    content, tried = block({NEW: "3", OLD: "good"}), []
    for _ in range(5):
        version, content = started(cfg, content, NEW)
        tried.append(version)

    assert tried == [NEW, NEW, NEW, OLD, OLD]
    assert (tries_in(content, NEW), len(content)) == ("0", 1024)
    assert started(cfg, block({NEW: "good", OLD: "good"}), NEW)[0] == NEW
    assert started(cfg, b"", NEW)[0] == OLD


def test_an_installed_version_has_its_place_in_grubs_menu_and_the_first_ones_files_make_room(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0.efi", "hearth_0.2.0+3-0.efi")

    BootPartition(root, OLD).write_menu()

    assert (root / "hearth/0.2.0/linux").read_bytes() == b"linux 0.2.0"
    assert "linux /hearth/0.2.0/linux roothash=0.2.0 ${trial}" in (root / "grub/grub.cfg").read_text()
    assert {path.name for path in (root / "hearth").iterdir()} == {"0.1.0", "0.2.0"}
    assert tries_in((root / "grub/grubenv").read_bytes(), NEW) == "3"


def test_a_partition_that_never_had_an_update_is_left_as_it_is(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0+2-1.efi")

    BootPartition(root, OLD).bless()

    assert (root / "grub/grub.cfg").read_text() == "# mkosi's own menu\n"
    assert names(root) == {"hearth_0.1.0.efi"}
    assert (root / "hearth/6.12/vmlinuz").exists()


def test_a_version_that_was_seen_to_work_is_good_for_both_boot_loaders(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0.efi", "hearth_0.2.0+3-0.efi")
    BootPartition(root, OLD).write_menu()
    (root / "grub/grubenv").write_bytes(block({NEW: "2", OLD: "good"}))

    BootPartition(root, NEW).bless()

    assert names(root) == {"hearth_0.1.0.efi", "hearth_0.2.0.efi"}
    assert tries_in((root / "grub/grubenv").read_bytes(), NEW) == "good"


def test_what_failed_under_one_boot_loader_is_not_tried_by_the_other(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0.efi", "hearth_0.2.0+3-0.efi")
    BootPartition(root, OLD).write_menu()
    (root / "grub/grubenv").write_bytes(block({NEW: "0", OLD: "good"}))
    assert BootPartition(root, OLD).state() == SystemState(running=OLD, failed=NEW), "known before it is written down"

    BootPartition(root, OLD).bless()

    assert names(root) == {"hearth_0.1.0.efi", "hearth_0.2.0+0-3.efi"}
    assert BootPartition(root, OLD).state() == SystemState(running=OLD, failed=NEW)

    (root / KERNELS / "hearth_0.2.0+0-3.efi").unlink()
    add(root, "hearth_0.10.0+0-3.efi")
    BootPartition(root, OLD).bless()

    assert tries_in((root / "grub/grubenv").read_bytes(), NEWER) == "0"


def test_the_tries_that_grub_has_counted_survive_a_menu_that_is_written_again(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0.efi", "hearth_0.2.0+3-0.efi")
    BootPartition(root, OLD).write_menu()
    (root / "grub/grubenv").write_bytes(block({NEW: "1", OLD: "good"}))

    written = (root / "grub/grub.cfg").stat()
    BootPartition(root, OLD).write_menu()

    assert tries_in((root / "grub/grubenv").read_bytes(), NEW) == "1"
    assert (root / "grub/grub.cfg").stat().st_ino == written.st_ino, "what is right already was written again"


def test_a_version_that_is_about_to_be_replaced_leaves_grubs_menu(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0.efi", "hearth_0.2.0.efi")
    BootPartition(root, NEW).bless()

    BootPartition(root, NEW).forget_all_but_running()

    cfg = (root / "grub/grub.cfg").read_text()
    assert "hearth/0.1.0" not in cfg
    assert started(cfg, (root / "grub/grubenv").read_bytes(), NEW)[0] == NEW
    assert [path.name for path in (root / "hearth").iterdir()] == ["0.2.0"]


def test_a_kernel_that_is_none_is_not_put_into_the_menu(tmp_path: Path) -> None:
    root = esp(tmp_path, "hearth_0.1.0.efi")
    (root / KERNELS / "hearth_0.2.0+3-0.efi").write_bytes(b"MZ, and nothing more")

    with pytest.raises(OSError, match=r"0\.2\.0"):
        BootPartition(root, OLD).write_menu()

    assert (root / "grub/grub.cfg").read_text() == "# mkosi's own menu\n"
