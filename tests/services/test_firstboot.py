"""First boot makes what a device must have, once, and finishes the work after a power cut at any moment."""

import dataclasses
import ipaddress
import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from firmware.hardware import Hardware
from firmware.profile import Profile
from services import run_firstboot
from services.firstboot import DeviceRecordDamagedError, prepare
from services.run_firstboot import wait_for_graphics
from services.settings import Places
from tests.firmware import pcs

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CUT = 77


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state", runtime=tmp_path / "run")


@pytest.fixture(scope="session")
def mini_pc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pcs.write(pcs.MINI_PC, tmp_path_factory.mktemp("mini-pc"))


def contents(places: Places) -> dict[str, bytes]:
    return {str(file.relative_to(places.state)): file.read_bytes() for file in places.state.rglob("*.*")}


def certificate_in(places: Places) -> x509.Certificate:
    return x509.load_pem_x509_certificate((places.secrets / "tls.crt").read_bytes())


def assert_whole(places: Places) -> None:
    """Everything is there and belongs together, and nothing half-written is left."""
    assert sorted(contents(places)) == [
        *("device/device.json", "device/hardware.json", "device/profile.json"),
        *("secrets/engine.key", "secrets/local.key", "secrets/tls.crt", "secrets/tls.key"),
    ]
    assert json.loads((places.device / "device.json").read_text())["name"].startswith("hearth-")
    Hardware.from_json((places.device / "hardware.json").read_text())
    Profile.from_json((places.device / "profile.json").read_text())
    for name in ("engine.key", "local.key"):
        assert len(bytes.fromhex((places.secrets / name).read_text())) == 32
    key = load_pem_private_key((places.secrets / "tls.key").read_bytes(), password=None)
    assert certificate_in(places).public_key() == key.public_key()


def test_a_new_device_gets_everything_it_needs(places: Places, mini_pc: Path) -> None:
    outcome = prepare(places, root=mini_pc, now=NOON)

    assert_whole(places)
    assert outcome.unsupported is None
    assert (places.secrets / "engine.key").read_bytes() != (places.secrets / "local.key").read_bytes()


def test_secrets_are_for_their_owner_alone_and_the_device_is_no_secret(places: Places, mini_pc: Path) -> None:
    prepare(places, root=mini_pc)

    modes = {
        path.relative_to(places.state).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in places.state.rglob("*")
    }
    assert modes.pop("device") == 0o755
    assert modes.pop("secrets") == 0o700
    assert all(mode == (0o600 if name.startswith("secrets/") else 0o644) for name, mode in modes.items())


def test_a_second_start_changes_nothing(places: Places, mini_pc: Path) -> None:
    prepare(places, root=mini_pc, now=NOON)
    before = contents(places)

    prepare(places, root=mini_pc, now=NOON + timedelta(days=300))

    assert contents(places) == before


def test_two_devices_share_neither_name_nor_secret(tmp_path: Path, mini_pc: Path) -> None:
    one, two = (Places(state=tmp_path / name, runtime=tmp_path / "run") for name in ("one", "two"))

    first, second = prepare(one, root=mini_pc).device, prepare(two, root=mini_pc).device

    assert first.device_id != second.device_id
    assert first.name != second.name
    kept_secret = [name for name in contents(one) if name.startswith(("secrets/", "device/device"))]
    assert all(contents(one)[name] != contents(two)[name] for name in kept_secret)


def test_the_certificate_serves_the_name_and_the_loopback_for_less_than_825_days(places: Places, mini_pc: Path) -> None:
    name = prepare(places, root=mini_pc, now=NOON).device.name

    certificate = certificate_in(places)
    served = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert served.get_values_for_type(x509.DNSName) == [f"{name}.local", name, "localhost"]
    addresses = served.get_values_for_type(x509.IPAddress)
    assert {ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")} <= set(addresses)
    assert timedelta(days=700) < certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=825)


def test_a_certificate_near_its_end_is_renewed_with_the_same_key(places: Places, mini_pc: Path) -> None:
    prepare(places, root=mini_pc, now=NOON)
    before = certificate_in(places)

    prepare(places, root=mini_pc, now=NOON + timedelta(days=700))

    after = certificate_in(places)
    assert after.not_valid_after_utc > before.not_valid_after_utc
    assert after.serial_number != before.serial_number
    assert after.public_key() == before.public_key()


def test_a_certificate_of_a_clock_that_ran_ahead_is_made_again(places: Places, mini_pc: Path) -> None:
    prepare(places, root=mini_pc, now=NOON + timedelta(days=400))

    prepare(places, root=mini_pc, now=NOON)

    assert certificate_in(places).not_valid_before_utc <= NOON


def test_damaged_secrets_are_made_again(places: Places, mini_pc: Path) -> None:
    prepare(places, root=mini_pc)
    for file in places.secrets.iterdir():
        file.write_text("broken")

    prepare(places, root=mini_pc)

    assert_whole(places)


def test_a_damaged_identity_is_not_replaced_behind_the_owners_back(places: Places, mini_pc: Path) -> None:
    prepare(places, root=mini_pc)
    (places.device / "device.json").write_text("{}")

    with pytest.raises(DeviceRecordDamagedError, match="Restore it from a backup"):
        prepare(places, root=mini_pc)


def test_a_stick_in_another_pc_keeps_its_identity_and_gets_that_pcs_profile(
    places: Places, mini_pc: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    device = prepare(places, root=mini_pc).device
    gaming_pc = pcs.write(pcs.GAMING_PC, tmp_path / "gaming-pc")

    assert prepare(places, root=gaming_pc).device == device

    assert Profile.from_json((places.device / "profile.json").read_text()).threads == 7
    assert "not as it was at the last start; changed: processor, memory" in caplog.text


def test_a_pc_that_is_too_old_is_marked_for_the_console_and_gets_no_secrets(
    places: Places, mini_pc: Path, tmp_path: Path
) -> None:
    old = pcs.write(pcs.CORE_2_DESKTOP, tmp_path / "old")

    outcome = prepare(places, root=old)

    assert "too old for Hearth" in (places.runtime / "unsupported").read_text()
    assert outcome.device.name.startswith("hearth-")
    assert not places.secrets.exists()
    prepare(places, root=mini_pc)
    assert not (places.runtime / "unsupported").exists()
    assert_whole(places)


def test_a_power_cut_between_any_two_steps_is_mended_by_the_next_start(tmp_path: Path, mini_pc: Path) -> None:
    steps = 0
    while True:
        places = Places(state=tmp_path / str(steps) / "state", runtime=tmp_path / str(steps) / "run")
        status = run_and_cut(partial(prepare, places, root=mini_pc, now=NOON), places.state, after=steps)
        finished = {name: content for name, content in contents(places).items() if not name.endswith(".new")}

        prepare(places, root=mini_pc, now=NOON)

        assert_whole(places)
        assert {name: contents(places)[name] for name in finished} == finished
        if status == 0:
            break
        assert status == CUT
        steps += 1
    assert steps > 25


def run_and_cut(work: Callable[[], object], folder: Path, *, after: int) -> int:
    """Run `work` in a child that ends for good at its step number `after` on the disk below `folder`."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    logging.disable()
    left = after

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in {"open", "os.mkdir", "os.rename", "os.chmod", "os.remove"} and str(folder) in str(arguments[:2]):
            if left == 0:
                os._exit(CUT)
            left -= 1

    sys.addaudithook(count)
    work()
    os._exit(0)


def test_the_program_prepares_the_device_that_its_settings_name(tmp_path: Path) -> None:
    config = tmp_path / "hearth.toml"
    config.write_text(f'[places]\nstate = "{tmp_path}/state"\nruntime = "{tmp_path}/run"\n')

    assert run_firstboot.main(["--config", str(config)]) == 0

    assert_whole(Places(state=tmp_path / "state", runtime=tmp_path / "run"))


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "hearth.toml"
    config.write_text(f'[places]\nstate = "{config}/state"\nruntime = "{tmp_path}/run"\n')

    assert run_firstboot.main(["--config", str(config)]) == 1

    assert "Check that" in capsys.readouterr().err


@pytest.mark.parametrize("program", ["services.run_firstboot", "services.run_console"])
def test_what_must_run_on_a_pc_that_is_too_old_loads_nothing_that_would_crash_there(program: str) -> None:
    script = f"import sys, {program}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert not {"chromadb", "cryptography", "fastapi", "nicegui", "numpy", "onnxruntime", "tantivy"} & set(loaded)


CARD = pcs.Pci(address="0000:03:00.0", ids=(0x1002, 0x747E))
NODE = "sys/bus/pci/devices/0000:03:00.0/drm/renderD128"


def test_a_graphics_card_whose_driver_is_still_to_come_is_waited_for(tmp_path: Path) -> None:
    root = pcs.write(dataclasses.replace(pcs.GAMING_PC, pci=[CARD]), tmp_path)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            (root / NODE).mkdir(parents=True)

    assert wait_for_graphics(root, pause=pause) == ()
    assert len(pauses) == 3


def test_a_graphics_card_without_a_driver_holds_the_start_up_for_ten_seconds_and_no_longer(tmp_path: Path) -> None:
    root = pcs.write(dataclasses.replace(pcs.GAMING_PC, pci=[CARD]), tmp_path)
    pauses: list[float] = []

    assert wait_for_graphics(root, pause=pauses.append) == (CARD.address,)
    assert sum(pauses) == 10


@pytest.mark.parametrize("pc", [pcs.SERVER, pcs.MINI_PC, pcs.QEMU_VM, pcs.OLD_LAPTOP])
def test_a_pc_with_no_graphics_to_compute_on_waits_for_none(pc: pcs.Pc, tmp_path: Path) -> None:
    pauses: list[float] = []

    assert wait_for_graphics(pcs.write(pc, tmp_path), pause=pauses.append) == ()
    assert pauses == []
