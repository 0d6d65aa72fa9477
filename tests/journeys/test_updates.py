"""A new version of the system comes to a real node: refused where it is wrong, kept, and installed where it can be."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from firmware.updates.file import checked, public_keys
from firmware.updates.system import Deed, SystemState, Told, serve
from firmware.updates.versions import Version
from tests import updates as files
from tests.journeys.test_a_node_survives import until
from tests.person import Person, refusal
from tests.product import Product, running

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

NEW = files.written("9.9.9", size_bytes=6_000_000)
NAME = f"{files.digest_of(NEW)}.update"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    keys = files.keys_in(folder / "keys")
    (folder / "updates.toml").write_text(f'[places]\nupdate_keys = "{keys}"\n')
    return folder / "updates.toml"


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hearth-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def command(box: Product, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "services.command", *words, "--data", str(box.data)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )


def kept(data: Path) -> list[str]:
    return sorted(path.name for path in (data / "updates").rglob("*") if path.is_file())


class Unit:
    """What systemd starts for each connection on the appliance, here over a system in memory."""

    def __init__(self, socket_path: Path) -> None:
        self.state = SystemState(running=Version("0.1.0"))
        self.restarts = 0
        socket_path.parent.mkdir(parents=True)
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(socket_path))
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # whoever waits in accept() holds a socket that is only closed
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with connection:
                    serve(connection, self._asked)

    def _asked(self, deed: Deed, file: BinaryIO | None, told: Told) -> SystemState:
        if file is not None:
            size = os.fstat(file.fileno()).st_size
            keys = public_keys([files.MAKER.public_key().public_bytes_raw()])
            known = checked(file, keys, lambda seen: told(seen, size))
            self.state = SystemState(running=self.state.running, waiting=known.contents.number)
        self.restarts += deed == "restart"
        return self.state


def test_a_node_on_another_system_takes_an_update_for_its_mesh_and_installs_none(config: Path, data: Path) -> None:
    with running(data, config=[config]) as box:
        owner = Person(box.url)
        assert refusal(owner.client.put("/api/updates", content=NEW))[0] == 401
        owner.claim(box.setup_code).raise_for_status()

        for content, code in (
            (b"x" * 90_000_000, "not_an_update"),
            (files.written("9.9.9", key=files.STRANGER, size_bytes=90_000_000), "untrusted"),
            (NEW[:-1], "damaged"),
            (files.written("0.0.1"), "unfit"),
        ):
            assert refusal(owner.client.put("/api/updates", content=content))[:2] == (422, code)
        assert kept(data) == []

        brought = owner.client.put("/api/updates", content=NEW)
        assert (brought.status_code, brought.json()["digest"]) == (201, files.digest_of(NEW))
        assert kept(data) == [NAME]
        assert refusal(owner.client.post("/api/updates/install"))[1] == "no_system"
        assert "9.9.9, 6 MB" in command(box, "update").stdout
        (data / "updates" / "incoming" / "half").write_bytes(NEW[:100])

    with running(data, config=[config]) as box:
        assert kept(data) == [NAME]
        again = command(box, "update", str(data / "updates" / NAME))
        assert (again.returncode, "kept for the boxes of the mesh" in again.stdout) == (0, True), again.stderr
        (data / "letter.update").write_bytes(b"x" * 20_000_000)
        wrong = command(box, "update", str(data / "letter.update"))
        assert (wrong.returncode, "This is not an update for Hearth." in wrong.stderr) == (1, True), wrong.stderr


def test_where_there_is_a_way_to_the_system_an_update_is_installed_and_the_box_restarted(
    config: Path, data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hearth_9.9.9.update"
    file.write_bytes(NEW)
    with contextlib.closing(Unit(data / "run" / "update.sock")) as unit, running(data, config=[config]) as box:
        owner = Person(box.url)
        owner.claim(box.setup_code).raise_for_status()
        assert refusal(owner.client.post("/api/updates/restart"))[1] == "nothing_waiting"

        sent = command(box, "update", str(file))
        table = command(box, "update").stdout
        restarted = command(box, "update", "--restart")

        assert "✓ Version 9.9.9 is installed. It is used from the next start." in sent.stdout, sent.stderr
        assert "Installed   9.9.9" in table
        assert (restarted.returncode, unit.restarts) == (0, 1)

        unit.close()
        owner.client.put("/api/updates", content=files.written("9.9.10")).raise_for_status()
        owner.client.post("/api/updates/install").raise_for_status()
        until("the installation ends", lambda: owner.client.get("/api/updates").json()["going"] is None)
        assert "does not answer" in owner.client.get("/api/updates").json()["problem"]
