"""What `make flash` says before and while it writes."""

import re
from pathlib import Path

import pytest

from image.flash import Pace, main


def test_the_pace_tells_share_speed_and_time_left() -> None:
    pace = Pace(done_bytes=500_000_000, total_bytes=2_000_000_000, seconds=10)

    assert pace.line == " 25 %  500 MB of 2.0 GB, 50 MB/s, 0:30 left"


def test_the_pace_of_an_unknown_total_tells_what_is_done() -> None:
    assert Pace(done_bytes=500_000_000, total_bytes=None, seconds=10).line == "500 MB, 50 MB/s"


def test_without_an_image_the_answer_is_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/dev/sdx", "--build", str(tmp_path)]) == 1
    assert "Type `make image`" in capsys.readouterr().err


def test_without_a_device_the_answer_is_what_to_type(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "hearth_1.raw"
    image.write_bytes(b"image")

    assert main(["--image", str(image)]) == 1
    assert "make flash DEVICE=/dev/" in capsys.readouterr().err


def test_a_file_is_not_a_stick(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "hearth_1.raw"
    image.write_bytes(b"image")

    assert main([str(image), "--image", str(image)]) == 1
    assert re.search(r"is not a block device", capsys.readouterr().err)


def test_an_image_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["/dev/sdx", "--image", str(tmp_path / "gone.raw")]) == 1
    assert "There is no image" in capsys.readouterr().err
