"""When KVM is trusted, and what is said where it isn't."""

from pathlib import Path

from image.accelerator import END_OF_TRIAL, Trial, choose, verdict


def test_a_kernel_that_came_to_its_end_makes_kvm_trusted() -> None:
    trial = Trial(console=f"Linux version 6.12\n{END_OF_TRIAL}: VFS", exit_status=0, complaint="")

    assert verdict(trial).name == "kvm"


def test_a_kernel_that_hangs_means_emulation() -> None:
    accelerator = verdict(Trial(console="", exit_status=None, complaint=""))

    assert accelerator.name == "tcg"
    assert "hung for 30 seconds" in accelerator.reason


def test_a_qemu_that_aborts_means_emulation_and_its_words_are_told() -> None:
    accelerator = verdict(Trial(console="", exit_status=-6, complaint="qemu: failed to set MSR 0x10a\nmore"))

    assert accelerator.name == "tcg"
    assert accelerator.reason == "KVM does not run a kernel here (qemu: failed to set MSR 0x10a)"


def test_a_kernel_that_restarts_before_its_end_means_emulation() -> None:
    assert verdict(Trial(console="Linux version 6.12", exit_status=0, complaint="")).name == "tcg"


def test_a_host_without_kvm_emulates(tmp_path: Path) -> None:
    accelerator = choose(None, device=tmp_path / "kvm", cache=tmp_path)

    assert accelerator.name == "tcg"
    assert "has no" in accelerator.reason


def test_the_verdict_is_remembered_for_this_host(tmp_path: Path) -> None:
    device = tmp_path / "kvm"
    device.touch()
    kernel = tmp_path / "not-a-kernel"
    kernel.write_text("nothing that starts")

    first = choose(kernel, device=device, cache=tmp_path / "cache")
    (remembered,) = (tmp_path / "cache").iterdir()
    remembered.write_text('{"name": "kvm", "reason": "remembered"}')

    assert first.name == "tcg"
    assert choose(kernel, device=device, cache=tmp_path / "cache").reason == "remembered"
