"""Who belongs: only the home node changes it, and nothing old replaces anything new."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mesh.errors import NoSuchMemberError, RosterRefusedError, UnfitNodeNameError
from mesh.identity import node_id_of
from mesh.roster import (
    Roster,
    admitted,
    dismissed,
    dissolved,
    first_roster,
    newer,
    renamed,
    roster_in,
    signed,
    with_role,
)

HOME, BETA, GAMMA = "1" * 64, "2" * 64, "3" * 64
BETA_ID = node_id_of(BETA)


def roster() -> Roster:
    first = first_roster(node_id_of("0" * 64), HOME, "alpha", 0.0)
    return admitted(first, BETA, "beta", "worker", 1.0)


def test_a_member_is_known_by_id_and_key_together() -> None:
    assert roster().admits(BETA_ID, BETA)
    assert not roster().admits(BETA_ID, GAMMA)
    assert not roster().admits(node_id_of(GAMMA), GAMMA)


@pytest.mark.parametrize("how", ["revoked", "left"])
def test_who_has_gone_is_not_admitted_and_may_be_let_in_again(how: str) -> None:
    gone = dismissed(roster(), BETA_ID, how, 2.0)  # type: ignore[arg-type]

    assert not gone.admits(BETA_ID, BETA)
    assert dismissed(gone, BETA_ID, "revoked", 3.0) is gone
    assert admitted(gone, BETA, "beta", "client", 4.0).admits(BETA_ID, BETA)


def test_every_change_counts_upwards_and_the_higher_version_wins() -> None:
    old = roster()
    new = renamed(old, BETA_ID, " Attic ", 2.0)

    assert (new.version, new.member(BETA_ID).name) == (old.version + 1, "Attic")
    assert newer(new, old) is new
    assert newer(old, new) is new
    assert renamed(new, BETA_ID, "Attic", 3.0) is new


def test_the_home_node_stays_what_it_is() -> None:
    home = node_id_of(HOME)

    with pytest.raises(RosterRefusedError):
        dismissed(roster(), home, "revoked", 2.0)
    with pytest.raises(RosterRefusedError):
        with_role(roster(), home, "worker", 2.0)
    with pytest.raises(RosterRefusedError):
        with_role(roster(), BETA_ID, "home", 2.0)
    assert [one.node_id for one in dissolved(roster(), 2.0).active] == [home]


def test_a_roster_of_another_mesh_replaces_nothing() -> None:
    other = first_roster(node_id_of("9" * 64), HOME, "alpha", 0.0)

    with pytest.raises(RosterRefusedError):
        newer(roster(), other)


def test_only_what_the_authority_signed_is_a_roster() -> None:
    key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    told = signed(roster(), key)

    assert roster_in(told, key.public_key()) == roster()
    for forged in (
        signed(roster(), other),
        dataclasses.replace(told, content=told.content.replace("beta", "evil")),
        dataclasses.replace(told, signature="zz"),
        dataclasses.replace(signed(roster(), key), content="{}"),
    ):
        with pytest.raises(RosterRefusedError):
            roster_in(forged, key.public_key())


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 41, "bell\x07", "\u202eevil"])
def test_a_name_that_would_deceive_or_break_a_line_is_refused(name: str) -> None:
    with pytest.raises(UnfitNodeNameError):
        renamed(roster(), BETA_ID, name, 2.0)


def test_who_was_never_there_cannot_be_changed() -> None:
    with pytest.raises(NoSuchMemberError):
        renamed(roster(), node_id_of(GAMMA), "gamma", 2.0)
