"""Tells the service manager how a daemon fares (readiness, watchdog, status) and sends its log to the journal.

The protocol is systemd's `sd_notify`; `hearth run` speaks its other side, so a daemon is the same code in both places.
"""

import asyncio
import faulthandler
import logging
import os
from collections.abc import Awaitable, Callable

from systemd import daemon, journal

STANDARD_ERROR = 2


def ready(status: str) -> None:
    """Say that the daemon serves; `status` is a phrase that `systemctl status` shows."""
    daemon.notify(f"READY=1\nSTATUS={status}")


def stopping() -> None:
    """Say that the daemon has begun to stop."""
    daemon.notify("STOPPING=1")


def status(text: str) -> None:
    """Show `text` beside the daemon in `systemctl status`."""
    daemon.notify(f"STATUS={text}")


async def watchdog(check: Callable[[], Awaitable[bool]]) -> None:
    """Feed the watchdog at half its period for as long as `check` says that the daemon really works.

    Returns at once where no watchdog was asked for. A check that hangs is not fed either.
    """
    period_microseconds = os.environ.get("WATCHDOG_USEC")
    if not period_microseconds:
        return
    half_seconds = int(period_microseconds) / 2_000_000
    log = logging.getLogger(__name__)
    while True:
        try:
            async with asyncio.timeout(half_seconds):
                works = await check()
        except TimeoutError:
            works = False
        if works:
            daemon.notify("WATCHDOG=1")
        else:
            log.warning("The daemon's own check failed; the watchdog was not fed")
        await asyncio.sleep(half_seconds)


def configure_logging(name: str) -> None:
    """Log to the journal where systemd runs the daemon, else to standard error; `name` marks the lines.

    A daemon that its watchdog ends says where each of its threads stood.
    """
    faulthandler.enable(file=STANDARD_ERROR)
    if os.environ.get("JOURNAL_STREAM"):
        handler: logging.Handler = journal.JournalHandler(SYSLOG_IDENTIFIER=name)
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(f"{name}: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "chromadb", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
