"""The Python environment `.venv`: exactly what the lock files say, and this checkout, editable."""

from collections.abc import Mapping
from typing import Literal

from image.build import installer
from image.build.checkout import CHECKOUT, ENVIRONMENT, LOCKS, LOGS, system_python
from image.build.command import output_of, run
from image.build.content_key import content_key

Extent = Literal["run", "test"]

_LOG = LOGS / "environment.log"
_STAMP = ENVIRONMENT / "content-key"
# The engine is built by itself (engine.py); here only the Python side of llama-cpp-python is wanted.
_BINDING_ONLY = ("LLAMA_BUILD", "LLAVA_BUILD")


def ensure(extent: Extent) -> None:
    """Make or mend `.venv` so that it holds run.lock, or test.lock, which is run.lock and the tools of the tests."""
    python_version = output_of([str(system_python()), "--version"]).strip()
    keys: dict[Extent, str] = {"run": _key("run", python_version), "test": _key("test", python_version)}
    if _STAMP.is_file() and is_enough(_STAMP.read_text(), extent, keys):
        return
    uv = str(installer.uv())
    _STAMP.unlink(missing_ok=True)
    if not _is_of(python_version):
        fresh = [uv, "venv", "--clear", "--python", str(system_python()), str(ENVIRONMENT)]
        run(fresh, doing="Making the Python environment", log=_LOG)
    pip, constraints = [uv, "pip"], ["--build-constraints", str(LOCKS / "build.lock")]
    target = ["--python", str(ENVIRONMENT / "bin" / "python")]
    binding = [f"--config-settings-package=llama-cpp-python:cmake.define.{part}=OFF" for part in _BINDING_ONLY]
    lock = str(LOCKS / f"{extent}.lock")
    run(
        [*pip, "sync", *target, "--require-hashes", *constraints, *binding, lock],
        doing="Installing Python packages",
        log=_LOG,
    )
    run(
        [*pip, "install", *target, "--no-deps", *constraints, "--editable", str(CHECKOUT)],
        doing="Installing Hearth itself",
        log=_LOG,
    )
    _STAMP.write_text(keys[extent])


def is_enough(stamped: str, extent: Extent, keys: Mapping[Extent, str]) -> bool:
    """Tell whether an environment with this stamp serves `extent`; one with the tools of the tests serves both."""
    return stamped == keys["test"] or (extent == "run" and stamped == keys["run"])


def _key(extent: Extent, python_version: str) -> str:
    locks = (LOCKS / f"{extent}.lock", LOCKS / "build.lock")
    return content_key(extent, python_version, *locks, CHECKOUT / "pyproject.toml")


def _is_of(python_version: str) -> bool:
    python = ENVIRONMENT / "bin" / "python"
    return python.exists() and output_of([str(python), "--version"]).strip() == python_version
