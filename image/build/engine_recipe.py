"""How llama.cpp is built: the flags, the programs, and the processors that it is compiled for."""

import re

from image.build.errors import RecipeError

PROGRAMS = ("llama-server", "ggml-rpc-server", "llama-bench", "llama-quantize")

CMAKE_FLAGS = (
    "-GNinja",
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=ON",
    # The libraries lie beside the programs, wherever that is.
    "-DCMAKE_INSTALL_RPATH=$ORIGIN",
    "-DCMAKE_BUILD_WITH_INSTALL_RPATH=ON",
    # One build for all PCs: a library for each kind of x86-64 processor that ggml knows, and the best that fits is
    # loaded when the engine starts.
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

_LAYER_SETTINGS = re.compile(
    r"^ +VkBool32 enable_best_practice = .*?^ +vk::LayerSettingsCreateInfoEXT layer_setting_info\(settings\);\n",
    re.MULTILINE | re.DOTALL,
)
_LAYER_SETTINGS_USED = re.compile(r", &layer_setting_info(?=\))")


def without_layer_settings(module: str) -> str:
    """Return ggml's `ggml-vulkan.cpp` without what it tells Vulkan's validation layer, which nobody has on a device.

    Debian 12's headers do not know that yet. Raises RecipeError where the lines are no longer there.
    """
    changed, settings = _LAYER_SETTINGS.subn("", module)
    changed, uses = _LAYER_SETTINGS_USED.subn("", changed)
    if (settings, uses) != (1, 1):
        raise RecipeError("llama.cpp tells Vulkan's validation layer about its wishes in another way than before.")
    return changed
