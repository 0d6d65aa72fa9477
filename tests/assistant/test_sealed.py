"""The sealed form of a backup: whole or refused, with a reason."""

import secrets

import pytest

from assistant.backup.errors import (
    BackupCutShortError,
    BackupDamagedError,
    NotABackupError,
    WeakPassphraseError,
    WrongPassphraseError,
)
from assistant.backup.sealed import CHUNK_BYTES, HEADER_BYTES, Sealing, Unsealing, fit_passphrase

PASSPHRASE = "four words about nothing"
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]


def sealed(content: bytes) -> bytes:
    sealing = Sealing(PASSPHRASE, strength=10)
    return sealing.header + sealing.seal(content) + sealing.end()


def opened(backup: bytes, passphrase: str = PASSPHRASE, step: int = 50_000) -> bytes:
    unsealing = Unsealing(passphrase)
    pieces = [unsealing.open(backup[start : start + step]) for start in range(0, len(backup), step)]
    return b"".join(pieces) + unsealing.end()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [997, 1 << 20])
def test_what_was_sealed_comes_out_whatever_the_pieces(size: int, step: int) -> None:
    content = secrets.token_bytes(size)

    assert opened(sealed(content), step=step) == content


def test_nothing_of_the_content_can_be_read_without_the_passphrase() -> None:
    assert b"a secret sentence" not in sealed(b"a secret sentence" * 10)


def test_a_wrong_passphrase_is_told_from_a_damaged_file() -> None:
    with pytest.raises(WrongPassphraseError):
        opened(sealed(b"content"), "some other words here")


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_backup_that_was_cut_short_is_refused_wherever_it_ends(size: int) -> None:
    backup = sealed(bytes(size))

    for end in {1, 17, HEADER_BYTES, HEADER_BYTES + 16, HEADER_BYTES + CHUNK_BYTES + 16, len(backup) - 1}:
        if end < len(backup):
            with pytest.raises(BackupCutShortError):
                opened(backup[:end])


def test_every_changed_byte_is_noticed() -> None:
    backup = bytearray(sealed(bytes(2 * CHUNK_BYTES)))

    for place in range(0, len(backup), 4099):
        backup[place] ^= 1
        with pytest.raises((BackupDamagedError, BackupCutShortError, WrongPassphraseError, NotABackupError)):
            opened(bytes(backup))
        backup[place] ^= 1


def test_chunks_can_be_neither_swapped_nor_left_out() -> None:
    backup = sealed(bytes(4 * CHUNK_BYTES))
    whole = CHUNK_BYTES + 16
    head, first, second, rest = (
        backup[:HEADER_BYTES],
        backup[HEADER_BYTES : HEADER_BYTES + whole],
        backup[HEADER_BYTES + whole : HEADER_BYTES + 2 * whole],
        backup[HEADER_BYTES + 2 * whole :],
    )

    for changed in (head + second + first + rest, head + second + rest, head + first + first + rest):
        with pytest.raises(BackupDamagedError):
            opened(changed)


@pytest.mark.parametrize("other", [b"", b"PK\x03\x04 a zip file" * 10, b"hearth backup 2\n" + bytes(60)])
def test_another_file_is_no_backup(other: bytes) -> None:
    with pytest.raises(NotABackupError):
        opened(other)


def test_a_header_that_asks_for_all_memory_is_no_backup() -> None:
    backup = bytearray(sealed(b"content"))
    backup[16] = 40

    with pytest.raises(NotABackupError):
        opened(bytes(backup))


@pytest.mark.parametrize("passphrase", ["", "short", "aaaaaaaaaaaaaaaa", "elevenchars"])
def test_a_passphrase_that_holds_little_is_refused(passphrase: str) -> None:
    with pytest.raises(WeakPassphraseError):
        fit_passphrase(passphrase)
