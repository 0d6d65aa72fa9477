"""The maker's key is made once, kept to its owner, and never replaced."""

from pathlib import Path

import pytest

from image.errors import SigningKeyError
from image.signing import VARIABLE, private_key, public_key


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "keys" / "maker.pem"
    monkeypatch.setenv(VARIABLE, str(file))
    return file


def test_the_key_is_made_once_and_only_its_owner_reads_it(file: Path) -> None:
    first = public_key()

    assert public_key() == first
    assert len(first) == 32
    assert file.stat().st_mode & 0o777 == 0o600


def test_without_a_name_it_lies_with_the_persons_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    private_key()

    assert (tmp_path / "hearth/update-key.pem").is_file()


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\x00" * 40]
)
def test_another_file_in_its_place_is_named_and_left_alone(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)

    with pytest.raises(SigningKeyError, match=VARIABLE):
        public_key()

    assert file.read_bytes() == content
