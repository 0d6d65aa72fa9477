"""The tools that install everything else: uv, and the pinned build back ends, in an environment of their own."""

import shutil
from pathlib import Path

from image.build.checkout import BUILD, LOCKS, LOGS, system_python
from image.build.command import output_of, run
from image.build.content_key import content_key

_FOLDER = BUILD / "installer"
_LOCKS = (LOCKS / "installer.lock", LOCKS / "build.lock")


def uv() -> Path:
    """Return the uv program, installed if it is not there yet."""
    _ensure()
    return _FOLDER / "bin" / "uv"


def download(requirements: Path, into: Path, *, source: bool, doing: str) -> None:
    """Fetch what `requirements` pins by hash, without what it depends on, as source or as wheels.

    pip asks a source for its metadata by its build back end; that is the pinned one beside pip here.
    """
    _ensure()
    form = ["--no-binary", ":all:", "--no-build-isolation"] if source else ["--only-binary", ":all:"]
    pip = [str(_FOLDER / "bin" / "pip"), "download", "--no-deps", "--require-hashes", "--dest", str(into), *form]
    run([*pip, "--requirement", str(requirements)], doing=doing, log=LOGS / "download.log")


def _ensure() -> None:
    stamp = _FOLDER / "content-key"
    key = content_key(output_of([str(system_python()), "--version"]), *_LOCKS)
    if stamp.is_file() and stamp.read_text() == key:
        return
    if _FOLDER.exists():
        shutil.rmtree(_FOLDER)
    log = LOGS / "installer.log"
    run([str(system_python()), "-m", "venv", str(_FOLDER)], doing="Making room for the installer", log=log)
    pip = [str(_FOLDER / "bin" / "pip"), "install", "--require-hashes"]
    requirements = [argument for lock in _LOCKS for argument in ("--requirement", str(lock))]
    run([*pip, *requirements], doing="Installing the installer", log=log)
    stamp.write_text(key)
