"""Promises that the declarative files of the image have to keep together."""

import re
from pathlib import Path

import pytest

from image.build import packages
from image.workshop import IMAGE

MADE = IMAGE / "mkosi.repart"
FOUND = IMAGE / "mkosi.extra/usr/lib/repart.d"
TEXTS = [path for path in IMAGE.rglob("*") if path.is_file() and path.suffix in {".conf", ".preset", ".service", ""}]


def setting(file: Path, name: str) -> str | None:
    """The value of a setting that occurs once in a systemd-style file."""
    found = re.search(rf"^{name}=(.*)$", file.read_text(), re.MULTILINE)
    return found[1] if found else None


def listed(file: Path, name: str) -> list[str]:
    """The values of a list, one a line, without its comments."""
    found = re.search(rf"^{name}=\n((?:[ \t]+.*\n)+)", file.read_text(), re.MULTILINE)
    lines = found[1].splitlines() if found else []
    return [line.strip() for line in lines if not line.strip().startswith("#")]


@pytest.mark.parametrize("name", ["00-esp.conf", "10-root-a.conf", "11-root-a-verity.conf"])
def test_the_device_finds_partitions_as_large_as_they_were_made(name: str) -> None:
    for limit in ("SizeMinBytes", "SizeMaxBytes"):
        assert setting(FOUND / name, limit) == setting(MADE / name, limit)


@pytest.mark.parametrize("part", ["", "-verity"])
def test_the_second_slot_has_the_room_of_the_first(part: str) -> None:
    first, second = FOUND / f"1{1 if part else 0}-root-a{part}.conf", FOUND / f"2{1 if part else 0}-root-b{part}.conf"

    assert setting(second, "SizeMinBytes") == setting(first, "SizeMinBytes")
    assert setting(second, "SizeMaxBytes") == setting(first, "SizeMaxBytes")


def test_the_second_slot_waits_empty_for_an_update() -> None:
    assert {setting(path, "Label") for path in FOUND.glob("2*-root-b*.conf")} == {"_empty"}


def test_a_partition_is_labelled_as_an_update_will_look_for_it() -> None:
    assert setting(MADE / "10-root-a.conf", "Label") == "%M_%A"
    assert setting(MADE / "11-root-a-verity.conf", "Label") == "%M_%A_verity"


def test_a_factory_reset_takes_the_data_and_nothing_else() -> None:
    assert [path.name for path in FOUND.glob("*.conf") if setting(path, "FactoryReset")] == ["40-data.conf"]


def test_the_data_partition_is_opened_by_the_name_that_it_was_given() -> None:
    label = setting(FOUND / "40-data.conf", "Label")

    assert f"PARTLABEL={label} " in (IMAGE / "mkosi.extra/etc/crypttab").read_text()
    assert f"/dev/mapper/{label} /var " in (IMAGE / "mkosi.extra/etc/fstab").read_text()


@pytest.mark.parametrize("file", ["mkosi.conf", "tools/mkosi.conf", "mkosi.images/initrd/mkosi.conf"])
def test_packages_are_sorted_and_named_once(file: str) -> None:
    packages = listed(IMAGE / file, "Packages")

    assert packages
    assert packages == sorted(set(packages))


@pytest.mark.parametrize("program", ["data-partition", "machine-id"])
def test_the_initrd_looks_for_the_data_partition_by_its_label(program: str) -> None:
    label = setting(FOUND / "40-data.conf", "Label")
    text = (IMAGE / "mkosi.images/initrd/mkosi.extra/usr/lib/hearth" / program).read_text()

    assert f"partition=/dev/disk/by-partlabel/{label}\n" in text


def test_the_initrd_starts_its_programs_in_the_order_that_they_need() -> None:
    units = IMAGE / "mkosi.images/initrd/mkosi.extra/usr/lib/systemd/system"

    assert setting(units / "systemd-repart.service.d/10-after-root.conf", "After") == "sysroot.mount"
    assert setting(units / "hearth-data-partition.service", "After") == "systemd-repart.service"
    assert setting(units / "hearth-machine-id.service", "After") == "hearth-data-partition.service"


def test_nothing_starts_that_nobody_named() -> None:
    presets = sorted((IMAGE / "mkosi.extra/usr/lib/systemd/system-preset").glob("*.preset"))

    assert presets[-1].read_text().splitlines()[-1] == "disable *"


def test_no_server_for_remote_logins_and_no_password_is_on_the_image() -> None:
    text = (IMAGE / "mkosi.conf").read_text()

    assert not {"openssh-server", "dropbear", "login", "telnetd"} & set(listed(IMAGE / "mkosi.conf", "Packages"))
    assert "RootPassword" not in text
    assert "Autologin" not in text


def test_no_mirror_and_no_server_outside_is_named() -> None:
    named = [path for path in TEXTS if re.search(r"https?://|pool\.ntp|deb\.debian", path.read_text())]

    assert named == []


def test_the_only_mdns_responder_is_avahi() -> None:
    etc = IMAGE / "mkosi.extra/usr/lib/systemd"

    assert setting(etc / "resolved.conf.d/10-hearth.conf", "MulticastDNS") == "no"
    assert setting(etc / "resolved.conf.d/10-hearth.conf", "LLMNR") == "no"
    assert setting(IMAGE / "mkosi.extra/etc/avahi/avahi-daemon.conf", "disallow-other-stacks") == "yes"


def test_a_library_that_reports_to_its_maker_is_told_not_to() -> None:
    manager = IMAGE / "mkosi.extra/usr/lib/systemd/system.conf.d/10-silence.conf"

    assert "ORT_DISABLE_TELEMETRY=1" in (setting(manager, "DefaultEnvironment") or "")


def test_avahi_never_has_any_rights() -> None:
    sandbox = IMAGE / "mkosi.extra/usr/lib/systemd/system/avahi-daemon.service.d/10-sandbox.conf"

    assert setting(sandbox, "User") == "avahi"
    assert setting(sandbox, "CapabilityBoundingSet") == ""


def test_the_image_has_no_graphics_that_the_processor_plays() -> None:
    """A software rasteriser would be taken for a card, and is slower than the engine on the processor."""
    text = (IMAGE / "mkosi.conf").read_text()

    assert "mesa-vulkan-drivers" in listed(IMAGE / "mkosi.conf", "Packages")
    assert "/usr/lib/x86_64-linux-gnu/libvulkan_lvp.so\n" in text
    assert "/usr/share/vulkan/icd.d/lvp_icd.json\n" in text


def test_what_compiles_the_module_for_graphics_cards_is_not_on_the_image() -> None:
    assert not set(packages.needed(["graphics"])) & set(listed(IMAGE / "mkosi.conf", "Packages"))
