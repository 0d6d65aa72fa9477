"""Owns what a QR code of a join says, `hearth-join|ADDRESS|PORT|FINGERPRINT|TOKEN`.

Where the home node is, which authority to expect there, and the token that proves that the code was seen.
"""

import ipaddress
import re
from dataclasses import dataclass

from mesh.join.secret import ALPHABET, TOKEN_LETTERS

_FORM = re.compile(r"hearth-join\|([0-9a-fA-F.:]{2,45})\|([0-9]{1,5})\|([0-9a-f]{64})\|([0-9a-z]{26})\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLink:
    """What a scanned code says."""

    address: str
    port: int
    authority: str
    """SHA-256 of the mesh authority's public key."""
    token: str

    def text(self) -> str:
        """The code's text."""
        return f"hearth-join|{self.address}|{self.port}|{self.authority}|{self.token}"


def link_in(text: str) -> JoinLink | None:
    """What a scanned or pasted text says; None where it is no code of a join."""
    found = _FORM.search(text.strip())
    if found is None:
        return None
    address, port, authority, token = found.groups()
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return None
    is_fit = 0 < int(port) < 1 << 16 and len(token) == TOKEN_LETTERS and all(letter in ALPHABET for letter in token)
    return JoinLink(address=address, port=int(port), authority=authority, token=token) if is_fit else None
