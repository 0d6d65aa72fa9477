"""An update file is believed only where its list is signed, and each part only where it is the one on the list."""

import io

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware.updates.errors import DamagedUpdateError, NotAnUpdateError, UntrustedUpdateError
from firmware.updates.file import MAGIC, checked, opened, public_keys
from firmware.updates.versions import Version, is_newer, newest, version_in
from tests.updates import MAKER, written

KEYS = public_keys([MAKER.public_key().public_bytes_raw()])
ROOT_BYTES = 3_000_000


def update(*, key: Ed25519PrivateKey = MAKER, version: str = "0.2.0") -> bytes:
    return written(version, key=key, size_bytes=ROOT_BYTES)


def test_a_whole_update_is_read_to_its_end_and_its_progress_told() -> None:
    seen: list[int] = []
    content = update()

    known = checked(io.BytesIO(content), KEYS, seen.append)

    assert (known.contents.number, known.size_bytes, seen[-1]) == ("0.2.0", len(content), len(content))
    assert seen == sorted(seen)


def test_any_other_file_is_no_update() -> None:
    for content in (b"", b"PK\x03\x04", MAGIC, MAGIC + b"\xff\xff\xff\xff{}", b"x" * 4000):
        with pytest.raises(NotAnUpdateError):
            opened(io.BytesIO(content), KEYS)


def test_somebody_elses_signature_is_not_the_makers() -> None:
    with pytest.raises(UntrustedUpdateError):
        opened(io.BytesIO(update(key=Ed25519PrivateKey.generate())), KEYS)
    with pytest.raises(UntrustedUpdateError):
        opened(io.BytesIO(update()), ())


def test_each_changed_byte_of_the_list_is_seen() -> None:
    content = update()
    end = opened(io.BytesIO(content), KEYS).parts_at
    for at in range(len(MAGIC), end):
        changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

        with pytest.raises((NotAnUpdateError, UntrustedUpdateError, DamagedUpdateError)):
            opened(io.BytesIO(changed), KEYS)


@pytest.mark.parametrize("at", [1_000_000, 3_000_100, -1])
def test_a_changed_byte_of_a_part_is_seen(at: int) -> None:
    content = bytearray(update())
    content[at] ^= 1

    with pytest.raises(DamagedUpdateError):
        checked(io.BytesIO(bytes(content)), KEYS)


@pytest.mark.parametrize("length", [100, 2_000_000, -1])
def test_a_file_that_was_cut_short_is_seen(length: int) -> None:
    with pytest.raises(DamagedUpdateError):
        checked(io.BytesIO(update()[:length]), KEYS)


def test_what_hangs_on_behind_the_parts_is_seen() -> None:
    with pytest.raises(DamagedUpdateError):
        checked(io.BytesIO(update() + b"!"), KEYS)


@pytest.mark.parametrize("version", ["", "1", "0.2.0-beta", "../../0.2", "0.02", "1.2.3.4.5", "0.2.0\n"])
def test_a_list_with_a_version_of_another_form_is_no_list(version: str) -> None:
    assert version_in(version) is None
    with pytest.raises(ValueError, match="version"):
        update(version=version)


def test_versions_compare_by_their_numbers() -> None:
    assert is_newer(Version("0.10"), Version("0.9.1"))
    assert not is_newer(Version("1.0"), Version("1.0.0"))
    assert newest([Version("0.9"), Version("0.10"), Version("0.2.7")]) == "0.10"
    assert newest([]) is None
