"""Owns what is known of an engine of another make, and whether its address is one of the house; pure functions."""

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from mesh.errors import ForeignEngineError

HOME_NETWORKS: Final = tuple(
    ipaddress.ip_network(one)
    for one in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Loopback, private and link-local addresses: what is sent there does not leave the house."""
LONGEST_NAME: Final = 40
LONGEST_MODEL_NAME: Final = 200
_ID_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_ID_LENGTH: Final = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignEngine:
    """An engine that the owner added."""

    engine_id: str
    """As a node's id looks, and never one."""
    name: str
    url: str
    """Of its OpenAI-compatible API, such as `http://192.168.1.20:11434/v1`."""
    key: str = field(default="", repr=False)
    certificate: str = field(default="", repr=False)
    """Its own certificate (PEM), where the owner vouched for it; empty where authorities of the web do."""
    may_be_away: bool = False
    """Whether its address may be outside the house."""
    may_read_files: bool = False
    """Whether questions about files, with the passages that were found, may go there."""

    @property
    def host(self) -> str:
        """The name or address to connect to."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The TCP port."""
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def is_encrypted(self) -> bool:
        """Whether TLS is spoken with it."""
        return self.url.startswith("https:")


def new_engine_id() -> str:
    """An id that no node has: a node's follows from its key."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def url_of(address: str) -> str:
    """The API's address in its one spelling, from what a person types; raises ForeignEngineError."""
    text = address.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ForeignEngineError("unfit_address") from error
    host = parts.hostname or ""
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    is_spelled = bool(host) and text.isprintable() and not any(letter in text for letter in " \\")
    if parts.scheme not in {"http", "https"} or not is_plain or not is_spelled or port == 0:
        raise ForeignEngineError("unfit_address")
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}{f':{port}' if port else ''}{parts.path.rstrip('/') or '/v1'}"


def name_of(wanted: str, url: str) -> str:
    """The engine's name as people call it, its host where none is given; raises ForeignEngineError."""
    name = wanted.strip() or (urlsplit(url).hostname or "")[:LONGEST_NAME]
    if not name.isprintable() or len(name) > LONGEST_NAME:
        raise ForeignEngineError("unfit_name")
    return name


def is_of_the_house(address: str) -> bool:
    """Whether an IP address is one of a home network."""
    parsed: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return any(parsed in network for network in HOME_NETWORKS if network.version == parsed.version)


def may_be_called(engine: ForeignEngine, address: str) -> bool:
    """Whether words may be sent to this address for this engine."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if parsed.is_unspecified or parsed.is_multicast:
        return False
    return engine.may_be_away or is_of_the_house(address)


def shown_name(model_id: str) -> str:
    """A model's name for people: no `:latest`, and of a file's path only its name; empty where it is none."""
    name = model_id.strip().removesuffix(":latest")
    if name.lower().endswith(".gguf"):
        name = name.replace("\\", "/").rpartition("/")[2][: -len(".gguf")]
    return name if name.isprintable() and len(name) <= LONGEST_MODEL_NAME else ""


def name_digest(name: str) -> str:
    """What stands for a model that is known by its name alone, in place of its file's SHA-256."""
    return hashlib.sha256(f"a model by its name\0{name.casefold()}".encode()).hexdigest()
