"""How llama.cpp is built: the flags, the programs, and the processors that it is compiled for."""

import re

from image.build.errors import RecipeError

PROGRAMS = ("llama-server", "ggml-rpc-server", "llama-bench", "llama-quantize")

# Each is one library, and the best that fits is loaded when the engine starts. Between them they serve every PC
# from x86-64-v2 on; what the other variants of llama.cpp would add is little, and each costs minutes of compiling.
CPU_VARIANTS = (
    "sse42",  # x86-64-v2, 2008: the floor
    "sandybridge",  # AVX
    "haswell",  # AVX2 and FMA: most PCs, and every AMD Ryzen before Zen 4
    "alderlake",  # AVX-VNNI: Intel's desktops since 2021, which lack AVX-512
    "skylakex",  # AVX-512
    "icelake",  # AVX-512 with VNNI: also AMD from Zen 4 on
)

CMAKE_FLAGS = (
    "-GNinja",
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=ON",
    # The libraries lie beside the programs, wherever that is.
    "-DCMAKE_INSTALL_RPATH=$ORIGIN",
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    # One build for all PCs: the variant is chosen at run time.
    "-DGGML_NATIVE=OFF",
    "-DGGML_BACKEND_DL=ON",
    "-DGGML_CPU_ALL_VARIANTS=ON",
    "-DGGML_RPC=ON",
    # There is no git history to count, and the engine listens only on a Unix socket: no TLS, no page of its own.
    "-DLLAMA_BUILD_NUMBER=1",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
)

# The module for graphics cards is built alone, so that who has none does not wait for its shaders: the same source
# and the same flags, hence the same interface between it and the libraries that load it.
GRAPHICS_TARGET = "ggml-vulkan"
GRAPHICS_FLAGS = (
    *(flag for flag in CMAKE_FLAGS if not flag.startswith(("-DGGML_CPU", "-DGGML_RPC"))),
    "-DGGML_CPU=OFF",
    "-DGGML_RPC=OFF",
    "-DGGML_VULKAN=ON",
)

# For this very processor and nothing else: what a person would build at home, to measure ours beside it.
NATIVE_PROGRAMS = ("llama-bench",)
NATIVE_FLAGS = (
    *(flag for flag in CMAKE_FLAGS if not flag.startswith(("-DGGML_", "-DBUILD_SHARED"))),
    "-DBUILD_SHARED_LIBS=OFF",
    "-DGGML_NATIVE=ON",
)

_VARIANT = re.compile(r"^[ \t]*ggml_add_cpu_backend_variant\((\w+)[^)\n]*\)\n", re.MULTILINE)
_LAYER_SETTINGS = re.compile(
    r"^ +VkBool32 enable_best_practice = .*?^ +vk::LayerSettingsCreateInfoEXT layer_setting_info\(settings\);\n",
    re.MULTILINE | re.DOTALL,
)
_LAYER_SETTINGS_USED = re.compile(r", &layer_setting_info(?=\))")


def with_chosen_variants(cmake: str) -> str:
    """Return ggml's `src/CMakeLists.txt` without the calls that add CPU variants which we do not build.

    Raises RecipeError where a variant of ours is no longer there.
    """
    missing = set(CPU_VARIANTS) - {call[1] for call in _VARIANT.finditer(cmake)}
    if missing:
        raise RecipeError(f"llama.cpp no longer has the CPU variants {', '.join(sorted(missing))}.")
    return _VARIANT.sub(lambda call: call[0] if call[1] in CPU_VARIANTS else "", cmake)


def without_layer_settings(module: str) -> str:
    """Return ggml's `ggml-vulkan.cpp` without what it tells Vulkan's validation layer, which nobody has on a device.

    Debian 12's headers do not know that yet. Raises RecipeError where the lines are no longer there.
    """
    changed, settings = _LAYER_SETTINGS.subn("", module)
    changed, uses = _LAYER_SETTINGS_USED.subn("", changed)
    if (settings, uses) != (1, 1):
        raise RecipeError("llama.cpp tells Vulkan's validation layer about its wishes in another way than before.")
    return changed
