"""Owns a D-Bus and an Avahi of our own, for a host where the system has none; otherwise the system's are used."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from firmware import tied
from firmware.endings import ended
from mesh.announcement import SERVICE_TYPE
from mesh.avahi import conversation
from mesh.errors import DiscoveryError

START_SECONDS = 10.0
STOP_SECONDS = 5.0

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow own="org.freedesktop.Avahi"/>
    <allow send_type="method_call"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""

AVAHI_CONFIG = """[server]
host-name={host_name}
{interfaces}
use-ipv4=yes
use-ipv6=yes
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
"""

LOOPBACK = ("lo",)
# Avahi's process file has a fixed place; a mount namespace gives every private Avahi a place of its own.
IN_NAMESPACES = 'mkdir -p /run/avahi-daemon && mount -t tmpfs tmpfs /run/avahi-daemon && exec "$@"'
# Two Avahis on one loopback quarrel over whose address 127.0.0.1 is: each gets a loopback of its own.
WITH_OWN_LOOPBACK = f"ip link set lo up && {IN_NAMESPACES}"


@contextlib.asynccontextmanager
async def running(
    runtime: Path, log_file: IO[bytes], *, host_name: str, interfaces: Sequence[str] = ()
) -> AsyncIterator[Mapping[str, str]]:
    """What to add to a daemon's environment so that it finds an Avahi, for as long as the block runs.

    Nothing where the system's own answers. Nothing either where none can be started, which takes root, dbus-daemon
    and avahi-daemon: hearth-mesh then says what is missing, and the node works without being found by name.
    """
    startable = os.geteuid() == 0 and shutil.which("dbus-daemon") and _avahi_daemon()
    if not startable or await answers(""):
        yield {}
        return
    async with started(runtime / "avahi", log_file, host_name=host_name, interfaces=interfaces) as address:
        yield {"DBUS_SYSTEM_BUS_ADDRESS": address}


@contextlib.asynccontextmanager
async def started(
    folder: Path, log_file: IO[bytes], *, host_name: str, interfaces: Sequence[str], within: Sequence[str] = ()
) -> AsyncIterator[str]:
    """The address of a bus with an Avahi of our own, files in `folder`; `within` is a command that Avahi is run by."""
    config = AvahiConfig(host_name=host_name, interfaces=tuple(interfaces), within=tuple(within))
    async with bus(folder, log_file) as address, avahi_on(address, folder, log_file, config):
        yield address


@dataclass(frozen=True, slots=True, kw_only=True)
class AvahiConfig:
    """What one Avahi is to be."""

    host_name: str
    interfaces: tuple[str, ...]
    """Those that it may use; empty for all."""
    within: tuple[str, ...] = ()
    """A command that runs it, such as one that enters a network namespace."""

    def text(self) -> str:
        """The content of its configuration file."""
        allowed = f"allow-interfaces={','.join(self.interfaces)}" if self.interfaces else ""
        return AVAHI_CONFIG.format(host_name=self.host_name, interfaces=allowed)


@contextlib.asynccontextmanager
async def bus(folder: Path, log_file: IO[bytes]) -> AsyncIterator[str]:
    """The address of a D-Bus that lives as long as the block."""
    socket = folder / "bus"
    _write(folder, "bus.conf", BUS_CONFIG.format(socket=socket))
    socket.unlink(missing_ok=True)
    async with _child(_bus_command(folder), {}, log_file):
        await _until_there(socket)
        yield f"unix:path={socket}"


@contextlib.asynccontextmanager
async def avahi_on(address: str, folder: Path, log_file: IO[bytes], config: AvahiConfig) -> AsyncIterator[None]:
    """An Avahi on the bus at `address` that lives as long as the block."""
    _write(folder, "avahi.conf", config.text())
    command = [*config.within, *_avahi_command(folder, config)]
    async with _child(command, {"DBUS_SYSTEM_BUS_ADDRESS": address}, log_file):
        await _until_answering(address)
        yield


async def answers(bus_address: str) -> bool:
    """Whether an Avahi answers on the bus at `bus_address`, or on the system bus where that is empty."""
    try:
        async with conversation(bus_address, SERVICE_TYPE) as avahi:
            return await avahi.is_running()
    except DiscoveryError:
        return False


def _write(folder: Path, name: str, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def _bus_command(folder: Path) -> list[str]:
    return ["dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork", "--nopidfile", "--nosyslog"]


def _avahi_command(folder: Path, config: AvahiConfig) -> list[str]:
    alone = config.interfaces == LOOPBACK
    return [
        *("unshare", "--mount", *(["--net"] if alone else []), "--"),
        *("sh", "-c", WITH_OWN_LOOPBACK if alone else IN_NAMESPACES, "sh"),
        *(_avahi_daemon(), f"--file={folder / 'avahi.conf'}"),
        *("--no-drop-root", "--no-chroot", "--no-rlimits", "--no-proc-title"),
    ]


def _avahi_daemon() -> str:
    """Debian keeps it where only root's PATH looks."""
    return shutil.which("avahi-daemon", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


@contextlib.asynccontextmanager
async def _child(command: Sequence[str], environment: Mapping[str, str], log_file: IO[bytes]) -> AsyncIterator[None]:
    """A program that lives as long as the block, and no longer than this process."""
    process = await asyncio.create_subprocess_exec(
        *tied.command(signal.SIGTERM, command),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=log_file,
        stderr=log_file,
        start_new_session=True,
    )
    try:
        yield
    finally:
        await ended(process, patience_seconds=STOP_SECONDS)


async def _until_there(path: Path) -> None:
    for _ in range(int(START_SECONDS / 0.05)):
        if await asyncio.to_thread(path.exists):
            return
        await asyncio.sleep(0.05)


async def _until_answering(bus_address: str) -> None:
    """Wait for Avahi to serve its name; one that does not come is hearth-mesh's to tell about."""
    for _ in range(int(START_SECONDS / 0.1)):
        if await answers(bus_address):
            return
        await asyncio.sleep(0.1)
