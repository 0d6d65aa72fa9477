"""Passwords are kept so that a stolen disk does not tell them."""

import pytest

from assistant.household_errors import WeakPasswordError
from assistant.passwords import HashingCost, Passwords, refuse_weak

CHEAP = HashingCost(memory_kib=64, passes=1, lanes=1)


async def test_a_password_matches_its_own_hash_and_no_other_password_does() -> None:
    passwords = Passwords(CHEAP)
    hashed = await passwords.hash("a warm fire")

    assert await passwords.matches("a warm fire", hashed)
    assert not await passwords.matches("a warm fir", hashed)


async def test_the_same_password_is_hashed_differently_each_time() -> None:
    passwords = Passwords(CHEAP)

    assert await passwords.hash("a warm fire") != await passwords.hash("a warm fire")


async def test_by_default_a_hash_is_argon2id_with_64_mib() -> None:
    assert (await Passwords().hash("a warm fire")).startswith("$argon2id$v=19$m=65536,t=3,p=2$")


async def test_nobody_has_no_password() -> None:
    assert not await Passwords(CHEAP).matches("", None)


async def test_a_damaged_hash_matches_nothing() -> None:
    assert not await Passwords(CHEAP).matches("a warm fire", "$argon2id$broken")


async def test_an_accent_may_be_composed_by_another_keyboard() -> None:
    passwords = Passwords(CHEAP)

    assert await passwords.matches("cafe\u0301 au lait", await passwords.hash("caf\u00e9 au lait"))


async def test_a_hash_of_another_cost_is_outdated() -> None:
    assert Passwords().is_outdated(await Passwords(CHEAP).hash("a warm fire"))


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 8"),
        ("x" * 300, "at most 256"),
        ("aaaaaaaaaa", "one character repeated"),
        ("ADA lovelace", "same as the name"),
    ],
)
def test_a_weak_password_is_refused_with_what_to_choose(password: str, said: str) -> None:
    with pytest.raises(WeakPasswordError, match=said):
        refuse_weak(password, name="Ada Lovelace")


def test_an_ordinary_sentence_is_a_good_password() -> None:
    refuse_weak("a warm fire", name="Ada")
