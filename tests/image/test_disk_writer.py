"""The bytes on the stick: on a real loop device where the tests run as root, on a plain file elsewhere."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from image.disk import look, refusal
from image.disk_writer import BLOCK_BYTES, Written, compare, unpacked_bytes, write
from image.errors import ImageError, ReadBackDiffersError, RefusedDiskError, WriteFailedError

DEVICE_BYTES = 3 * BLOCK_BYTES


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Path]:
    medium = tmp_path / "medium"
    medium.write_bytes(b"\xff" * DEVICE_BYTES)
    if os.geteuid() != 0:
        yield medium
        return
    attach = ["losetup", "--find", "--show", "--direct-io=off", str(medium)]
    loop = subprocess.run(attach, capture_output=True, text=True, check=True).stdout.strip()
    yield Path(loop)
    subprocess.run(["losetup", "--detach", loop], check=True)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """An image of an awkward size, neither whole blocks nor whole sectors."""
    path = tmp_path / "hearth_1.raw"
    path.write_bytes(os.urandom(BLOCK_BYTES + 12_345))
    return path


def ignore(_done_bytes: int) -> None:
    """A progress function for tests that don't watch."""


def test_the_stick_holds_the_image_afterwards(image: Path, device: Path) -> None:
    content = image.read_bytes()

    written = write(image, device, progress=ignore)

    compare(written, device, progress=ignore)
    assert written == Written(size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    assert device.read_bytes()[: len(content)] == content


def test_a_compressed_image_is_unpacked_on_the_way(image: Path, device: Path) -> None:
    subprocess.run(["zstd", "-q", str(image)], check=True)
    packed = image.with_name("hearth_1.raw.zst")

    written = write(packed, device, progress=ignore)

    assert unpacked_bytes(packed) == image.stat().st_size
    assert written.sha256 == hashlib.sha256(image.read_bytes()).hexdigest()


def test_a_damaged_compressed_image_is_told(image: Path, device: Path) -> None:
    subprocess.run(["zstd", "-q", str(image)], check=True)
    packed = image.with_name("hearth_1.raw.zst")
    packed.write_bytes(packed.read_bytes()[:-1000])

    with pytest.raises(ImageError, match="damaged"):
        write(packed, device, progress=ignore)


def test_a_compressed_image_from_a_pipe_does_not_tell_its_size(image: Path) -> None:
    packed = image.with_name("piped.raw.zst")
    with image.open("rb") as source, packed.open("wb") as target:
        subprocess.run(["zstd", "-q"], stdin=source, stdout=target, check=True)

    assert unpacked_bytes(packed) is None


def test_what_was_at_the_end_of_the_stick_is_cleared(image: Path, device: Path) -> None:
    write(image, device, progress=ignore)

    assert device.read_bytes()[-1024 * 1024 :] == bytes(1024 * 1024)


def test_an_image_as_large_as_the_stick_keeps_its_end(tmp_path: Path, device: Path) -> None:
    image = tmp_path / "hearth_1.raw"
    image.write_bytes(os.urandom(DEVICE_BYTES))

    compare(write(image, device, progress=ignore), device, progress=ignore)


def test_a_stick_that_gives_back_other_bytes_is_found_out(image: Path, device: Path) -> None:
    written = write(image, device, progress=ignore)
    with device.open("r+b") as stick:
        stick.seek(BLOCK_BYTES + 100)
        stick.write(b"worn out")

    with pytest.raises(ReadBackDiffersError, match="does not give back"):
        compare(written, device, progress=ignore)


def test_a_stick_that_ends_too_early_is_told(tmp_path: Path, device: Path) -> None:
    if not device.is_block_device():
        device = Path("/dev/full")  # the only device of everybody that ends
    image = tmp_path / "hearth_1.raw"
    image.write_bytes(bytes(DEVICE_BYTES + BLOCK_BYTES))

    with pytest.raises(WriteFailedError, match="ended before the image"):
        write(image, device, progress=ignore)


def test_progress_ends_at_the_image_size(image: Path, device: Path) -> None:
    steps: list[int] = []

    write(image, device, progress=steps.append)

    assert steps == [BLOCK_BYTES, image.stat().st_size]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hold a loop device")
def test_a_device_that_another_program_holds_is_refused(image: Path, device: Path) -> None:
    held = os.open(device, os.O_RDONLY | os.O_EXCL)
    try:
        with pytest.raises(RefusedDiskError, match="in use by another program"):
            write(image, device, progress=ignore)
    finally:
        os.close(held)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a loop device")
def test_a_loop_device_is_not_a_stick(device: Path) -> None:
    assert "neither on USB nor removable" in str(refusal(look(device), 1))
