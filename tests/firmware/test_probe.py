"""The probe tells what each PC is, from the files that its kernel shows."""

from pathlib import Path

import pytest

from firmware.errors import RecordDamagedError
from firmware.hardware import Hardware
from firmware.probe import probe
from firmware.tree import numbers_of
from tests.firmware import pcs
from tests.firmware.conftest import SeenPc


def test_an_old_laptop_without_avx_is_seen_with_its_battery_and_disks(seen_pc: SeenPc) -> None:
    seen = seen_pc("old laptop")

    assert (seen.processor.level, seen.processor.physical_cores, seen.processor.threads) == (2, 2, 4)
    assert seen.processor.model == "Intel(R) Core(TM) i5 CPU M 520 @ 2.40GHz"
    assert "avx" not in seen.processor.features
    assert seen.battery is not None
    assert (seen.battery.percent, seen.battery.charging, seen.battery.on_mains) == (71, False, False)
    assert (seen.machine.boot_mode, seen.machine.secure_boot, seen.machine.portable) == ("bios", None, True)
    stick, disk = seen.disks
    assert (stick.transport, stick.removable, stick.running_from) == ("usb", True, True)
    assert (disk.transport, disk.rotational, disk.running_from) == ("sata", True, False)
    assert disk.model == "HITACHI HTS72503"


def test_a_core_2_has_the_first_level_and_the_makers_placeholder_is_no_name(seen_pc: SeenPc) -> None:
    seen = seen_pc("core 2 desktop")

    assert seen.processor.level == 1
    assert (seen.machine.vendor, seen.machine.model) == (None, "P5B")


def test_a_mini_pc_is_seen_with_its_nvme_disk_and_card(seen_pc: SeenPc) -> None:
    seen = seen_pc("mini PC")

    assert (seen.processor.level, seen.processor.physical_cores, seen.machine.model) == (3, 4, None)
    assert {disk.name: disk.transport for disk in seen.disks} == {"mmcblk0": "sd", "nvme0n1": "nvme", "sda": "usb"}
    assert seen.machine.secure_boot is False


def test_a_gaming_pc_shows_its_card_and_the_processors_own_graphics(seen_pc: SeenPc) -> None:
    seen = seen_pc("gaming PC")

    card, own = seen.gpus
    assert (card.vendor, card.driver, card.integrated, card.memory_bytes) == ("NVIDIA", "nouveau", False, None)
    assert (own.vendor, own.integrated, own.shared_memory_bytes) == ("AMD", True, 16 * pcs.GIB)
    assert seen.machine.secure_boot is True
    assert seen.processor.level == 4


def test_an_ai_pc_shows_shared_memory_and_npu_and_its_stick_is_found_below_verity(seen_pc: SeenPc) -> None:
    seen = seen_pc("AI Max PC")

    (gpu,), (npu,), (stick,) = seen.gpus, seen.npus, seen.disks
    assert gpu.integrated
    assert gpu.memory_bytes == pcs.GIB // 2
    assert (npu.name, npu.driver) == ("AMD XDNA 2 NPU", "amdxdna")
    assert stick.running_from


def test_a_server_with_two_processors_counts_cores_not_threads(seen_pc: SeenPc) -> None:
    seen = seen_pc("server")

    assert (seen.processor.packages, seen.processor.numa_nodes) == (2, 2)
    assert (seen.processor.physical_cores, seen.processor.threads) == (40, 80)


def test_a_virtual_machine_is_recognised(seen_pc: SeenPc) -> None:
    seen = seen_pc("QEMU VM")

    assert seen.machine.hypervisor == "QEMU"
    assert seen.processor.physical_cores == 4
    assert [(disk.transport, disk.running_from) for disk in seen.disks] == [("virtio", True)]


def test_a_hybrid_laptop_tells_fast_cores_from_slow_ones(seen_pc: SeenPc) -> None:
    seen = seen_pc("hybrid laptop")

    assert (seen.processor.performance_cores, seen.processor.efficiency_cores) == (6, 10)
    assert seen.processor.physical_cores == 16
    assert [npu.name for npu in seen.npus] == ["Intel NPU (Meteor Lake)"]


def test_a_container_may_use_less_than_the_pc_has(tmp_path: Path) -> None:
    pcs.write(pcs.GAMING_PC, tmp_path)
    group = tmp_path / "sys/fs/cgroup/user.slice/box.scope"
    group.mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/user.slice/box.scope\n")
    (tmp_path / "proc/self/status").write_text("Cpus_allowed_list:\t0-3,8\n")
    (group / "cpu.max").write_text("max 100000\n")
    (group.parent / "cpu.max").write_text("250000 100000\n")
    (group / "memory.max").write_text(f"{2 * pcs.GIB}\n")

    seen = probe(tmp_path)

    assert seen.processor.quota_cores == 2.5
    assert (seen.processor.physical_cores, seen.processor.threads) == (3, 5)
    assert seen.memory.usable_bytes == 2 * pcs.GIB


def test_the_older_kind_of_control_group_limits_as_well(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("4:memory:/box\n3:cpu,cpuacct:/box\n")
    for controller, name, text in (
        ("cpu", "cpu.cfs_quota_us", "150000"),
        ("cpu", "cpu.cfs_period_us", "100000"),
        ("memory", "memory.limit_in_bytes", "1000000000"),
    ):
        folder = tmp_path / f"sys/fs/cgroup/{controller}/box"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes").write_text("9223372036854771712")

    seen = probe(tmp_path)

    assert (seen.processor.quota_cores, seen.memory.limit_bytes) == (1.5, 1_000_000_000)


def test_a_machine_that_tells_nothing_has_one_core_and_no_crash(tmp_path: Path) -> None:
    seen = probe(tmp_path)

    assert (seen.processor.physical_cores, seen.processor.threads, seen.processor.level) == (1, 1, None)
    assert seen.memory.usable_bytes is None
    assert (seen.gpus, seen.npus, seen.disks, seen.battery) == ((), (), (), None)


@pytest.mark.parametrize("name", pcs.ALL)
def test_what_was_seen_survives_as_json(name: str, seen_pc: SeenPc) -> None:
    seen = seen_pc(name)

    assert Hardware.from_json(seen.to_json()) == seen


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"processor": 3}', "null"])
def test_a_damaged_record_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(RecordDamagedError, match="Restart the box"):
        Hardware.from_json(text)


def test_this_very_machine_is_seen_with_sane_values() -> None:
    seen = probe()

    assert 1 <= seen.processor.physical_cores <= seen.processor.threads
    assert seen.memory.usable_bytes is not None
    assert 100_000_000 < seen.memory.usable_bytes < 1 << 50
    assert Hardware.from_json(seen.to_json()) == seen


def test_a_kernel_list_of_cpus_is_read() -> None:
    assert numbers_of("0-2,8,10-11\n") == {0, 1, 2, 8, 10, 11}
    assert numbers_of("") == numbers_of(None) == numbers_of("x-y,-3") == frozenset()
