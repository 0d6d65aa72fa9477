"""Owns what Avahi says, as types, and how they are read from its D-Bus signals.

Source: the interface files org.freedesktop.Avahi.*.xml and avahi-common/defs.h of Avahi 0.8.
"""

from dataclasses import dataclass

from dbus_fast import Message

from mesh.peers import Sighting

AVAHI = "org.freedesktop.Avahi"
LOCAL = 8  # AVAHI_LOOKUP_RESULT_LOCAL: the record was announced by this very host
SERVER_RUNNING = 2
ENTRY_GROUP_ESTABLISHED, ENTRY_GROUP_COLLISION, ENTRY_GROUP_FAILURE = 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerChanged:
    """Avahi began or ended serving its host name; announcements are made while it does."""

    running: bool


@dataclass(frozen=True, slots=True)
class Announced:
    """The announcement stands."""


@dataclass(frozen=True, slots=True)
class Collided:
    """Another host on the network holds the announcement's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncingFailed:
    """Avahi gave the announcement up."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeared:
    """A service of the browsed type is there."""

    sighting: Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A service of the browsed type is no longer there."""

    sighting: Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Where a service is and what it says of itself; comes again whenever that changes."""

    sighting: Sighting
    address: str
    port: int
    txt: tuple[bytes, ...]
    local: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A service is listed, but its host did not say in time where it is; asking again may help."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Vanished:
    """Avahi or the bus ended: nothing that was asked for holds any longer."""


Event = ServerChanged | Announced | Collided | AnnouncingFailed | Appeared | Gone | Resolved | Unanswered | Vanished


def event_of(message: Message, service_type: str) -> Event | None:
    """What a signal says about us or a service of our type; None where it says nothing that matters here."""
    interface = (message.interface or "").removeprefix(f"{AVAHI}.")
    match interface, message.member, message.body:
        case "Server", "StateChanged", [state, _]:
            return ServerChanged(running=state == SERVER_RUNNING)
        case "EntryGroup", "StateChanged", [state, reason]:
            return _group_event(state, reason)
        case "ServiceBrowser", "ItemNew", [number, protocol, service, kind, _, _] if kind == service_type:
            return Appeared(sighting=Sighting(number, protocol, service))
        case "ServiceBrowser", "ItemRemove", [number, protocol, service, kind, _, _] if kind == service_type:
            return Gone(sighting=Sighting(number, protocol, service))
        case "ServiceResolver", "Found", [number, protocol, service, _, _, _, _, address, port, txt, flags]:
            return Resolved(
                sighting=Sighting(number, protocol, service),
                address=address,
                port=port,
                txt=tuple(bytes(string) for string in txt),
                local=bool(flags & LOCAL),
            )
    return None


def _group_event(state: int, reason: str) -> Event | None:
    match state:
        case _ if state == ENTRY_GROUP_ESTABLISHED:
            return Announced()
        case _ if state == ENTRY_GROUP_COLLISION:
            return Collided()
        case _ if state == ENTRY_GROUP_FAILURE:
            return AnnouncingFailed(reason=reason)
    return None
