"""Owns speaking to Avahi over D-Bus; what is said and when is mesh.discovery's.

Source: the interface files org.freedesktop.Avahi.*.xml of Avahi 0.8.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from dbus_fast import AuthError, BusType, DBusError, InvalidAddressError, Message, MessageType
from dbus_fast.aio import MessageBus

from mesh.avahi_events import AVAHI, SERVER_RUNNING, Collided, Event, Unanswered, Vanished, event_of
from mesh.errors import AvahiMissingError, AvahiRefusedError, BusMissingError
from mesh.peers import Sighting

DBUS = "org.freedesktop.DBus"
ALL_INTERFACES = ANY_PROTOCOL = -1
CALL_SECONDS = 10.0


class Avahi:
    """One conversation with one run of Avahi; after `Vanished` it is over."""

    def __init__(self, bus: MessageBus, service_type: str) -> None:
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self._bus = bus
        self._service_type = service_type
        self._owner = ""
        self._group = ""
        self._resolvers: dict[Sighting, str] = {}

    async def is_running(self) -> bool:
        """Whether Avahi serves its host name now."""
        (state,) = await self._call("/", "Server", "GetState")
        return bool(state == SERVER_RUNNING)

    async def interface_index(self, name: str) -> int:
        """The number that Avahi calls a network interface by."""
        (index,) = await self._call("/", "Server", "GetNetworkInterfaceIndexByName", "s", [name])
        return int(index)

    async def alternative_name(self, service: str) -> str:
        """The name to try after `service` collided: `box`, `box #2`, `box #3` …"""
        (name,) = await self._call("/", "Server", "GetAlternativeServiceName", "s", [service])
        return str(name)

    async def browse(self, interface: int) -> None:
        """Report the services of our type on an interface as `Appeared` and `Gone`."""
        arguments = [interface, ANY_PROTOCOL, self._service_type, "", 0]
        await self._call("/", "Server", "ServiceBrowserNew", "iissu", arguments)

    async def resolve(self, sighting: Sighting) -> None:
        """Report where a service is, and every change of that, as `Resolved`."""
        arguments = [sighting.interface, sighting.protocol, sighting.service, self._service_type, "local"]
        arguments += [ANY_PROTOCOL, 0]
        (path,) = await self._call("/", "Server", "ServiceResolverNew", "iisssiu", arguments)
        self._resolvers[sighting] = str(path)

    async def forget(self, sighting: Sighting) -> None:
        """Stop reporting about a service."""
        if path := self._resolvers.pop(sighting, None):
            await self._call(path, "ServiceResolver", "Free")

    async def announce(self, service: str, port: int, txt: Sequence[bytes], interfaces: Sequence[int]) -> None:
        """Announce one service in place of what was announced before; the outcome comes as an event."""
        if not self._group:
            (path,) = await self._call("/", "Server", "EntryGroupNew")
            self._group = str(path)
        await self.withdraw()
        try:
            for interface in interfaces:
                arguments = [interface, ANY_PROTOCOL, 0, service, self._service_type, "", "", port, list(txt)]
                await self._call(self._group, "EntryGroup", "AddService", "iiussssqaay", arguments)
            await self._call(self._group, "EntryGroup", "Commit")
        except AvahiRefusedError as refusal:
            # A name that this host itself holds is refused at once, with no event.
            if "CollisionError" not in str(refusal):
                raise
            self.events.put_nowait(Collided())

    async def withdraw(self) -> None:
        """Take back what was announced."""
        if self._group:
            await self._call(self._group, "EntryGroup", "Reset")

    async def begin(self) -> None:
        """Listen to Avahi's signals, and learn by which name the bus knows this run of it."""
        self._bus.add_message_handler(self._heard)
        for rule in (
            f"type='signal',sender='{AVAHI}'",
            f"type='signal',sender='{DBUS}',member='NameOwnerChanged',arg0='{AVAHI}'",
        ):
            await self._call("/org/freedesktop/DBus", DBUS, "AddMatch", "s", [rule], destination=DBUS)
        await self.is_running()  # starts it, where the bus can
        (owner,) = await self._call("/org/freedesktop/DBus", DBUS, "GetNameOwner", "s", [AVAHI], destination=DBUS)
        self._owner = str(owner)

    async def _call(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: Sequence[object] = (),
        *,
        destination: str = AVAHI,
    ) -> list[Any]:
        message = Message(
            destination=destination,
            path=path,
            interface=interface if destination == DBUS else f"{AVAHI}.{interface}",
            member=member,
            signature=signature,
            body=list(body),
        )
        try:
            async with asyncio.timeout(CALL_SECONDS):
                reply = await self._bus.call(message)
        except (OSError, EOFError, DBusError, TimeoutError) as problem:
            raise AvahiMissingError from problem
        if reply is None:
            raise AvahiMissingError
        if reply.message_type is MessageType.ERROR:
            name = reply.error_name or ""
            raise AvahiRefusedError(f"{member}: {name}") if name.startswith(AVAHI) else AvahiMissingError
        return list(reply.body)

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.sender == DBUS:
            if message.body[0] == AVAHI and message.body[1] == self._owner:
                self.events.put_nowait(Vanished())
        elif self._owner in ("", message.sender):
            event = event_of(message, self._service_type) or self._failure_in(message)
            if event is not None:
                self.events.put_nowait(event)

    def _failure_in(self, message: Message) -> Event | None:
        """A resolver that failed is known by its path alone."""
        if message.member != "Failure" or message.body != [f"{AVAHI}.TimeoutError"]:
            return None
        paths = {path: sighting for sighting, path in self._resolvers.items()}
        sighting = paths.get(message.path or "")
        return None if sighting is None else Unanswered(sighting=sighting)


@contextlib.asynccontextmanager
async def conversation(bus_address: str, service_type: str) -> AsyncIterator[Avahi]:
    """A conversation with Avahi on the bus at `bus_address` (empty: the system bus).

    Raises BusMissingError and AvahiMissingError.
    """
    try:
        bus = MessageBus(bus_address=bus_address or None, bus_type=BusType.SYSTEM, auth_timeout=CALL_SECONDS)
        await bus.connect()
    except (OSError, EOFError, AuthError, InvalidAddressError) as problem:
        raise BusMissingError from problem
    avahi = Avahi(bus, service_type)
    ended = asyncio.ensure_future(bus.wait_for_disconnect())  # type: ignore[no-untyped-call] # dbus-fast left it out
    ended.add_done_callback(lambda future: _report_end(future, avahi.events))
    try:
        await avahi.begin()
        yield avahi
    finally:
        ended.cancel()
        bus.disconnect()


def _report_end(ended: "asyncio.Future[None]", events: "asyncio.Queue[Event]") -> None:
    if not ended.cancelled():
        ended.exception()  # why the bus went does not matter: the next try tells
        events.put_nowait(Vanished())
