"""`hearth-mesh` as a process: it serves its status on its socket, and refuses to run with what is not its own."""

import asyncio
import json
import os
import sys
from pathlib import Path

import httpx
import pytest

from firmware.probe import probe
from firmware.profile import profile
from mesh.identity import open_identity
from services import private_avahi
from tests.mesh.conftest import AvahiFactory, until


def configured(folder: Path, bus: str) -> Path:
    """The settings of a device whose first boot has run."""
    (folder / "device").mkdir()
    (folder / "device/device.json").write_text(json.dumps({"device_id": "device-1", "name": "hearth-aaaa"}))
    (folder / "device/profile.json").write_text(profile(probe(folder)).to_json())
    (folder / "credentials").mkdir()
    (folder / "credentials/engine.key").write_text("key")
    config = folder / "hearth.toml"
    config.write_text(
        f'[places]\nstate = "{folder}"\nruntime = "{folder}/run"\n'
        f'[mesh]\nbus_address = "{bus}"\ninterfaces = ["lo"]\nport = 0\n[listen]\naddress = "127.0.0.1"\n'
    )
    return config


async def started(config: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.run_mesh", "--config", str(config)),
        env={**os.environ, "CREDENTIALS_DIRECTORY": str(config.parent / "credentials")},
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_daemon_announces_the_device_and_tells_so_on_its_socket(
    short_folder: Path, avahi: AvahiFactory
) -> None:
    async with avahi() as bus:
        daemon = await started(configured(short_folder, bus))
        socket = short_folder / "run/mesh/mesh.sock"
        await until(socket.exists)
        transport = httpx.AsyncHTTPTransport(uds=str(socket), retries=5)
        async with httpx.AsyncClient(transport=transport, base_url="http://mesh", timeout=20) as client:
            for _ in range(300):
                status = (await client.get("/status")).json()
                if status["announced_as"]:
                    break
                await asyncio.sleep(0.1)
        daemon.terminate()

        assert await daemon.wait() == 0

    identity = open_identity(short_folder / "mesh", "device-1")
    assert status == {
        "node_id": identity.node_id,
        "name": "hearth-aaaa",
        "fingerprint": identity.fingerprint,
        "announced_as": "hearth-aaaa",
        "problem": None,
        "peers": [],
    }


async def test_a_cloned_identity_ends_the_daemon_for_good_with_the_reason(short_folder: Path) -> None:
    config = configured(short_folder, "")
    open_identity(short_folder / "mesh", "another-device")

    daemon = await started(config)
    _, said = await daemon.communicate()

    assert daemon.returncode == os.EX_CONFIG
    assert b"was made for another box" in said


async def test_where_the_system_has_no_avahi_one_of_our_own_is_lent(
    root: None, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={short_folder}/nothing")

    with (short_folder / "log").open("ab") as log_file:
        async with private_avahi.running(
            short_folder, log_file, host_name="hearth-aaaa", interfaces=["lo"]
        ) as environment:
            address = environment["DBUS_SYSTEM_BUS_ADDRESS"]
            assert await private_avahi.answers(address)
            monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
            async with private_avahi.running(
                short_folder / "second", log_file, host_name="hearth-bbbb", interfaces=["lo"]
            ) as nothing_to_add:
                assert nothing_to_add == {}

    assert not await private_avahi.answers(address)
