"""A model's file is checked before anything native sees it; whatever is wrong with it is said in a sentence."""

import random
import struct
from pathlib import Path
from typing import Any

import pytest

from assistant.models.errors import UnfitModelError
from assistant.models.facts import facts_of
from assistant.models.gguf import read_head
from tests import gguf


def head_of(folder: Path, content: bytes) -> Any:
    file = folder / "model.gguf"
    file.write_bytes(content)
    return read_head(file)


def refusal(folder: Path, content: bytes) -> str:
    with pytest.raises(UnfitModelError) as refused:
        facts_of(head_of(folder, content))
    sentence = str(refused.value)
    assert sentence[0].isupper()
    assert sentence.endswith(".")
    return sentence


def test_the_product_s_own_model_is_read() -> None:
    facts = facts_of(read_head(gguf.real_model()))

    assert facts.parameters == pytest.approx(134.5e6, rel=0.01)
    assert facts.weight_bytes == pytest.approx(gguf.real_model().stat().st_size, rel=0.05)
    assert facts.layers == 30
    assert facts.kv_bytes_per_token == 30 * 3 * 64 * 2 * 2
    assert facts.vocabulary == 49152
    assert facts.trained_context == 8192


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    head = head_of(tmp_path, gguf.written({"llama.lists": [1, 2, 3], "llama.rate": 0.5}))

    assert head.metadata["general.name"] == "Tiny"
    assert head.metadata["llama.lists"] == (1, 2, 3)
    assert head.counts["tokenizer.ggml.tokens"] == 3
    assert [tensor.size_bytes for tensor in head.tensors] == [64 * 3 * 4, 64 * 64 // 32 * 18]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a GGUF file"),
        (b"MZ" + bytes(1000), "not a GGUF file"),
        (gguf.written(magic=b"GGML"), "not a GGUF file"),
        (gguf.written(version=1), "version 1"),
        (gguf.written(version=3 << 24), "version 50331648"),
        (gguf.written(tensor_count=2**63), "claims 9223372036854775808 tensors"),
        (gguf.written(tensor_count=0), "claims 0 tensors"),
        (gguf.written(key_count=2**40), "entries"),
        (gguf.written(key_count=4000), "damaged"),
        (gguf.written({"x": gguf.Raw(struct.pack("<IQ", gguf.STRING, 2**62))}), "a text claims"),
        (gguf.written({"x": gguf.Raw(struct.pack("<IIQ", gguf.ARRAY, 4, 2**61))}), "a list claims"),
        (gguf.written({"x": gguf.Raw(struct.pack("<IIQ", gguf.ARRAY, gguf.ARRAY, 1))}), "unknown type 9"),
        (gguf.written({"x": gguf.Raw(struct.pack("<IIQ", gguf.ARRAY, 4, 3_999_999))}), "its head does not end"),
        (gguf.written({"x": gguf.Raw(struct.pack("<I", 77))}), "unknown type 77"),
        (
            gguf.written({"x": gguf.Raw(struct.pack("<I", gguf.STRING) + gguf.text(b"\xff\xfe"))}),
            "a text in it is none",
        ),
        (gguf.written({"general.alignment": 3}), "alignment"),
        (gguf.written({"general.alignment": 0}), "alignment"),
        (gguf.written(tensors=[("a", (33, 1), gguf.Q4_0)]), "size cannot be true"),
        (gguf.written(tensors=[("a", (0, 1), gguf.F32)]), "size cannot be true"),
        (gguf.written(tensors=[("a", (32,), 36)]), "type (36)"),
        (gguf.written(tensors=[("a", (1, 1, 1, 1, 1), gguf.F32)]), "5 dimensions"),
        (gguf.written(tensors=[("a", (32,), 0), ("a", (32,), 0)]), "one name"),
        (gguf.written(offsets=[0, 32]), "overlap"),
        (gguf.written(offsets=[0, 33 * 1000]), "overlap"),
        (gguf.written(offsets=[0, 2**60]), "cut off"),
        (gguf.written()[:-1000], "cut off: "),
        (gguf.written()[:200], "its head does not end"),
        (gguf.written({"general.architecture": None}), "what kind of model"),
        (gguf.written({"general.architecture": "bert"}), "makes vectors"),
        (gguf.written({"general.architecture": "clip"}), "sees pictures"),
        (gguf.written({"split.count": 3}), "one part of a model"),
        (gguf.written({"llama.block_count": 0}), "how its layers are made"),
        (gguf.written({"llama.block_count": 4_000_000}), "how its layers are made"),
        (gguf.written({"llama.embedding_length": "many"}), "no number that can be true"),
        (gguf.written({"tokenizer.ggml.tokens": None}), "no words of its own"),
        (gguf.written({"tokenizer.ggml.token_type": [1, 1]}), "does not fit together"),
        (gguf.written({"tokenizer.ggml.eos_token_id": 77}), "a word that it does not have"),
    ],
)
def test_a_broken_or_hostile_file_is_refused_with_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in refusal(tmp_path, content)


def test_an_entry_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    other, name = gguf.entry("general.other", "x"), gguf.entry("general.name", "x")

    assert "there twice" in refusal(tmp_path, gguf.written({"general.other": "x"}).replace(other, name))


def test_whatever_bytes_come_the_reader_ends_with_a_head_or_a_sentence(tmp_path: Path) -> None:
    """Five hundred damaged files, each with a few bytes of its head changed, or cut somewhere."""
    chance, whole = random.Random(7), gguf.written()
    refused = 0
    for _ in range(500):
        content = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(600)] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        cut = bytes(content[: chance.randrange(len(content))]) if chance.random() < 0.3 else bytes(content)
        try:
            facts_of(head_of(tmp_path, cut))
        except UnfitModelError:
            refused += 1

    assert refused > 250


def test_experts_that_take_turns_count_for_speed_by_their_share(tmp_path: Path) -> None:
    metadata = {"llama.expert_count": 8, "llama.expert_used_count": 2}
    tensors = [
        ("token_embd.weight", (32, 2), 0),
        ("output.weight", (32, 2), 0),
        ("blk.0.ffn_up_exps.weight", (32, 8), 0),
    ]

    facts = facts_of(head_of(tmp_path, gguf.written(metadata, tensors)))

    assert facts.weight_bytes == (64 + 64 + 256) * 4
    assert facts.active_bytes == 64 * 4 + 256 * 4 // 4
