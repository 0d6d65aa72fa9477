"""Installing and telling the boot loaders that a version works come one after the other, and neither is left out."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware.updates.errors import UpdateRefusedError
from services import run_update
from services.system.boot_partition import BootPartition
from services.system.turn import alone
from tests.services.test_system_versions import NEW, OLD, esp, names


def test_a_version_that_works_is_said_to_though_an_installation_was_being_refused_at_that_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = esp(tmp_path / "esp", f"hearth_{OLD}.efi", f"hearth_{NEW}+2-1.efi")

    @contextmanager
    def boot_partition() -> Iterator[tuple[BootPartition, None]]:
        yield BootPartition(root, NEW), None

    monkeypatch.setattr(run_update, "WORK", tmp_path)
    monkeypatch.setattr(run_update, "_boot_partition", boot_partition)
    blessing = threading.Thread(target=lambda: run_update.main(["--bless"]))
    with alone(tmp_path):
        blessing.start()
        blessing.join(0.5)
        assert names(root) == {f"hearth_{OLD}.efi", f"hearth_{NEW}+2-1.efi"}
    blessing.join(10)

    assert names(root) == {f"hearth_{OLD}.efi", f"hearth_{NEW}.efi"}


def test_an_installation_waits_for_what_is_short_and_refuses_what_is_long(tmp_path: Path) -> None:
    is_taken, may_end = threading.Event(), threading.Event()

    def short() -> None:
        with alone(tmp_path):
            is_taken.set()
            may_end.wait(10)

    other = threading.Thread(target=short)
    other.start()
    is_taken.wait(10)
    with pytest.raises(UpdateRefusedError, match="being installed already"), alone(tmp_path, 0.3):
        pass
    threading.Timer(0.3, may_end.set).start()
    with alone(tmp_path, 10):
        assert may_end.is_set()
    other.join(10)
