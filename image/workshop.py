"""The workshop in which the image is made: mkosi and a tools tree of the image's own Debian release.

Both are kept in the cache, so the host needs nothing but apt, dpkg and a Python.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image import apt_sources
from image.build.checkout import CHECKOUT, LOGS, cache, system_python
from image.build.command import run
from image.build.content_key import content_key
from image.build.kept import made_once

IMAGE = CHECKOUT / "image"
LOG = LOGS / "image.log"

_TOOLS = IMAGE / "tools" / "mkosi.conf"
# mkosi copies and compresses whole systems: in memory, where there is enough of it.
_MEMORY = Path("/dev/shm")  # noqa: S108 - mkosi makes a folder of its own in it
_WORKSPACE_BYTES = 8 * 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where the tools lie that make the image."""

    mkosi: Path
    tools: Path
    sandbox: Path

    def make(self, *, outputs: Path, arguments: Sequence[str], doing: str) -> None:
        """Run mkosi on the image's configuration, its results in `outputs`; raises CommandFailedError."""
        layers = cache() / "layers"
        layers.mkdir(parents=True, exist_ok=True)
        arguments = ["--tools-tree", str(self.tools), "--cache-directory", str(layers), *arguments]
        _run_mkosi(self.mkosi, IMAGE, self.sandbox, outputs, arguments, doing)

    def program(self, name: str) -> list[str]:
        """Return how to start a program of the tools tree on this host, whatever its C library is."""
        root = self.tools / "usr"
        loader = root / "lib64" / "ld-linux-x86-64.so.2"
        return [str(loader), "--library-path", str(root / "lib" / "x86_64-linux-gnu"), str(root / "bin" / name)]


def open_workshop(scratch: Path) -> Workshop:
    """Return a workshop, made first where it is missing; `scratch` takes the configuration for apt."""
    sandbox = scratch / "sandbox"
    if sandbox.exists():
        shutil.rmtree(sandbox)
    _write_apt_configuration(sandbox / "etc" / "apt")
    mkosi = cache() / "mkosi" / content_key(apt_sources.RELEASE)
    made_once(mkosi, lambda into: _fetch_mkosi(into, sandbox / "etc" / "apt"))
    tools = cache() / "tools" / content_key(_TOOLS)
    made_once(tools, lambda into: _make_tools(into, mkosi, sandbox))
    return Workshop(mkosi=mkosi, tools=tools / "tools", sandbox=sandbox)


def _write_apt_configuration(folder: Path) -> None:
    repositories = apt_sources.release_repositories(apt_sources.host_repositories(), apt_sources.host_codename())
    for name in ("sources.list.d", "apt.conf.d"):
        (folder / name).mkdir(parents=True)
    # mkosi writes its own file of this name, with a suite that mirrors do not carry, unless there is one already.
    (folder / "sources.list.d" / "mkosi.sources").write_text(apt_sources.sources_file(repositories))
    (folder / "apt.conf.d" / "10-host.conf").write_text(apt_sources.host_settings())


def _fetch_mkosi(into: Path, apt: Path) -> None:
    """Unpack the release's mkosi with a private apt that knows nothing of the host's packages."""
    state = into / "apt"
    for name in ("lists/partial", "archives/partial"):
        (state / name).mkdir(parents=True)
    configuration = state / "apt.conf"
    configuration.write_text(
        f'Dir::State "{state}";\nDir::State::status "/dev/null";\nDir::Cache "{state}";\n'
        f'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{apt / "sources.list.d"}";\n'
        'APT::Architecture "amd64";\nAPT::Sandbox::User "root";\nAcquire::Languages "none";\n'
    )
    private = {"APT_CONFIG": str(configuration)}
    run(["apt-get", "update"], doing="Asking the mirror for its packages", log=LOG, extra_environment=private)
    run(
        ["apt-get", "download", "mkosi"],
        doing="Fetching mkosi",
        log=LOG,
        cwd=state,
        extra_environment=private,
    )
    for package in state.glob("mkosi_*.deb"):
        run(["dpkg-deb", "-x", str(package), str(into)], doing="Unpacking mkosi", log=LOG)
    shutil.rmtree(state)


def _make_tools(into: Path, mkosi: Path, sandbox: Path) -> None:
    _run_mkosi(mkosi, _TOOLS.parent, sandbox, into, [], "Making the tools that make the image, which is done once")


def _run_mkosi(
    mkosi: Path, configuration: Path, sandbox: Path, outputs: Path, arguments: Sequence[str], doing: str
) -> None:
    packages = cache() / "packages"
    for folder in (packages, outputs):
        folder.mkdir(parents=True, exist_ok=True)
    run(
        [
            *(str(system_python()), "-m", "mkosi", "--directory", str(configuration), "--force"),
            *("--output-directory", str(outputs), "--package-cache-directory", str(packages)),
            *("--workspace-directory", str(_workspace()), "--sandbox-tree", str(sandbox)),
            # A mirror behind HTTPS is trusted as the host trusts it.
            *("--tools-tree-certificates", "no"),
            *arguments,
            "build",
        ],
        doing=doing,
        log=LOG,
        extra_environment={"PYTHONPATH": str(mkosi / "usr/lib/python3/dist-packages")},
    )


def _workspace() -> Path:
    """Return memory if the whole work fits there, else a folder of the cache."""
    if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _WORKSPACE_BYTES:
        return _MEMORY
    folder = cache() / "workspace"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
