"""Owns what a QR code of a join says, `hearth-join|ADDRESS,ADDRESS|PORT|FINGERPRINT|TOKEN`.

Where the home node may be, which authority to expect there, and the token that proves that the code was seen.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from mesh.join.secret import ALPHABET, TOKEN_LETTERS

MOST_ADDRESSES: Final = 4
_FORM = re.compile(r"hearth-join\|([0-9a-fA-F.:,]{2,184})\|([0-9]{1,5})\|([0-9a-f]{64})\|([0-9a-z]{26})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLink:
    """What a scanned code says."""

    addresses: tuple[str, ...]
    """Of each network that the home node is on, the most useful first; a new node tries them in turn."""
    port: int
    authority: str
    """SHA-256 of the mesh authority's public key."""
    token: str

    def text(self) -> str:
        """The code's text."""
        return f"hearth-join|{','.join(self.addresses)}|{self.port}|{self.authority}|{self.token}"


def link_in(text: str) -> JoinLink | None:
    """What a scanned or pasted text says; None where it is no code of a join."""
    found = _FORM.search(text.strip())
    if found is None:
        return None
    listed, port, authority, token = found.groups()
    addresses = tuple(listed.split(","))
    try:
        for address in addresses:
            ipaddress.ip_address(address)
    except ValueError:
        return None
    is_fit = (
        len(addresses) <= MOST_ADDRESSES
        and 0 < int(port) < 1 << 16
        and len(token) == TOKEN_LETTERS
        and all(letter in ALPHABET for letter in token)
    )
    return JoinLink(addresses=addresses, port=int(port), authority=authority, token=token) if is_fit else None
