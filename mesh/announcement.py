"""Owns what a node says of itself on the network: the TXT record, written for us, read with suspicion from others."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mesh.errors import AnnouncementRefusedError
from mesh.identity import NodeId, node_id_of

SERVICE_TYPE = "_hearth._tcp"
VERSION = "1"
LARGEST_RECORD_BYTES = 400  # ours takes about 150; RFC 6763, section 6.2, wants a record to fit one packet
LONGEST_NAME = 63

NODE_ID = re.compile(r"[a-z2-7]{26}", re.ASCII)
FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a node says of itself. Nothing of it is proven until the node has shown its key."""

    node_id: NodeId
    name: str
    """The host name, without `.local`."""
    fingerprint: str

    def txt(self) -> list[bytes]:
        """The TXT record. Source: RFC 6763, section 6: the version comes first."""
        values = {"v": VERSION, "id": self.node_id, "name": self.name, "fp": self.fingerprint}
        return [f"{key}={value}".encode() for key, value in values.items()]


def announcement_in(txt: Iterable[bytes]) -> Announcement:
    """What another node says of itself; raises AnnouncementRefusedError where it is not what a node would say."""
    strings = list(txt)
    if sum(len(string) + 1 for string in strings) > LARGEST_RECORD_BYTES:
        raise AnnouncementRefusedError("The record is too long.")
    values = _values(strings)
    if values.get("v") != VERSION:
        raise AnnouncementRefusedError("The record is of another version.")
    node_id, name, fingerprint = (values.get(key, "") for key in ("id", "name", "fp"))
    if not (NODE_ID.fullmatch(node_id) and NAME.fullmatch(name) and FINGERPRINT.fullmatch(fingerprint)):
        raise AnnouncementRefusedError("The record lacks an id, name or fingerprint of the right form.")
    if node_id_of(fingerprint) != node_id:
        raise AnnouncementRefusedError("The id does not follow from the fingerprint.")
    return Announcement(node_id=NodeId(node_id), name=name, fingerprint=fingerprint)


def _values(strings: Iterable[bytes]) -> dict[str, str]:
    """The pairs of a TXT record; of a key that comes twice the first counts. Source: RFC 6763, section 6.4."""
    values: dict[str, str] = {}
    for string in strings:
        key, separator, value = string.partition(b"=")
        if separator and key.isascii() and value.isascii():
            values.setdefault(key.decode("ascii").lower(), value.decode("ascii"))
    return values
