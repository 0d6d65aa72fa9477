"""Joining: both sides come to trust each other, and nobody else comes to anything."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from mesh.errors import JoinRefusedError, NoSuchRequestError, NotHomeError
from mesh.join.messages import GuestRound, HomeRound
from mesh.join.secret import ALPHABET, fresh, typed
from mesh.join.transcript import nonce
from tests.mesh.join.talk import Box, Time, admitted, fingerprint, pinned, proven


def another(code: str) -> str:
    """A code that differs in its last letter."""
    return code[:-1] + ALPHABET[(ALPHABET.index(code[-1]) + 1) % len(ALPHABET)]


@pytest.mark.parametrize("kind", ["code", "token"])
async def test_a_newcomer_with_the_secret_is_let_in_once_the_owner_says_so(home: Box, newcomer: Box, kind: str) -> None:
    joined = await admitted(home, newcomer, kind)

    assert joined.role == "worker"
    assert joined.roster.admits(newcomer.identity.node_id, newcomer.identity.fingerprint)
    assert home.belonging.admit(joined.certificate) == newcomer.identity.node_id
    assert newcomer.belonging.admit(home.membership().certificate) == home.identity.node_id
    assert newcomer.membership().authority_key is None


def test_a_box_that_shows_a_code_of_its_own_comes_in_where_the_owner_scanned_it(home: Box, newcomer: Box) -> None:
    token = fresh("token")
    home.hosting.open(token)
    guest = newcomer.guest(token, is_invited=True)

    pinned(home, guest)
    proven(home, guest)

    (request,) = home.hosting.waiting()
    assert request.side.words == guest.words != ()


def test_a_door_that_is_open_for_another_box_loses_no_guess_to_one_that_knocks(home: Box, newcomer: Box) -> None:
    window = home.hosting.open()

    with pytest.raises(JoinRefusedError) as refused:
        pinned(home, newcomer.guest(fresh("token"), is_invited=True))

    assert refused.value.code == "no_window"
    assert home.hosting.window == window


@pytest.mark.parametrize("kind", ["code", "token"])
def test_a_door_that_is_open_for_a_scanned_box_is_open_for_no_other(home: Box, newcomer: Box, kind: str) -> None:
    window = home.hosting.open(fresh("token"))

    with pytest.raises(JoinRefusedError) as refused:
        pinned(home, newcomer.guest(window.code if kind == "code" else window.token))

    assert refused.value.code == "no_window"
    assert home.hosting.window == window


def test_a_hello_says_nothing_that_an_older_home_does_not_know(newcomer: Box) -> None:
    said = newcomer.guest(fresh("token")).hello().model_dump(exclude_none=True)

    assert set(said) == {"version", "kind", "name", "public_key", "commitment"}


def test_both_screens_show_the_same_words_and_only_after_the_secret_was_proven(home: Box, newcomer: Box) -> None:
    guest = newcomer.guest(home.hosting.open().code)
    pinned(home, guest)

    assert guest.words == ()
    assert home.hosting.waiting() == []
    proven(home, guest)

    (request,) = home.hosting.waiting()
    assert request.side.words == guest.words
    assert len(set(guest.words)) > 1


def test_a_wrong_code_is_refused_and_three_close_the_door(home: Box, newcomer: Box) -> None:
    code = home.hosting.open().code
    for _ in range(3):
        guest = newcomer.guest(another(code))
        pinned(home, guest)
        with pytest.raises(JoinRefusedError) as refused:
            proven(home, guest)
        assert refused.value.code == "wrong_code"

    with pytest.raises(JoinRefusedError) as refused:
        pinned(home, newcomer.guest(code))

    assert refused.value.code == "no_guesses"


def test_a_guess_counts_even_where_it_is_broken_off(home: Box, newcomer: Box) -> None:
    code = home.hosting.open().code
    for _ in range(3):
        guest = newcomer.guest(code)
        pinned(home, guest)
        home.hosting.heard(guest.round())

    guest = newcomer.guest(code)
    pinned(home, guest)
    with pytest.raises(JoinRefusedError) as refused:
        proven(home, guest)

    assert refused.value.code == "no_guesses"


def test_after_five_minutes_the_code_opens_nothing(home: Box, newcomer: Box, time: Time) -> None:
    code = home.hosting.open().code
    time.passed = 300.0

    with pytest.raises(JoinRefusedError) as refused:
        pinned(home, newcomer.guest(code))

    assert refused.value.code == "expired"


async def test_a_code_opens_the_door_once(home: Box, newcomer: Box, tmp_path: Path, time: Time) -> None:
    await admitted(home, newcomer)
    assert home.hosting.window is not None
    third = Box(tmp_path, "gamma", time)

    with pytest.raises(JoinRefusedError) as refused:
        pinned(home, third.guest(home.hosting.window.code))

    assert refused.value.code == "used"


def test_without_an_open_door_nobody_is_greeted(home: Box, newcomer: Box) -> None:
    with pytest.raises(JoinRefusedError) as refused:
        home.hosting.hello(newcomer.guest("0" * 8).hello(), "10.0.0.9")

    assert refused.value.code == "no_window"


def test_the_owner_may_say_no(home: Box, newcomer: Box) -> None:
    guest = newcomer.guest(home.hosting.open().code)
    session = pinned(home, guest).session
    proven(home, guest)

    home.hosting.refuse(session)

    assert home.hosting.waiting() == []
    with pytest.raises(NoSuchRequestError):
        home.hosting.approve(session)


def test_replayed_messages_of_an_earlier_join_prove_nothing(home: Box, newcomer: Box) -> None:
    guest = newcomer.guest(home.hosting.open().code)
    heard: list[GuestRound] = []
    hello = newcomer.guest(home.hosting.open().code)
    said = home.hosting.hello(hello.hello(), "10.0.0.9")
    hello.pin(said, home.membership().certificate)
    proven(home, hello, to_home=lambda one: heard.append(one) or one)  # type: ignore[func-returns-value]
    home.hosting.open()
    again = home.hosting.hello(guest.hello(), "10.0.0.8")

    def replay() -> None:
        for one in heard:
            home.hosting.heard(one.model_copy(update={"session": again.session}))

    with pytest.raises(JoinRefusedError):
        replay()

    assert home.hosting.waiting() == []


def test_a_reflected_handshake_is_refused_by_the_newcomer(home: Box, newcomer: Box) -> None:
    """Whoever knows no code sends the newcomer's own promises and openings back to it."""
    guest = newcomer.guest(home.hosting.open().code)
    pinned(home, guest)
    first = guest.round()
    guest.heard(HomeRound(index=0, commitment=first.commitment))
    second = guest.round()

    with pytest.raises(JoinRefusedError) as refused:
        guest.heard(HomeRound(index=1, opening=second.opening, commitment=second.commitment))

    assert refused.value.code == "wrong_code"


def test_a_man_in_the_middle_with_a_mesh_of_his_own_is_found_out(
    home: Box, newcomer: Box, tmp_path: Path, time: Time
) -> None:
    """He shows each side himself and passes the rounds on; the transcripts differ, so no letter fits."""
    middle = Box(tmp_path, "middle", time)
    middle.hosting.open()
    code = home.hosting.open().code
    guest, puppet = newcomer.guest(code), middle.guest(code)
    said = pinned(home, puppet)
    guest.hello()
    own = middle.membership()
    guest.pin(
        said.model_copy(
            update={
                "authority": middle.hosting.hello(middle.guest("0" * 8).hello(), "").authority,
                "certificate": _pem(own.certificate),
            }
        ),
        own.certificate,
    )

    with pytest.raises(JoinRefusedError):
        proven(home, guest)

    assert home.hosting.waiting() == []
    assert guest.words == ()


def _pem(certificate: object) -> str:
    from mesh.certificates import pem

    return pem(certificate)  # type: ignore[arg-type]


def test_a_scanned_code_is_refused_by_a_box_of_another_authority(home: Box, newcomer: Box) -> None:
    token = home.hosting.open().token
    guest = newcomer.guest(token, expected_authority="f" * 64)

    with pytest.raises(JoinRefusedError) as refused:
        pinned(home, guest)

    assert refused.value.code == "wrong_authority"


def test_a_scanned_code_of_this_authority_is_taken(home: Box, newcomer: Box) -> None:
    token = home.hosting.open().token
    guest = newcomer.guest(token, expected_authority=fingerprint(home))
    pinned(home, guest)

    proven(home, guest)

    assert guest.state == "waiting"


def test_a_certificate_that_tls_did_not_show_is_refused(home: Box, newcomer: Box) -> None:
    guest = newcomer.guest(home.hosting.open().code)
    said = home.hosting.hello(guest.hello(), "10.0.0.9")

    with pytest.raises(JoinRefusedError) as refused:
        guest.pin(said, newcomer.identity.certificate)

    assert refused.value.code == "wrong_certificate"


def test_an_opening_that_was_not_promised_is_refused(home: Box, newcomer: Box) -> None:
    guest = newcomer.guest(home.hosting.open().code)
    pinned(home, guest)

    def changed(said: GuestRound) -> GuestRound:
        return said if said.index != 2 else said.model_copy(update={"opening": nonce().hex()})

    with pytest.raises(JoinRefusedError) as refused:
        proven(home, guest, to_home=changed)

    assert refused.value.code == "wrong_code"


def test_who_does_not_hold_the_key_is_refused_although_the_code_is_right(
    home: Box, newcomer: Box, tmp_path: Path, time: Time
) -> None:
    """A cloned public key: all is right but the signature."""
    thief = Box(tmp_path, "thief", time)
    guest = newcomer.guest(home.hosting.open().code)
    guest._identity = dataclasses.replace(newcomer.identity, key=thief.identity.key)
    hello = guest.hello().model_copy(update={"public_key": newcomer.guest("0" * 8).hello().public_key})
    guest.pin(home.hosting.hello(hello, "10.0.0.9"), home.membership().certificate)

    with pytest.raises(JoinRefusedError) as refused:
        proven(home, guest)

    assert refused.value.code == "wrong_certificate"


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_newcomer_whose_clock_is_a_day_off_is_let_in(home: Box, newcomer: Box, time: Time, days: int) -> None:
    joined = await admitted(home, newcomer)

    time.now += timedelta(days=days)

    assert newcomer.belonging.admit(home.membership().certificate) == home.identity.node_id
    assert home.belonging.admit(joined.certificate) == newcomer.identity.node_id


async def test_a_member_opens_no_door(home: Box, newcomer: Box) -> None:
    await admitted(home, newcomer)

    with pytest.raises(NotHomeError):
        newcomer.hosting.open()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("7kq2-m4xd", "7kq2m4xd"),
        (" 7KQ2 M4XD ", "7kq2m4xd"),
        ("OIL0-1234", "01101234"),
        ("7kq2", None),
        ("!" * 8, None),
    ],
)
def test_a_code_is_read_however_it_is_typed(text: str, code: str | None) -> None:
    assert typed(text) == code
