"""The product's own part of the image: packages, units, settings, samples, and the Python environment around them."""

import shutil
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from image.build.checkout import CHECKOUT
from image.python_tree import PYTHON, SITE

PACKAGES = ("assistant", "firmware", "mesh", "services", "webui")

_HOME = Path("usr/lib/hearth")
_UNITS = CHECKOUT / "services" / "systemd"
# Where each declarative file of services/systemd/ lies on the device; units and their drop-ins go to system/.
_DECLARATIONS = {
    "hearth.preset": "usr/lib/systemd/system-preset/20-hearth.preset",
    "hearth.toml": "usr/lib/hearth/hearth.toml",
    "sticks.rules": "usr/lib/udev/rules.d/90-hearth-sticks.rules",
    "sysusers.conf": "usr/lib/sysusers.d/hearth.conf",
    "tmpfiles.conf": "usr/lib/tmpfiles.d/hearth.conf",
}
_UNIT_SUFFIXES = {".mount", ".path", ".service", ".socket", ".target", ".timer"}
# In a package's folder, but not part of the package: they have their own place on the device.
_ELSEWHERE = (Path("services/systemd"), Path("services/samples"))

_PYVENV = f"home = /usr/bin\nversion = {PYTHON}\ninclude-system-site-packages = false\n"
_COMMAND = """\
#!/usr/lib/hearth/bin/python
import sys

from {module} import {function}

sys.exit({function}())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One file of the checkout and where it lies on the device, without the leading slash."""

    source: Path
    target: Path


def package_files() -> Iterator[Copy]:
    """Name every file of the product's packages."""
    for package in PACKAGES:
        for source in _files_below(CHECKOUT / package):
            relative = source.relative_to(CHECKOUT)
            if not any(relative.is_relative_to(elsewhere) for elsewhere in _ELSEWHERE):
                yield Copy(source=source, target=SITE.relative_to("/") / relative)


def system_files() -> Iterator[Copy]:
    """Name the units with their drop-ins, and the declarations beside them."""
    for source in _files_below(_UNITS):
        relative = source.relative_to(_UNITS)
        if relative.name in _DECLARATIONS:
            yield Copy(source=source, target=Path(_DECLARATIONS[relative.name]))
        elif relative.suffix in _UNIT_SUFFIXES or relative.parent.suffix == ".d":
            yield Copy(source=source, target=Path("usr/lib/systemd/system") / relative)


def lay_out(into: Path, *, samples: Path, version: str, maker: bytes) -> None:
    """Fill the empty folder `into` with the product as the image has it, uncompiled; it takes updates of this maker."""
    _copy([*package_files(), *system_files()], into)
    shutil.copytree(samples, into / "usr/share/hearth/samples")
    _write_environment(into)
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    _write_distribution(into, {**project, "version": version})
    keys = into / _HOME / "update-keys"
    keys.mkdir()
    (keys / "maker.pub").write_bytes(maker)


def distribution_files(project: dict[str, Any]) -> dict[str, str]:
    """Return the metadata of the distribution as an installer would write it, file by file."""
    metadata = (
        f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {project['version']}\n"
        f"Summary: {project['description']}\nLicense-Expression: {project['license']}\n"
    )
    scripts = "".join(f"{name} = {target}\n" for name, target in project["scripts"].items())
    return {
        "INSTALLER": "image\n",
        "METADATA": metadata,
        "entry_points.txt": f"[console_scripts]\n{scripts}",
        "top_level.txt": "".join(f"{package}\n" for package in PACKAGES),
    }


def command_script(entry_point: str) -> str:
    """Return the program that starts a console script such as `services.command:main`."""
    module, _, function = entry_point.partition(":")
    return _COMMAND.format(module=module, function=function)


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _copy(copies: Iterable[Copy], into: Path) -> None:
    for copy in copies:
        target = into / copy.target
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy.source, target)


def _write_environment(into: Path) -> None:
    """Make /usr/lib/hearth a virtual environment of the image's Python, with Debian's journal module in it."""
    home = into / _HOME
    (home / "bin").mkdir(parents=True, exist_ok=True)
    (home / "pyvenv.cfg").write_text(_PYVENV)
    (home / "bin" / "python").symlink_to(f"/usr/bin/python{PYTHON}")
    (into / SITE.relative_to("/") / "systemd").symlink_to("/usr/lib/python3/dist-packages/systemd")


def _write_distribution(into: Path, project: dict[str, Any]) -> None:
    site = into / SITE.relative_to("/")
    folder = site / f"{project['name']}-{project['version']}.dist-info"
    folder.mkdir(parents=True)
    for name, text in distribution_files(project).items():
        (folder / name).write_text(text)
    (into / "usr/bin").mkdir(parents=True)
    for name, entry_point in project["scripts"].items():
        program = into / "usr/bin" / name
        program.write_text(command_script(entry_point))
        program.chmod(0o755)
