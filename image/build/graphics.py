"""The engine's module for graphics cards: ggml's Vulkan backend, built apart from the engine, with a key of its own.

What it needs to be built is in packages/graphics.txt, and no part of the image.
"""

import shutil
import tempfile
from pathlib import Path

from image.build import engine, engine_recipe
from image.build.checkout import LOGS, cache
from image.build.command import output_of, run
from image.build.content_key import content_key
from image.build.kept import made_once

MODULE = "libggml-vulkan.so"
_LOG = LOGS / "graphics.log"


def folder() -> Path:
    """Return where this checkout's module lies, or will lie; the compiler of shaders counts, as the other one does."""
    recipe = repr((engine_recipe.GRAPHICS_FLAGS, engine_recipe.GRAPHICS_TARGET))
    return cache() / "graphics" / content_key(engine.source_pin(), recipe, *engine.toolchain(), _shader_compiler())


def is_built() -> bool:
    """Return whether the module is there."""
    return folder().is_dir()


def ensure() -> Path:
    """Return the folder of the module, which is built first if it is not there; that takes minutes."""
    made_once(folder(), _build)
    return folder()


def _shader_compiler() -> str:
    return output_of(["glslc", "--version"]) if shutil.which("glslc") else "none"


def _build(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hearth-graphics-", dir=into.parent) as scratch:
        source = engine.fetch_source(Path(scratch))
        backend = source / "ggml" / "src" / "ggml-vulkan" / "ggml-vulkan.cpp"
        backend.write_text(engine_recipe.without_layer_settings(backend.read_text()))
        built = Path(scratch) / "built"
        run(
            ["cmake", "-S", str(source), "-B", str(built), *engine_recipe.GRAPHICS_FLAGS],
            doing="Configuring the module for graphics cards",
            log=_LOG,
        )
        run(
            ["cmake", "--build", str(built), "--target", engine_recipe.GRAPHICS_TARGET],
            doing="Compiling the module for graphics cards, which is done once: some 3 to 6 minutes on two cores",
            log=_LOG,
            nice=5,
        )
        shutil.copy(built / "bin" / MODULE, into)
        shutil.copy(source / "LICENSE", into / "LICENSE")
        run(["strip", "--strip-unneeded", str(into / MODULE)], doing="Stripping the module", log=_LOG)
