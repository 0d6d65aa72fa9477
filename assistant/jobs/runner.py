"""Does the jobs of one kind, one after another: claims each, keeps its lease alive, heeds the wish to end."""

import asyncio
import contextlib
import logging
from typing import Final, Protocol

from assistant.jobs.errors import StaleLeaseError, StepFailedError
from assistant.jobs.records import JobRecords
from assistant.jobs.rows import Kind, Lease
from assistant.jobs.state import LEASE_SECONDS
from assistant.learning import Calm

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
"""How often it looks for jobs whose pause is over."""
BEATS_A_LEASE: Final = 4


class Work(Protocol):
    """What the jobs are about."""

    async def step(self, lease: Lease) -> bool:
        """Do the next step; false where that was the end. Raises StepFailedError or StaleLeaseError."""
        ...


class Runner:
    """A worker of this box."""

    def __init__(self, records: JobRecords, *, kind: Kind, work: Work, worker: str, calm: Calm) -> None:
        """`calm` waits while somebody is answered who sits before the screen."""
        self._records = records
        self._kind = kind
        self._work = work
        self._worker = worker
        self._calm = calm
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """There may be something new to do."""
        self._awake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._awake.clear()
            lease = self._records.claim(self._kind, worker=self._worker)
            if lease is not None:
                await self._do(lease)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._awake.wait()

    async def _do(self, lease: Lease) -> None:
        beating = asyncio.create_task(self._beat(lease))
        try:
            await self._steps(lease)
        except StaleLeaseError:
            log.info("a job was taken away or deleted while it ran")
        except StepFailedError as error:
            log.info("a step of a job could not be done now")
            with contextlib.suppress(StaleLeaseError):
                self._records.fail(lease, str(error))
        except asyncio.CancelledError:
            with contextlib.suppress(StaleLeaseError):
                self._records.release(lease)
            raise
        finally:
            beating.cancel()

    async def _steps(self, lease: Lease) -> None:
        while not self._records.held(lease).state.end_is_wished:
            await self._calm()
            if not await self._work.step(lease):
                return
        self._records.stop(lease)

    async def _beat(self, lease: Lease) -> None:
        with contextlib.suppress(StaleLeaseError):
            while True:
                await asyncio.sleep(LEASE_SECONDS / BEATS_A_LEASE)
                self._records.beat(lease)
