"""What an update takes out of an image: the used part of two partitions, and nothing around them."""

import struct
import subprocess
import uuid
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.updates.file import opened, part_pieces
from image import build_update
from image.build_update import partitions, write_update
from image.errors import NotAnImageError

ROOT, VERITY = uuid.UUID(int=1), uuid.UUID(int=2)
ROOT_AT, VERITY_AT = 64, 128  # sectors
EROFS_BLOCKS = 3
KEY = Ed25519PrivateKey.generate()


class PlainWorkshop:
    """Takes the place of the tools tree, whose zstd is not this host's."""

    @staticmethod
    def program(name: str) -> list[str]:
        return [name]


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(build_update, "open_workshop", lambda _: PlainWorkshop())
    monkeypatch.setattr("image.signing.private_key", lambda: KEY)
    image = tmp_path / "hearth_0.2.0.raw"
    content = bytearray(160 * 512)
    content[512 : 512 + 8] = b"EFI PART"
    struct.pack_into("<QII", content, 512 + 72, 2, 4, 128)
    for number, (identity, begin, end, label) in enumerate(
        [(ROOT, ROOT_AT, VERITY_AT - 1, "hearth_0.2.0"), (VERITY, VERITY_AT, 159, "hearth_0.2.0_verity")]
    ):
        entry = struct.pack("<16s16sQQ8x", b"k" * 16, identity.bytes_le, begin, end) + label.encode("utf-16-le")
        content[1024 + number * 128 : 1024 + number * 128 + len(entry)] = entry
    superblock = bytearray(64)
    struct.pack_into("<I", superblock, 0, 0xE0F5E1E2)
    superblock[12] = 12
    struct.pack_into("<I", superblock, 36, EROFS_BLOCKS)
    content[ROOT_AT * 512 + 1024 : ROOT_AT * 512 + 1088] = superblock
    content[VERITY_AT * 512 : VERITY_AT * 512 + 5000] = b"v" * 5000
    image.write_bytes(content)
    return image


def test_an_update_holds_the_used_part_of_both_partitions_and_the_kernel(image: Path, tmp_path: Path) -> None:
    kernel, update, scratch = tmp_path / "kernel", tmp_path / "hearth_0.2.0.update", tmp_path / "scratch"
    kernel.write_bytes(b"MZ kernel")
    scratch.mkdir()

    write_update(update, version="0.2.0", image=image, kernel=kernel, scratch=scratch)

    with update.open("rb") as file:
        known = opened(file, [KEY.public_key()])
        unpacked = {part.name: _unpacked(b"".join(part_pieces(file, part))) for part in known.contents.parts}
    assert update.stat().st_size == known.size_bytes
    content = image.read_bytes()
    assert unpacked["root"] == content[ROOT_AT * 512 :][: EROFS_BLOCKS * 4096]
    assert unpacked["verity"] == b"v" * 5000 + bytes(2 * 4096 - 5000)
    assert unpacked["kernel"] == b"MZ kernel"
    assert [part.identity for part in known.contents.parts] == [ROOT.hex, VERITY.hex, ""]
    assert [part.unpacked_bytes for part in known.contents.parts] == [len(each) for each in unpacked.values()]


def test_an_image_of_another_version_is_named(image: Path, tmp_path: Path) -> None:
    with pytest.raises(NotAnImageError, match=r"0\.3\.0"):
        write_update(tmp_path / "u", version="0.3.0", image=image, kernel=image, scratch=tmp_path)


def test_what_has_no_partition_table_is_no_image(tmp_path: Path) -> None:
    other = tmp_path / "other.raw"
    other.write_bytes(bytes(4096))

    with other.open("rb") as file, pytest.raises(NotAnImageError, match="partition table"):
        list(partitions(file))


def _unpacked(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-d", "-c"], input=content, capture_output=True, check=True).stdout
