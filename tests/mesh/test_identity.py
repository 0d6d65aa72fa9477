"""A node has one identity, made once, for one device."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from mesh.errors import IdentityCopiedError, IdentityDamagedError
from mesh.identity import fingerprint_of, node_id_of, open_identity

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_an_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    made = open_identity(tmp_path / "mesh", "device-1", NOON)
    found = open_identity(tmp_path / "mesh", "device-1")

    assert (found.node_id, found.fingerprint, found.certificate) == (made.node_id, made.fingerprint, made.certificate)
    assert made.key.private_numbers() == found.key.private_numbers()


def test_two_boxes_have_different_identities(tmp_path: Path) -> None:
    assert open_identity(tmp_path / "a", "1").node_id != open_identity(tmp_path / "b", "2").node_id


def test_only_the_daemon_may_read_the_identity(tmp_path: Path) -> None:
    open_identity(tmp_path / "mesh", "device-1")

    assert stat.S_IMODE((tmp_path / "mesh").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "mesh").iterdir()} == {0o600}


def test_the_node_id_follows_from_the_key_and_the_certificate_carries_both(tmp_path: Path) -> None:
    identity = open_identity(tmp_path / "mesh", "device-1", NOON)

    assert identity.fingerprint == fingerprint_of(identity.key.public_key())
    assert identity.node_id == node_id_of(identity.fingerprint)
    assert len(identity.node_id) == 26
    names = identity.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [identity.node_id]
    identity.certificate.verify_directly_issued_by(identity.certificate)


def test_a_cloned_identity_is_refused_with_what_to_do(tmp_path: Path) -> None:
    open_identity(tmp_path / "mesh", "device-1")

    with pytest.raises(IdentityCopiedError, match=r"made for another box .* let it join again"):
        open_identity(tmp_path / "mesh", "device-2")


@pytest.mark.parametrize("broken", ["node.key", "node.crt", "node.json"])
def test_a_damaged_identity_is_refused_with_what_to_do(broken: str, tmp_path: Path) -> None:
    open_identity(tmp_path / "mesh", "device-1")
    (tmp_path / "mesh" / broken).write_text("{}")

    with pytest.raises(IdentityDamagedError, match="Restore it from a backup"):
        open_identity(tmp_path / "mesh", "device-1")


@pytest.mark.parametrize("swapped", ["node.key", "node.crt"])
def test_files_of_another_node_do_not_mix_in(swapped: str, tmp_path: Path) -> None:
    open_identity(tmp_path / "mesh", "device-1")
    open_identity(tmp_path / "other", "device-1")
    (tmp_path / "other" / swapped).replace(tmp_path / "mesh" / swapped)

    with pytest.raises(IdentityDamagedError):
        open_identity(tmp_path / "mesh", "device-1")


def test_a_record_that_claims_another_id_is_refused(tmp_path: Path) -> None:
    open_identity(tmp_path / "mesh", "device-1")
    record = json.loads((tmp_path / "mesh/node.json").read_text())
    (tmp_path / "mesh/node.json").write_text(json.dumps({**record, "node_id": "a" * 26}))

    with pytest.raises(IdentityDamagedError):
        open_identity(tmp_path / "mesh", "device-1")


@pytest.mark.parametrize("left", [[], ["node.key"], ["node.key", "node.crt"], [".node.key.1234.new"]])
def test_an_identity_that_a_power_cut_left_half_made_is_made_again(left: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "mesh"
    open_identity(folder, "device-1")
    for file in folder.iterdir():
        if file.name not in left:
            file.unlink()
    for name in left:
        (folder / name).touch()

    identity = open_identity(folder, "device-1")

    assert open_identity(folder, "device-1").node_id == identity.node_id
    assert sorted(file.name for file in folder.iterdir()) == ["node.crt", "node.json", "node.key"]
