"""A daemon for the supervisor's tests: says that it is ready, feeds its watchdog, ends when told."""

import asyncio
import os
import sys
from pathlib import Path

from services import notify
from services.serving import until_stopped


async def work(folder: Path) -> None:
    handed = sorted(path.name for path in Path(os.environ["CREDENTIALS_DIRECTORY"]).iterdir())
    with (folder / "starts").open("a") as starts:
        starts.write(" ".join(handed) + "\n")
    async with until_stopped() as stop:
        notify.ready("working")
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1])))
