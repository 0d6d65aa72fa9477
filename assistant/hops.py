"""Named threads through which blocking work leaves the event loop."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Hop:
    """Work handed to one thread (or to a few) is done in the order in which it came."""

    def __init__(self, name: str, threads: int = 1) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=f"hearth-{name}")

    async def __call__(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do this on the thread and come back with its result; once begun it is finished, even for nobody."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, functools.partial(work, *args, **kwargs))

    def wait(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same from another thread than the event loop's, which waits until it is done."""
        return self._executor.submit(functools.partial(work, *args, **kwargs)).result()

    def close(self) -> None:
        """Wait for the work that has begun; what only waits is dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)
