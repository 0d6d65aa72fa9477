"""What the mesh tells of the update that lies on this box, and gives of it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mesh.kept_update import KeptUpdates
from mesh.report import KeptUpdate
from tests.mesh.kept import keep
from tests.updates import keys_in, written


class Clock:
    passed = 0.0

    def __call__(self) -> float:
        self.passed += 60
        return self.passed


@pytest.fixture
def kept(tmp_path: Path) -> KeptUpdates:
    keys_in(tmp_path / "keys")
    return KeptUpdates(tmp_path / "updates", keys=tmp_path / "keys", monotonic=Clock())


def test_where_no_update_ever_came_none_is_told(kept: KeptUpdates) -> None:
    assert kept.told() is None
    assert kept.file("0" * 64) is None


def test_an_update_is_told_with_its_version_and_given_by_its_digest(kept: KeptUpdates, tmp_path: Path) -> None:
    content = written(version="0.3.1")
    digest = keep(tmp_path / "updates", content)

    assert kept.told() == KeptUpdate(version="0.3.1", digest=digest, size_bytes=len(content))
    assert kept.file(digest) == tmp_path / "updates" / f"{digest}.update"
    assert kept.file("0" * 64) is None
    assert kept.file("../keys/0.pub") is None


def test_what_nobody_trusted_here_has_signed_is_neither_told_nor_given(kept: KeptUpdates, tmp_path: Path) -> None:
    for content in (written(key=Ed25519PrivateKey.generate()), b"no update", written()[:-1], written() + b"more"):
        digest = keep(tmp_path / "updates", content)
        assert kept.told() is None
        assert kept.file(digest) is None


def test_a_box_without_keys_tells_of_no_update(tmp_path: Path) -> None:
    keep(tmp_path / "updates", written())

    assert KeptUpdates(tmp_path / "updates", keys=tmp_path / "nothing", monotonic=Clock()).told() is None


def test_while_one_replaces_another_the_newer_one_is_told(kept: KeptUpdates, tmp_path: Path) -> None:
    keep(tmp_path / "updates", written(version="0.9.0"))
    newer = keep(tmp_path / "newer", written(version="0.10.0"))
    (tmp_path / "newer" / f"{newer}.update").rename(tmp_path / "updates" / f"{newer}.update")

    told = kept.told()

    assert told is not None
    assert told.version == "0.10.0"


def test_a_list_is_read_once_as_long_as_its_file_stays_as_it_is(
    kept: KeptUpdates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = keep(tmp_path / "updates", written())
    assert kept.told()

    monkeypatch.setattr("mesh.kept_update.opened", lambda *_: pytest.fail("it was read again"))

    assert kept.told()
    (tmp_path / "updates" / f"{digest}.update").unlink()
    assert kept.told() is None
