"""Where backups are asked for and fetched: each is named by a ticket that its person fetches once, within minutes."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from assistant.backup.disk_file import ENDING
from assistant.backup.errors import BackupNotFoundError
from assistant.backup.making import Backups, Moment, sealed
from assistant.backup.sealed import fit_passphrase
from assistant.clock import Clock
from assistant.hops import Hop
from assistant.identifiers import PersonId

log = logging.getLogger(__name__)

WAITS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A backup that is ready to be fetched."""

    id: str
    name: str
    """A file name for it."""
    size_bytes: int
    """As many as it will have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    ticket: Ticket
    person_id: PersonId | None
    passphrase: str
    moment: Moment
    until: datetime


class BackupDesk:
    """Hands out backups."""

    def __init__(self, *, backups: Backups, clock: Clock, device_name: str) -> None:
        self._backups = backups
        self._clock = clock
        self._device_name = device_name
        self._waiting: dict[str, _Waiting] = {}
        self._hop = Hop("backup")

    async def prepare(self, person_id: PersonId | None, passphrase: str) -> Ticket:
        """Take a moment of the node. Raises `WeakPassphraseError` or `DiskFullError`."""
        fit = fit_passphrase(passphrase)
        await self._clear_late()
        moment = await self._backups.moment(secrets.token_hex(8))
        now = self._clock.now()
        ticket = Ticket(
            id=secrets.token_urlsafe(18),
            name=f"{self._device_name}-{now:%Y-%m-%d-%H%M}{ENDING}",
            size_bytes=moment.size_bytes,
        )
        self._waiting[ticket.id] = _Waiting(
            ticket=ticket, person_id=person_id, passphrase=fit, moment=moment, until=now + WAITS
        )
        return ticket

    def take(self, ticket_id: str, person_id: PersonId | None) -> "Fetching":
        """The backup of this ticket, this once. Raises `BackupNotFoundError`, also for another person's."""
        waiting = self._waiting.get(ticket_id)
        if waiting is None or waiting.person_id != person_id or self._clock.now() > waiting.until:
            raise BackupNotFoundError
        del self._waiting[ticket_id]
        return Fetching(waiting.ticket, waiting.moment, waiting.passphrase, self._hop)

    async def run(self) -> None:
        """Clear away what nobody fetches, until cancelled."""
        await self._hop(self._backups.sweep)
        while True:
            await asyncio.sleep(60)
            await self._clear_late()

    def close(self) -> None:
        """Let the thread end."""
        self._hop.close()

    async def _clear_late(self) -> None:
        now = self._clock.now()
        for late in [one for one in self._waiting.values() if now > one.until]:
            del self._waiting[late.ticket.id]
            await self._hop(late.moment.clear)


class Fetching:
    """One backup on its way out."""

    def __init__(self, ticket: Ticket, moment: Moment, passphrase: str, hop: Hop) -> None:
        self.ticket = ticket
        self._moment = moment
        self._passphrase = passphrase
        self._hop = hop

    def sealed_pieces(self) -> Generator[bytes, None, None]:
        """Its bytes, for a thread of the caller's; `drop` when they were taken, or not."""
        return sealed(self._moment, self._passphrase)

    async def drop(self) -> None:
        """Leave nothing of the moment."""
        await self._hop(self._moment.clear)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes; whatever ends the fetching, nothing of the moment is left."""
        pieces = self.sealed_pieces()
        try:
            while (piece := await self._hop(next, pieces, b"")) != b"":
                yield piece
        finally:
            pieces.close()
            await self.drop()
