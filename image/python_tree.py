"""The Python distributions on the image: what the lock pins, for the image's Python, compiled, without ballast.

The product's own packages are not here; they change daily and are copied in by product_tree.py.
"""

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from image.build import installer
from image.build.checkout import ENVIRONMENT, LOCKS, cache
from image.build.command import run
from image.build.content_key import content_key
from image.build.kept import made_once
from image.errors import SetupMissingError
from image.workshop import LOG, Workshop

PYTHON = "3.13"
SITE = Path(f"/usr/lib/hearth/lib/python{PYTHON}/site-packages")

# Newest C library that wheels may ask for; Debian trixie has 2.41.
_PLATFORM = "x86_64-manylinux_2_40"
_BINDING = "llama-cpp-python"
# Built from source, so not fetched: the binding comes from the environment, where it is pure Python over the engine's
# libraries, and the journal's module is Debian's own package python3-systemd.
_NOT_FETCHED = (_BINDING, "systemd-python")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballast:
    """Files that no daemon of ours opens, and the reason why that is known."""

    pattern: str
    reason: str


BALLAST = (
    Ballast(pattern="kubernetes*", reason="Chroma's distributed server finds its workers with it, 30 MB"),
    Ballast(pattern="**/tests", reason="tests of other people's projects"),
    Ballast(pattern="**/test", reason="the same under another name"),
    Ballast(pattern="**/*.pyi", reason="types, for editors"),
    Ballast(pattern="**/*.pyx", reason="sources of compiled modules"),
    Ballast(pattern="**/*.map", reason="source maps of browser libraries, for their authors"),
    Ballast(pattern="numpy/**/*.a", reason="libraries to compile against"),
    Ballast(pattern="numpy/_core/include", reason="headers to compile against"),
    Ballast(pattern="llama_cpp/server", reason="the engine is llama-server itself"),
    Ballast(pattern="bin", reason="command lines of libraries"),
    Ballast(pattern="httpx/_main.py", reason="its command line; with it every daemon loads click, pygments and rich"),
    Ballast(pattern="rich", reason="coloured terminals, for command lines of libraries"),
    Ballast(pattern="typer", reason="the command line of Chroma"),
    Ballast(pattern="aiohttp*", reason="a client that socketio loads and nobody asks for, 200 modules"),
    Ballast(pattern="requests*", reason="the same for its blocking client, and for Chroma's models in other houses"),
    Ballast(pattern="olefile/olefile2.py", reason="written for Python 2, which Python 3 does not even compile"),
    Ballast(pattern="onnxruntime/transformers", reason="tools that convert models, before the image is made"),
    Ballast(pattern="onnxruntime/quantization", reason="tools that convert models, before the image is made"),
    Ballast(pattern="onnxruntime/tools", reason="tools that convert models, before the image is made"),
)


def dependencies(workshop: Workshop) -> Path:
    """Return the folder of installed distributions, made first if what they are made from changed."""
    lock = LOCKS / "run.lock"
    binding = _binding()
    recipe = repr((PYTHON, _PLATFORM, _NOT_FETCHED, [ballast.pattern for ballast in BALLAST]))
    folder = cache() / "python" / content_key(lock, recipe, *(part for part in binding if part.is_file()))
    made_once(folder, lambda into: _install(into, without(lock.read_text(), _NOT_FETCHED), binding, workshop))
    return folder


def without(lock: str, names: Iterable[str]) -> str:
    """Return the text of a lock without the pins, hashes included, of these distributions."""
    for name in names:
        lock = re.sub(rf"^{re.escape(name)}==.*(?:\n[ \t]+.*)*\n?", "", lock, flags=re.MULTILINE)
    return lock


def compile_tree(tree: Path, installed_at: Path, workshop: Workshop) -> None:
    """Compile every module of `tree` with the image's Python, for the place where it will be installed.

    The compiled files are never checked against their sources: the root is read-only and verified.
    """
    run(
        [
            *workshop.program(f"python{PYTHON}"),
            *("-P", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
            *("-s", str(tree), "-p", str(installed_at), str(tree)),
        ],
        doing="Compiling Python modules",
        log=LOG,
        extra_environment={"PYTHONHOME": str(workshop.tools / "usr")},
    )


def drop_ballast(tree: Path) -> None:
    """Remove what BALLAST names."""
    for ballast in BALLAST:
        for path in sorted(tree.glob(ballast.pattern)):
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()


def _binding() -> list[Path]:
    """Return the binding's files in the environment that `make setup` made."""
    for site in ENVIRONMENT.glob("lib/python3.*/site-packages"):
        found = [*site.glob("llama_cpp"), *site.glob("llama_cpp_python-*.dist-info")]
        if found:
            return [path for folder in found for path in (folder, folder / "RECORD")]
    msg = "The Python environment has no llama-cpp-python yet. Type `make setup` first."
    raise SetupMissingError(msg)


def _install(into: Path, requirements: str, binding: list[Path], workshop: Workshop) -> None:
    pins = into / "run.lock"
    pins.write_text(requirements)
    run(
        [
            *(str(installer.uv()), "pip", "install", "--target", str(into), "--require-hashes", "--no-deps"),
            *("--python-version", PYTHON, "--python-platform", _PLATFORM, "--link-mode", "copy"),
            *("--only-binary", ":all:", "--requirement", str(pins)),
        ],
        doing="Fetching Python distributions for the image",
        log=LOG,
    )
    pins.unlink()
    for folder in binding:
        if folder.is_dir():
            shutil.copytree(folder, into / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    drop_ballast(into)
    compile_tree(into, SITE, workshop)
