"""Owns what the console shows, gathered from files and the assistant's health; nothing here asks the network."""

import hashlib
import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from firmware.network import Network, read_network
from services.settings import Settings

HEALTH_SECONDS = 2.0
FINGERPRINT_BYTES = 8  # what a person can compare with what the browser shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a box that nobody owns may join the Hearth that is there, or how far that is."""

    home: str
    """What the other box is called."""
    link: str = ""
    """What its owner scans."""
    words: tuple[str, ...] = ()
    """What both boxes show before its owner lets this one in."""
    problem: str = ""
    is_member: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenState:
    """Everything that is on the screen; two equal ones look the same."""

    name: str | None = None
    """The host name without `.local`; None before first boot has run."""
    network: Network = field(default_factory=Network)
    https_port: int = 443
    setup_code: str | None = None
    claimed: bool | None = None
    """None while the assistant does not answer."""
    engine: str | None = None
    """`ready`, `starting` or `down`; None while the assistant does not answer."""
    fingerprint: str | None = None
    """The beginning of the certificate's SHA-256, as browsers write it."""
    offer: Offer | None = None
    """None once the box is claimed, and where no other Hearth is there."""
    unsupported: str | None = None
    """Why this PC can't run Hearth."""


def gather(settings: Settings, certificate: Path | None, root: Path = Path("/")) -> ScreenState:
    """The state of this moment. What is not there yet is None."""
    places = settings.places
    claimed, engine = health(places.assistant_socket)
    return ScreenState(
        name=_entry(places.device / "device.json", "name"),
        network=read_network(root),
        https_port=settings.listen.https_port,
        setup_code=None if claimed else _entry(places.setup_code, "code"),
        claimed=claimed,
        engine=engine,
        fingerprint=fingerprint(certificate) if certificate else None,
        offer=None if claimed else _offer(places.new_box),
        unsupported=_text(places.runtime / "unsupported"),
    )


def fingerprint(certificate: Path) -> str | None:
    """The first bytes of the SHA-256 of a PEM certificate, such as `9F:86:D0:81:88:4C:7D:65`."""
    pem = _text(certificate)
    if pem is None:
        return None
    try:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
    except ValueError:
        return None
    return digest[:FINGERPRINT_BYTES].hex(":").upper()


def health(assistant_socket: Path) -> tuple[bool | None, str | None]:
    """Whether the box is claimed and how its engine fares; None and None while the assistant does not answer."""
    connection = _UnixConnection(assistant_socket)
    try:
        connection.request("GET", "/api/health")
        content = json.loads(connection.getresponse().read(65536))
        return bool(content["claimed"]), str(content["engine"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None, None
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=HEALTH_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(HEALTH_SECONDS)
        self.sock.connect(str(self._path))


def _offer(file: Path) -> Offer | None:
    try:
        told = json.loads(file.read_bytes())
        # What another box is called is its own choice, and a terminal obeys what stands in it.
        return Offer(
            home=_printable(told["home"]),
            link=_printable(told.get("link", "")),
            words=tuple(map(_printable, told.get("words", ()))),
            problem=_printable(told.get("problem", "")),
            is_member=told.get("is_member") is True,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())


def _entry(file: Path, name: str) -> str | None:
    try:
        value = json.loads(file.read_bytes())[name]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return value if isinstance(value, str) else None


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
