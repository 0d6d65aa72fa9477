"""Who may wish an update onto a node, and what becomes of the wish."""

from types import SimpleNamespace
from typing import Any

import pytest

from mesh.errors import UpdateNotWantedError
from mesh.identity import node_id_of
from mesh.roster import Role, admitted, first_roster
from mesh.update_wish import UpdateHowFar, UpdateQuestion, UpdateWish

HOME, OTHER = "1" * 64, "2" * 64
DIGEST = "a" * 64


def wish(role: Role = "worker", version: str = "0.1.0") -> UpdateWish:
    """Of a node that is this in its mesh."""
    roster = admitted(first_roster("m" * 26, HOME, "home", 0.0), OTHER, "other", "worker", 0.0)
    belonging: Any = SimpleNamespace(membership=SimpleNamespace(roster=roster, role=role))
    return UpdateWish(belonging, version=version)


def asked(version: str = "0.2.0", digest: str = DIGEST) -> UpdateQuestion:
    return UpdateQuestion(version=version, digest=digest, size_bytes=1000)


def test_a_member_that_is_not_the_home_node_is_refused() -> None:
    one = wish()

    with pytest.raises(UpdateNotWantedError, match="Only the owner of the home node"):
        one.wished(node_id_of(OTHER), asked())

    assert one.told() is None


@pytest.mark.parametrize("role", ["client", "home"])
def test_a_client_is_updated_by_its_own_owner(role: Role) -> None:
    with pytest.raises(UpdateNotWantedError, match=f"is a {role}"):
        wish(role).wished(node_id_of(HOME), asked())


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.1", "new", ""])
def test_no_node_takes_what_is_not_newer_than_its_own(version: str) -> None:
    with pytest.raises(UpdateNotWantedError):
        wish().wished(node_id_of(HOME), asked(version))


def test_a_wish_is_told_with_how_far_it_is_and_goes_on_when_it_is_wished_again() -> None:
    one = wish()
    one.wished(node_id_of(HOME), asked())
    one.heard(UpdateHowFar(digest=DIGEST, phase="fetching", share=0.5, waits_for="the way"))
    one.heard(UpdateHowFar(digest="b" * 64, phase="installing", share=0.9))

    one.wished(node_id_of(HOME), asked())

    told = one.told()
    assert told is not None
    assert (told.version, told.phase, told.share, told.waits_for) == ("0.2.0", "fetching", 0.5, "the way")


def test_a_wish_that_failed_begins_anew_when_it_is_wished_again() -> None:
    one = wish()
    one.wished(node_id_of(HOME), asked())
    one.heard(UpdateHowFar(digest=DIGEST, problem="The disk is full."))
    told = one.told()
    assert told is not None
    assert told.problem == "The disk is full."

    one.wished(node_id_of(HOME), asked())

    told = one.told()
    assert told is not None
    assert (told.problem, told.phase) == ("", "fetching")


def test_a_node_that_installs_is_given_no_other_update() -> None:
    one = wish()
    one.wished(node_id_of(HOME), asked())
    one.heard(UpdateHowFar(digest=DIGEST, phase="installing"))

    with pytest.raises(UpdateNotWantedError, match="installing another update"):
        one.wished(node_id_of(HOME), asked("0.3.0", "b" * 64))


def test_whoever_is_in_no_mesh_any_more_is_wished_nothing() -> None:
    one = wish()
    one.wished(node_id_of(HOME), asked())

    one._belonging.membership = None

    assert one.told() is None


def test_the_version_that_did_not_work_here_is_told_with_a_wish_or_without() -> None:
    one = wish()

    one.heard(UpdateHowFar(failed="0.2.0"))

    assert one.report() == (None, "0.2.0")
