"""Which processors the engine is compiled for."""

import pytest

from image.build.engine_recipe import (
    CMAKE_FLAGS,
    CPU_VARIANTS,
    GRAPHICS_FLAGS,
    with_chosen_variants,
    without_layer_settings,
)
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


def test_the_module_for_graphics_cards_is_built_with_the_flags_of_the_libraries_that_load_it() -> None:
    """But for what it does not hold: the processor's part, and the part that speaks to other machines."""
    left_out = set(CMAKE_FLAGS) - set(GRAPHICS_FLAGS)

    assert left_out == {"-DGGML_CPU_ALL_VARIANTS=ON", "-DGGML_RPC=ON"}
    assert set(GRAPHICS_FLAGS) - set(CMAKE_FLAGS) == {"-DGGML_CPU=OFF", "-DGGML_RPC=OFF", "-DGGML_VULKAN=ON"}


def test_what_is_told_to_the_validation_layer_is_taken_out() -> None:
    """Debian 12's headers do not know it."""
    cmake = (
        "    before();\n    VkBool32 enable_best_practice = layer_settings;\n    settings = {\n    };\n"
        "    vk::LayerSettingsCreateInfoEXT layer_setting_info(settings);\n"
        "    vk::InstanceCreateInfo info(layers, extensions, &layer_setting_info);\n"
    )

    kept = without_layer_settings(cmake)

    assert kept == "    before();\n    vk::InstanceCreateInfo info(layers, extensions);\n"
    with pytest.raises(RecipeError, match="validation layer"):
        without_layer_settings(kept)
