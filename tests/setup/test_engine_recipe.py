"""Which processors the engine is compiled for."""

import pytest

from image.build.engine_recipe import CPU_VARIANTS, with_chosen_variants
from image.build.errors import RecipeError

_ADDED = "".join(f"        ggml_add_cpu_backend_variant({name}   SSE42 AVX)\n" for name in CPU_VARIANTS)


def test_only_the_chosen_variants_are_compiled() -> None:
    """The calls that add others are gone, and everything else stays as it was."""
    before, after = "function(ggml_add_cpu_backend_variant tag_name)\nendfunction()\nif (X86)\n", "endif()\n"
    cmake = before + "    ggml_add_cpu_backend_variant(x64)\n" + _ADDED + after

    assert with_chosen_variants(cmake) == before + _ADDED + after


def test_a_variant_that_llama_cpp_dropped_is_an_error() -> None:
    """A build without it would be slow on some PCs, and nobody would know why."""
    with pytest.raises(RecipeError, match="icelake"):
        with_chosen_variants(_ADDED.replace("icelake", "lakeice"))
