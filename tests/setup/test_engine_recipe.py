"""Which processors the engine is compiled for."""

import pytest

from image.build import engine
from image.build.engine_recipe import CMAKE_FLAGS, GRAPHICS_FLAGS, without_layer_settings
from image.build.errors import RecipeError

PROCESSORS = {
    "x64",
    "sse42",  # 2008: the oldest that the image starts on
    "sandybridge",
    "ivybridge",
    "piledriver",  # AMD's FX: FMA without AVX2
    "haswell",  # most PCs, and every AMD Ryzen before Zen 4
    "alderlake",  # Intel's desktops since 2021, which lack AVX-512
    "skylakex",
    "cannonlake",
    "cascadelake",
    "icelake",
    "cooperlake",
    "zen4",
    "sapphirerapids",  # with AMX
}


def test_the_engine_has_a_library_for_every_kind_of_processor() -> None:
    """Without its own, a PC is slow, and nobody would know why."""
    built = engine.ensure().glob("libggml-cpu-*.so")

    assert {library.name.removeprefix("libggml-cpu-").removesuffix(".so") for library in built} == PROCESSORS


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
