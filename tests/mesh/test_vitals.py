"""How a machine is, read from trees as kernels show them."""

from pathlib import Path

import pytest

from firmware.tree import Tree
from mesh.vitals import HELD_BACK_SECONDS, Power, VitalsReader, battery, cooled, memory, temperature

Files = dict[str, str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path


def written(root: Path, files: Files) -> Tree:
    """A machine with these files; their paths are below `/sys`, unless they begin with `/`."""
    for path, text in files.items():
        file = root / (path.lstrip("/") if path.startswith("/") else f"sys/{path}")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")
    return Tree(root)


OF_THE_WHOLE = "MemTotal: 8000 kB\nMemFree: 100 kB\nMemAvailable: 3000 kB"
OF_A_PART = (
    "\nNode {0} MemTotal: 4000 kB\nNode {0} MemFree: 100 kB\nNode {0} Active(file): 700 kB\n"
    "Node {0} Inactive(file): 500 kB\nNode {0} FilePages: 1500 kB\nNode {0} Shmem: 300 kB\nNode {0} SReclaimable: 50 kB"
)
PART = "devices/system/node/node{0}/meminfo"


@pytest.mark.parametrize(
    ("files", "told_kib"),
    [
        ({"/proc/meminfo": OF_THE_WHOLE, PART.format(0): OF_A_PART.format(0)}, (8000, 3000)),
        ({PART.format(0): OF_A_PART.format(0)}, (4000, 1350)),
        ({PART.format(0): OF_A_PART.format(0), PART.format(1): OF_A_PART.format(1)}, (8000, 2700)),
        ({PART.format(0): OF_A_PART.format(0), "devices/system/node/possible": "0"}, (4000, 1350)),
    ],
    ids=["kernel's own estimate", "sandbox", "two processors", "other files"],
)
def test_memory_to_be_had_counts_what_only_keeps_files_at_hand(
    tree: Path, files: Files, told_kib: tuple[int, int]
) -> None:
    assert memory(written(tree, files)) == (told_kib[0] * 1024, told_kib[1] * 1024)


def test_this_very_machine_tells_the_same_from_a_sandbox_as_from_outside(tree: Path) -> None:
    """Within a tenth of the memory: the kernel's own estimate leaves a reserve out."""
    outside = memory(Tree(Path("/")))
    (tree / "sys/devices/system").mkdir(parents=True)
    (tree / "sys/devices/system/node").symlink_to("/sys/devices/system/node")

    inside = memory(Tree(tree))

    assert inside[0] == pytest.approx(outside[0], rel=0.02)
    assert inside[1] == pytest.approx(outside[1], abs=outside[0] / 10)


def test_a_machine_that_tells_nothing_is_asked_by_a_call(tree: Path) -> None:
    total, free = memory(Tree(tree))

    assert 0 < free <= total


def supply(name: str, **told: str) -> Files:
    return {f"class/power_supply/{name}/{one}": text for one, text in told.items()}


BATTERY = {"type": "Battery", "scope": "System"}


@pytest.mark.parametrize(
    ("files", "power"),
    [
        ({}, Power()),
        (supply("AC", type="Mains", online="1"), Power()),
        (
            supply("BAT0", **BATTERY, status="Discharging", capacity="41"),
            Power(on_battery=True, share=0.41, is_charging=False),
        ),
        (
            supply("BAT0", type="Battery", status="Charging", capacity="41"),
            Power(on_battery=False, share=0.41, is_charging=True),
        ),
        (
            supply("BAT0", type="Battery", status="Full", capacity="100"),
            Power(on_battery=False, share=1.0, is_charging=False),
        ),
        (
            supply("BAT0", type="Battery", status="Not charging", capacity="104"),
            Power(on_battery=False, share=1.0, is_charging=False),
        ),
        (
            supply("BAT0", **BATTERY, status="Unknown", capacity="80")
            | supply("BAT1", **BATTERY, status="Discharging", capacity="20"),
            Power(on_battery=True, share=0.5, is_charging=False),
        ),
        (
            supply("hidpp_battery_0", type="Battery", scope="Device", status="Discharging", capacity="10"),
            Power(),
        ),
        (supply("BAT0", type="Battery", status="Discharging"), Power(on_battery=True, share=None, is_charging=False)),
    ],
    ids=["none", "mains", "emptied", "charging", "full", "kept", "two", "of a mouse", "no gauge"],
)
def test_what_feeds_a_machine(tree: Path, files: Files, power: Power) -> None:
    assert battery(written(tree, files)) == power


def zone(number: int, millidegrees: str) -> Files:
    return {f"class/thermal/thermal_zone{number}/temp": millidegrees}


@pytest.mark.parametrize(
    ("files", "celsius"),
    [
        ({}, None),
        (zone(0, "27800") | zone(1, "71500"), 71.5),
        (zone(0, "-274000") | zone(1, "300000") | zone(2, "45000"), 45.0),
        (zone(0, "0"), None),
        (zone(0, "no number"), None),
        ({"class/thermal/cooling_device0/temp": "99000"}, None),
    ],
    ids=["none", "the hottest", "broken sensors", "silent", "rubbish", "not a zone"],
)
def test_the_hottest_zone_that_can_be_true_counts(tree: Path, files: Files, celsius: float | None) -> None:
    assert temperature(written(tree, files)) == celsius


def cooling(kind: str, state: str) -> Files:
    return {"class/thermal/cooling_device0/type": kind, "class/thermal/cooling_device0/cur_state": state}


@pytest.mark.parametrize(
    ("files", "is_held_back"),
    [
        ({}, False),
        (cooling("Processor", "0"), False),
        (cooling("Processor", "3"), True),
        (cooling("intel_powerclamp", "-1"), False),
        (cooling("intel_powerclamp", "20"), True),
        (cooling("cpufreq-cpu0", "2"), True),
        (cooling("Fan", "1"), False),
        (cooling("TCC Offset", "5"), False),
        (cooling("iwlwifi_1", "4"), False),
    ],
)
def test_only_what_makes_a_processor_slower_is_throttling(tree: Path, files: Files, is_held_back: bool) -> None:
    """A fan that turns, a network card, and where the limit is set, hold nothing back."""
    assert cooled(written(tree, files)) is is_held_back


def test_what_processors_count_is_throttling_for_a_while_after_it_grew(tree: Path) -> None:
    now = [0.0]
    reader = VitalsReader(tree, monotonic=lambda: now[0], root=tree)
    counter = "devices/system/cpu/cpu1/thermal_throttle/package_throttle_count"
    told = []
    for second, count in enumerate(("700", "700", "702", "702")):
        now[0] = float(second)
        written(tree, {counter: count, "devices/system/cpu/cpufreq/boost": "1"})
        told.append(reader.read().is_throttled)
    now[0] = 2.0 + HELD_BACK_SECONDS

    assert told == [False, False, True, True], "what was counted before the first look is long past"
    assert not reader.read().is_throttled


def test_a_laptop_tells_all_of_it_at_once(tree: Path) -> None:
    laptop = {
        **supply("BAT0", **BATTERY, status="Discharging", capacity="25"),
        **zone(0, "88000"),
        **cooling("Processor", "1"),
        PART.format(0): OF_A_PART.format(0),
    }
    written(tree, laptop)

    vitals = VitalsReader(tree, monotonic=lambda: 0.0, root=tree).read()

    assert (vitals.on_battery, vitals.battery_share, vitals.is_charging) == (True, 0.25, False)
    assert (vitals.temperature_celsius, vitals.is_throttled) == (88.0, True)
    assert vitals.memory_free_bytes == 1350 * 1024
    assert vitals.disk_free_bytes > 0
