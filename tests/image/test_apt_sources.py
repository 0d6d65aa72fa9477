"""The image's packages come from wherever this host's own apt gets its packages."""

import pytest

from image.apt_sources import Repository, release_repositories, sources_file
from image.errors import NoMirrorError

HOST = (
    Repository(address="http://mirror.test/debian/", suite="bookworm"),
    Repository(address="http://mirror.test/debian/", suite="bookworm-updates"),
    Repository(address="http://mirror.test/debian-security/", suite="bookworm-security"),
)


def test_each_suite_is_looked_for_where_the_host_finds_its_own() -> None:
    found = release_repositories(HOST, "bookworm")

    assert [(repository.address, repository.suite) for repository in found] == [
        ("http://mirror.test/debian/", "trixie"),
        ("http://mirror.test/debian/", "trixie-updates"),
        ("http://mirror.test/debian-security/", "trixie-security"),
    ]


def test_a_third_party_archive_is_left_out() -> None:
    found = release_repositories([*HOST, Repository(address="http://vendor.test/apt/", suite="vendor")], "bookworm")

    assert all("vendor.test" not in repository.address for repository in found)


def test_backports_are_left_out() -> None:
    backports = Repository(address="http://mirror.test/debian/", suite="bookworm-backports")

    assert release_repositories([*HOST, backports], "bookworm") == release_repositories(HOST, "bookworm")


def test_a_host_that_says_stable_instead_of_a_name_works_too() -> None:
    found = release_repositories([Repository(address="http://mirror.test/debian/", suite="stable")], "trixie")

    assert [repository.suite for repository in found] == ["trixie"]


def test_a_host_without_a_debian_archive_is_told_what_is_missing() -> None:
    with pytest.raises(NoMirrorError, match="bookworm"):
        release_repositories([Repository(address="http://vendor.test/apt/", suite="vendor")], "bookworm")


def test_the_sources_file_names_the_firmware_component_and_the_key() -> None:
    text = sources_file([Repository(address="http://mirror.test/debian/", suite="trixie")])

    assert "Components: main non-free-firmware\n" in text
    assert "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n" in text
