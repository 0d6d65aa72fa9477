import asyncio
import signal
import sys

from firmware.endings import ended

OBEDIENT = "import signal, time; signal.signal(signal.SIGUSR1, lambda *_: exit(3)); print(flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


async def started(code: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    await process.stdout.readline()
    return process


async def test_who_heeds_the_signal_is_not_forced() -> None:
    process = await started(OBEDIENT)

    assert await ended(process, patience_seconds=30, asked_by=signal.SIGUSR1)
    assert process.returncode == 3
    assert await ended(process, patience_seconds=30)


async def test_who_does_not_heed_it_is_forced() -> None:
    process = await started(DEAF)

    assert not await ended(process, patience_seconds=0.2)
    assert process.returncode == -signal.SIGKILL


async def test_force_is_used_by_a_task_that_was_cancelled_too() -> None:
    process = await started(DEAF)

    async def supervised() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await ended(process, patience_seconds=0.2)

    task = asyncio.create_task(supervised())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert process.returncode == -signal.SIGKILL
