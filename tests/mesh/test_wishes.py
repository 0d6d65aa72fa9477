"""Who may have a model brought to a node, and what becomes of a wish."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mesh.errors import ModelNotWantedError
from mesh.identity import node_id_of
from mesh.kept_wishes import FILE, KeptWishes
from mesh.roster import Role, admitted, first_roster
from mesh.wishes import MOST_WISHES, BringQuestion, HowFar, Wishes

HOME, OTHER = "1" * 64, "2" * 64
DIGEST = "a" * 64


def wishes(role: Role = "worker", here: tuple[str, ...] = (), folder: Path = Path("/nowhere")) -> Wishes:
    """Of a node that is this in its mesh; where there is no room to keep them, they are wishes all the same."""
    roster = admitted(first_roster("m" * 26, HOME, "home", 0.0), OTHER, "other", "worker", 0.0)
    belonging: Any = SimpleNamespace(membership=SimpleNamespace(roster=roster, role=role))
    return Wishes(belonging, here=lambda: here, keep=KeptWishes(folder))


def asked(digest: str = DIGEST) -> BringQuestion:
    return BringQuestion(digest=digest, name="small")


def test_a_member_that_is_not_the_home_node_is_refused() -> None:
    one = wishes()

    with pytest.raises(ModelNotWantedError, match="Only the owner of the home node"):
        one.wished(node_id_of(OTHER), asked())

    assert one.told() == ()


@pytest.mark.parametrize("role", ["client", "home"])
def test_a_client_takes_no_models_of_others(role: Role) -> None:
    with pytest.raises(ModelNotWantedError, match=f"is a {role}"):
        wishes(role).wished(node_id_of(HOME), asked())


def test_a_wish_is_told_until_the_model_is_here() -> None:
    here: list[str] = []
    one = wishes()
    one._here = lambda: here
    one.wished(node_id_of(HOME), asked())
    one.heard(DIGEST, HowFar(share=0.5))
    one.wished(node_id_of(HOME), asked())
    assert [(wish.name, wish.share) for wish in one.told()] == [("small", 0.5)], "wished twice, it goes on"

    here.append(DIGEST)

    assert one.told() == ()


def test_a_wish_that_failed_is_told_and_begins_anew_when_it_is_wished_again() -> None:
    one = wishes()
    one.wished(node_id_of(HOME), asked())
    one.heard(DIGEST, HowFar(problem="The disk is full."))
    assert one.told()[0].problem == "The disk is full."

    one.wished(node_id_of(HOME), asked())

    assert one.told()[0].problem == ""


def test_of_many_wishes_the_oldest_go_and_nothing_is_made_of_what_was_never_wished() -> None:
    one = wishes()
    digests = [f"{number:064x}" for number in range(MOST_WISHES + 2)]
    for digest in digests:
        one.wished(node_id_of(HOME), asked(digest))
    one.heard("f" * 64, HowFar(share=1.0))

    assert [wish.digest for wish in one.told()] == digests[2:]


def test_after_a_restart_it_is_still_wished_unless_it_came_or_failed_or_the_node_may_not(tmp_path: Path) -> None:
    one = wishes(folder=tmp_path)
    came, failed, going = (f"{number:064x}" for number in range(3))
    for digest in (came, failed, going):
        one.wished(node_id_of(HOME), asked(digest))
    one.heard(failed, HowFar(problem="The disk is full."))
    one.heard(going, HowFar(share=0.5))

    again = wishes(folder=tmp_path, here=(came,))

    assert [(wish.digest, wish.name, wish.share) for wish in again.told()] == [(going, "small", 0.0)]
    assert [wish.digest for wish in wishes(folder=tmp_path).told()] == [going]
    assert wishes("client", folder=tmp_path).told() == ()
    assert wishes(folder=tmp_path).told() == ()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b'{"format": 2, "wishes": []}', b'{"format": 1, "wishes": [{"digest": "../x"}]}']
)
def test_a_damaged_file_or_one_of_a_newer_version_wishes_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    one = wishes(folder=tmp_path)
    assert one.told() == ()

    one.wished(node_id_of(HOME), asked())

    assert [wish.digest for wish in wishes(folder=tmp_path).told()] == [DIGEST]
