"""What others say of themselves on the network is data: it is read with suspicion and never believed."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.announcement import LARGEST_RECORD_BYTES, announcement_in
from mesh.errors import AnnouncementRefusedError
from tests.mesh.conftest import announcement

BOX = announcement("hearth-aaaa", "a")


def test_what_a_node_says_is_understood_by_another() -> None:
    assert announcement_in(BOX.txt()) == BOX


def test_keys_in_any_case_and_order_are_understood_and_the_first_of_two_counts() -> None:
    shouted = [string.replace(b"id=", b"ID=") for string in reversed(BOX.txt())]

    assert announcement_in([*shouted, b"name=evil", b"unknown", b"x=y"]) == BOX


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"v": b"v=2"}, "version"),
        ({"v": b"v"}, "version"),
        ({"id": b"id=" + b"a" * 26}, "does not follow"),
        ({"id": b"id=../../etc/passwd"}, "right form"),
        ({"name": b"name=<script>alert(1)</script>"}, "right form"),
        ({"name": b"name=" + b"a" * 64}, "right form"),
        ({"name": b"name=a\n"}, "right form"),
        ({"name": "name=hearth-ä".encode()}, "right form"),
        ({"name": b"name=\xff"}, "right form"),
        ({"fp": b"fp=" + b"A" * 64}, "right form"),
        ({"fp": b"fp="}, "right form"),
        ({"x": b"x=" + b"y" * LARGEST_RECORD_BYTES}, "too long"),
    ],
)
def test_rogue_mdns_is_refused_with_the_reason(changed: dict[str, bytes], reason: str) -> None:
    strings = {string.partition(b"=")[0].decode(): string for string in BOX.txt()}

    with pytest.raises(AnnouncementRefusedError, match=reason):
        announcement_in([*(strings | changed).values()])


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_record_does_more_than_be_refused(strings: Sequence[bytes]) -> None:
    with pytest.raises(AnnouncementRefusedError):
        announcement_in(strings)
