"""Ends processes that this one started: a signal first, and force where that is not heeded."""

import asyncio
import contextlib
import signal


async def ended(
    process: asyncio.subprocess.Process, *, patience_seconds: float, asked_by: signal.Signals = signal.SIGTERM
) -> bool:
    """Return once the process has ended; whether it did so when it was asked to.

    It works in a task that was cancelled, too: there `asyncio.timeout` of Python 3.11 raises CancelledError in place
    of TimeoutError, and whoever waits for that one never uses force.
    """
    if process.returncode is not None:
        return True
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(asked_by)
    waiting = asyncio.ensure_future(process.wait())
    done, _ = await asyncio.wait({waiting}, timeout=patience_seconds)
    if not done:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await waiting
    return bool(done)
