"""The profile gives every PC what suits it, and says why."""

from dataclasses import fields
from pathlib import Path

import pytest

from firmware.probe import probe
from firmware.profile import Profile, profile
from firmware.support import unsupported
from tests.firmware import pcs
from tests.firmware.conftest import SeenPc


@pytest.mark.parametrize(
    ("name", "threads", "batch_threads", "slots", "context_tokens", "gpu", "recommended"),
    [
        ("old laptop", 1, 1, 2, 4096, False, "Qwen3-1.7B"),
        ("mini PC", 3, 3, 8, 8192, False, "Qwen3-8B"),
        ("gaming PC", 7, 7, 8, 8192, True, "Qwen3-30B-A3B"),
        ("AI Max PC", 15, 15, 16, 8192, True, "gpt-oss-120b"),
        ("server", 19, 19, 16, 8192, False, "gpt-oss-120b"),
        ("QEMU VM", 3, 3, 2, 4096, False, "Qwen3-1.7B"),
        ("hybrid laptop", 6, 15, 16, 8192, False, "Qwen3-30B-A3B"),
    ],
)
def test_each_pc_is_given_what_suits_it(
    name: str,
    threads: int,
    batch_threads: int,
    slots: int,
    context_tokens: int,
    gpu: bool,
    recommended: str,
    seen_pc: SeenPc,
) -> None:
    chosen = profile(seen_pc(name))

    assert (chosen.threads, chosen.batch_threads) == (threads, batch_threads)
    assert (chosen.parallel_slots, chosen.context_tokens) == (slots, context_tokens)
    assert (chosen.gpu_layers > 0, "vulkan" in chosen.backends) == (gpu, gpu)
    assert chosen.recommended_model == recommended
    assert chosen.engine_context_tokens == slots * context_tokens


@pytest.mark.parametrize("name", pcs.ALL)
def test_every_choice_has_a_reason_that_is_a_sentence(name: str, seen_pc: SeenPc) -> None:
    chosen = profile(seen_pc(name))

    explained = {reason.choice for reason in chosen.reasons}
    assert explained == {field.name for field in fields(Profile)} - {"reasons", "backends"}
    assert all(reason.sentence[0].isupper() and reason.sentence.endswith(".") for reason in chosen.reasons)
    assert chosen.model == "SmolLM2-135M-Instruct"


@pytest.mark.parametrize("name", pcs.ALL)
def test_a_profile_survives_as_json(name: str, seen_pc: SeenPc) -> None:
    chosen = profile(seen_pc(name))

    assert Profile.from_json(chosen.to_json()) == chosen


def test_a_pc_that_tells_nothing_still_gets_a_profile(tmp_path: Path) -> None:
    chosen = profile(probe(tmp_path))

    assert (chosen.threads, chosen.parallel_slots, chosen.gpu_layers) == (1, 1, 0)


def test_a_container_gets_threads_for_its_share(tmp_path: Path) -> None:
    pcs.write(pcs.GAMING_PC, tmp_path)
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n")
    (tmp_path / "sys/fs/cgroup/cpu.max").write_text("300000 100000\n")

    assert profile(probe(tmp_path)).threads == 2


def test_a_card_without_a_driver_is_not_used_and_the_reason_says_so(tmp_path: Path) -> None:
    pc = pcs.Pc(
        cpu=("AuthenticAMD", "AMD Ryzen 5 3600"),
        flags=pcs.V3,
        memory_bytes=16 * pcs.GIB,
        cores=6,
        pci=[pcs.Pci(address="0000:01:00.0", ids=(0x10DE, 0x2704))],
    )

    chosen = profile(probe(pcs.write(pc, tmp_path)))

    assert chosen.gpu_layers == 0
    assert any("have no driver" in reason.sentence for reason in chosen.reasons)


@pytest.mark.parametrize("name", sorted(set(pcs.ALL) - {"core 2 desktop"}))
def test_a_pc_of_the_second_level_or_above_is_supported(name: str, seen_pc: SeenPc) -> None:
    assert unsupported(seen_pc(name)) is None


def test_a_core_2_is_told_in_a_sentence_that_it_is_too_old(seen_pc: SeenPc) -> None:
    sentence = unsupported(seen_pc("core 2 desktop"))

    assert sentence == (
        "This PC's processor (Intel(R) Core(TM)2 Duo CPU E6600 @ 2.40GHz) is too old for Hearth, which needs SSE4.2 "
        "as in PCs made since about 2009. Put the stick into a newer PC."
    )


def test_a_pc_with_too_little_memory_is_told_so(tmp_path: Path) -> None:
    pc = pcs.Pc(cpu=("GenuineIntel", "Intel(R) Atom(TM)"), flags=pcs.V2, memory_bytes=pcs.GIB)

    assert "needs at least 1.5 GB" in (unsupported(probe(pcs.write(pc, tmp_path))) or "")
