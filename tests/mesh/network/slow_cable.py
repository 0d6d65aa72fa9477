"""A cable that is slow and loses frames, for hosts whose kernel has no netem.

`python -m tests.mesh.network.slow_cable PID BRIDGE DELAY LOSS`, in the switch's network: makes a card `cable` for the
network of that process and a port of the bridge for its other end, and carries each frame after so many seconds, but
for that share of them. It says `ready` once both are there.
"""

import asyncio
import fcntl
import os
import random
import struct
import subprocess
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
FRAME_BYTES = 65536


def tap(name: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP_NO_PI))
    return descriptor


def run(*command: str) -> None:
    subprocess.run(["ip", *command], check=True)


async def carry(ends: tuple[int, int], delay_seconds: float, loss: float) -> None:
    """Both ways, until the process ends; frames keep their order, as on a cable."""
    loop, random_ = asyncio.get_running_loop(), random.Random(7)

    def carried(source: int, target: int) -> None:
        try:
            frame = os.read(source, FRAME_BYTES)
        except BlockingIOError:
            return
        if random_.random() >= loss:
            loop.call_later(delay_seconds, written, target, frame)

    def written(target: int, frame: bytes) -> None:
        try:
            os.write(target, frame)
        except OSError:
            return  # a card that is down, or full, loses it

    for source, target in (ends, ends[::-1]):
        loop.add_reader(source, carried, source, target)
    await asyncio.Event().wait()


def main(pid: str, bridge: str, delay_seconds: str, loss: str) -> None:
    ends = (tap("slow"), tap("cable"))
    run("link", "set", "slow", "master", bridge, "up")
    run("link", "set", "cable", "netns", pid)
    print("ready", flush=True)
    asyncio.run(carry(ends, float(delay_seconds), float(loss)))


if __name__ == "__main__":
    main(*sys.argv[1:])
