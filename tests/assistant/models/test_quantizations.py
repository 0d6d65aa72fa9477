"""Which file is meant where a program names a repository and a quantization, as Ollama's do."""

import pytest

from assistant.models.quantizations import file_for, is_quantization

FILES = [
    "README.md",
    "Qwen3-8B-Q8_0.gguf",
    "Qwen3-8B-Q4_K_M.gguf",
    "Qwen3-8B-Q4_K_S.gguf",
    "Qwen3-8B-BF16-00001-of-00002.gguf",
    "mmproj-Qwen3-8B-F16.gguf",
    "imatrix.gguf",
]


@pytest.mark.parametrize(
    ("wish", "file"),
    [
        ("Q4_K_M", "Qwen3-8B-Q4_K_M.gguf"),
        ("q8_0", "Qwen3-8B-Q8_0.gguf"),
        ("", "Qwen3-8B-Q4_K_M.gguf"),
        ("latest", "Qwen3-8B-Q4_K_M.gguf"),
        ("Q4_K", None),
        ("BF16", None),
        ("F16", None),
    ],
)
def test_a_quantization_names_one_whole_model(wish: str, file: str | None) -> None:
    assert file_for(wish, FILES) == file


def test_where_none_is_named_and_none_is_usual_the_first_is_taken() -> None:
    assert file_for("", ["b/model-iq2.gguf", "model-iq3.gguf"]) == "model-iq3.gguf"
    assert file_for("", ["README.md"]) is None


def test_a_files_name_is_no_quantization() -> None:
    assert is_quantization("Q4_K_M")
    assert not is_quantization("model-Q4_K_M.GGUF")
