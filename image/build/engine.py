"""The native engine: llama.cpp from the source of llama-cpp-python, built once and kept under its content key."""

import os
import shutil
import tempfile
from pathlib import Path

from image.build import engine_recipe, installer
from image.build.checkout import LOCKS, LOGS, cache
from image.build.command import output_of, run
from image.build.content_key import content_key
from image.build.kept import made_once
from image.build.locks import pinned

_PACKAGE = "llama-cpp-python"
_LOG = LOGS / "engine.log"
# Not part of the engine's key: it changes how long compiling takes, not what comes out.
_TOGETHER = Path(__file__).with_name("together.cmake")


def folder() -> Path:
    """Return where this checkout's engine lies, or will lie: named for its source, recipe, compiler and C library."""
    recipe = repr((engine_recipe.CMAKE_FLAGS, engine_recipe.PROGRAMS))
    return cache() / "engine" / content_key(source_pin(), recipe, *toolchain())


def source_pin() -> str:
    """Return the locked version and hash of the source that holds llama.cpp."""
    return pinned(LOCKS / "run.lock", _PACKAGE)


def ensure() -> Path:
    """Return the folder of the engine, which is built first if it is not there; that takes minutes."""
    made_once(folder(), _build)
    return folder()


def ensure_native() -> Path:
    """Return the folder of a build for this very processor, to measure beside ours; it is made first, in minutes."""
    processor = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    made = cache() / "engine-native" / content_key(source_pin(), repr(engine_recipe.NATIVE_FLAGS), processor)
    made_once(made, _build_native)
    return made


def _build_native(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hearth-engine-", dir=into.parent) as scratch:
        source = fetch_source(Path(scratch))
        built = Path(scratch) / "built"
        run(
            ["cmake", "-S", str(source), "-B", str(built), *engine_recipe.NATIVE_FLAGS],
            doing="Configuring the engine for this processor",
            log=_LOG,
        )
        run(
            ["cmake", "--build", str(built), "--target", *engine_recipe.NATIVE_PROGRAMS],
            doing="Compiling the engine for this processor, which is done once",
            log=_LOG,
            nice=10,
        )
        for name in engine_recipe.NATIVE_PROGRAMS:
            shutil.copy(built / "bin" / name, into)


def _build(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hearth-engine-", dir=into.parent) as scratch:
        source = fetch_source(Path(scratch))
        with (source / "CMakeLists.txt").open("a") as cmake:
            cmake.write("\n" + _TOGETHER.read_text())
        built = Path(scratch) / "built"
        run(
            ["cmake", "-S", str(source), "-B", str(built), *engine_recipe.CMAKE_FLAGS],
            doing="Configuring the engine",
            log=_LOG,
        )
        run(
            ["cmake", "--build", str(built), "--target", *engine_recipe.PROGRAMS],
            doing="Compiling the engine, which is done once: 10 to 20 minutes on two cores",
            log=_LOG,
            nice=5,
        )
        _collect(built / "bin", into)
        shutil.copy(source / "LICENSE", into / "LICENSE")


def toolchain() -> tuple[str, str]:
    """Return the compiler and the C library, of which what is compiled depends."""
    return output_of(["c++", "--version"]).splitlines()[0], os.confstr("CS_GNU_LIBC_VERSION") or ""


def fetch_source(scratch: Path) -> Path:
    """Return llama.cpp's source, unpacked below the folder `scratch`."""
    requirements = scratch / "source.lock"
    requirements.write_text(source_pin())
    installer.download(requirements, scratch, source=True, doing="Fetching the source of the engine")
    (archive,) = scratch.glob("*.tar.gz")
    run(
        ["tar", "--extract", "--no-same-owner", "--file", str(archive), "--directory", str(scratch)],
        doing="Unpacking the source of the engine",
        log=_LOG,
    )
    (source,) = scratch.glob("*/vendor/llama.cpp")
    return source


def _collect(built: Path, into: Path) -> None:
    for name in engine_recipe.PROGRAMS:
        shutil.copy(built / name, into)
    for library in built.glob("*.so*"):
        shutil.copy(library, into, follow_symlinks=False)
    whole = [str(path) for path in sorted(into.iterdir()) if not path.is_symlink()]
    run(["strip", "--strip-unneeded", *whole], doing="Stripping the engine", log=_LOG)
