"""What a QR code of a join says, and what is no such code."""

import pytest

from mesh.join.link import MOST_ADDRESSES, JoinLink, link_in

AUTHORITY, TOKEN = "f" * 64, "0" * 26


def said(addresses: str = "192.168.1.20", port: str = "7377") -> str:
    return f"hearth-join|{addresses}|{port}|{AUTHORITY}|{TOKEN}"


@pytest.mark.parametrize("addresses", [("192.168.1.20",), ("192.168.1.20", "169.254.7.9", "fd00::1")])
def test_a_code_is_read_as_it_was_written(addresses: tuple[str, ...]) -> None:
    link = JoinLink(addresses=addresses, port=7377, authority=AUTHORITY, token=TOKEN)

    assert link_in(f" {link.text()}\n") == link


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7KQ2-M4XD",
        said(addresses="nowhere"),
        said(addresses="192.168.1.20,"),
        said(addresses=",".join(["10.0.0.1"] * (MOST_ADDRESSES + 1))),
        said(port="0"),
        said(port="70000"),
        said() + "0",
    ],
)
def test_anything_else_is_no_code(text: str) -> None:
    assert link_in(text) is None
