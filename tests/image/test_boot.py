"""What `make boot` says, and which disk it starts from."""

import os
from pathlib import Path

import pytest

from image.boot import introduction, main
from image.guest_disk import STICK_BYTES, plug_in
from image.newest import newest


def test_the_newest_image_is_meant(tmp_path: Path) -> None:
    for age, name in enumerate(("hearth_2.raw", "hearth_10.raw")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000 + age, 1000 + age))

    assert newest(tmp_path).name == "hearth_10.raw"


def test_without_an_image_the_answer_is_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--build", str(tmp_path)]) == 1
    assert "Type `make image`" in capsys.readouterr().err


def test_a_new_disk_holds_the_image_and_has_room(tmp_path: Path) -> None:
    image, disk = tmp_path / "hearth_1.raw", tmp_path / "boot/disk.raw"
    image.write_bytes(b"image" * 1000)

    assert plug_in(image, disk, fresh=False)

    assert disk.stat().st_size == STICK_BYTES
    assert disk.stat().st_blocks * 512 < 1_000_000
    with disk.open("rb") as content:
        assert content.read(5000) == b"image" * 1000


def test_a_disk_stays_until_a_fresh_one_is_asked_for(tmp_path: Path) -> None:
    image, disk = tmp_path / "hearth_1.raw", tmp_path / "disk.raw"
    image.write_bytes(b"new")
    disk.write_bytes(b"old")

    assert not plug_in(image, disk, fresh=False)
    assert disk.read_bytes() == b"old"

    assert plug_in(image, disk, fresh=True)
    with disk.open("rb") as content:
        assert content.read(3) == b"new"


def test_the_code_and_the_certificate_are_shown() -> None:
    lines = introduction("Set-up code: ABCD-2345\nFingerprint: 29:0D:96:02:AC:18:1B:A2\n", is_claimed=False)

    assert lines[0] == "Set-up code: ABCD-2345"
    assert lines[1].endswith("29:0D:96:02:AC:18:1B:A2")


def test_a_box_with_an_owner_says_so_in_place_of_a_code() -> None:
    lines = introduction("Fingerprint: 29:0D:96:02:AC:18:1B:A2\n", is_claimed=True)

    assert lines[0] == "It has an owner already, so it asks for a name and a password."
