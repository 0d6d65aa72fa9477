"""A freshly installed Debian in a folder: nothing in it but what every Debian has, and the way to its mirror."""

import dataclasses
import datetime
import functools
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from image import apt_sources
from image.build import packages
from image.build.checkout import LOGS, cache
from image.build.command import run
from image.build.content_key import content_key
from image.build.kept import made_once

_ENTER = Path(__file__).with_name("enter.sh")
# How this host reaches package registries and trusts them: the tree does it the same way.
_NETWORK_VARIABLES = re.compile(r"(PIP|UV|SSL|REQUESTS|CURL)_.*|(https?|no|all)_proxy", re.IGNORECASE)
_NETWORK_FILES = (
    Path("/etc/hosts"),
    Path("/etc/resolv.conf"),
    Path("/etc/pip.conf"),
    Path("/etc/uv"),
    Path("/etc/apt/auth.conf.d"),
    Path("/usr/local/share/ca-certificates"),
    Path.home() / ".config" / "pip",
    Path.home() / ".config" / "uv",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshDebian:
    """One tree, in which commands can be run, and the caches that outlive it."""

    tree: Path
    caches: Path

    def start(self, command: str, output: IO[str]) -> "subprocess.Popen[str]":
        """Start a shell command in root's home, leader of a process group as under a terminal."""
        inside = ["/usr/bin/env", "--ignore-environment", *_environment(), "/bin/bash", "-c", f"cd /root && {command}"]
        return subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", str(_ENTER), str(self.tree), str(self.caches), *inside],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, log: Path) -> None:
        """Run a shell command to its end; fails with what it printed."""
        with log.open("w") as output:
            exit_code = self.start(command, output).wait()
        assert exit_code == 0, f"{command}: exit code {exit_code}\n{log.read_text()[-6000:]}"

    def processes(self) -> dict[int, str]:
        """Return what runs inside: command lines by process id."""
        return {
            int(folder.name): _command_line(folder) for folder in Path("/proc").glob("[0-9]*") if self._holds(folder)
        }

    def _holds(self, process: Path) -> bool:
        try:
            return (process / "root").readlink() == self.tree
        except OSError:  # it ended meanwhile
            return False


def installed(suite: str, tree: Path) -> FreshDebian:
    """Return a new Debian of this suite in `tree`, which must not exist yet."""
    base = _base(suite)
    subprocess.run(["cp", "--archive", "--reflink=auto", str(base), str(tree)], check=True)
    # A run whose packages are others starts without what the former ones fetched and compiled.
    needed = content_key(*sorted(packages.needed(["run"])))
    caches = _only_one(cache() / "fresh", suite, needed)
    _lend_engines(caches / "root/.cache/hearth/engine")
    return FreshDebian(tree=tree, caches=caches)


def _lend_engines(engines: Path) -> None:
    """Spare the tree of this host's own release ten minutes: the other compiles, and shows that nothing is missing.

    An engine is found by its content key, in which compiler and C library count, so a tree of another release, or one
    that did not install a compiler, has no use for it.
    """
    for engine in (cache() / "engine").glob("[!.]*"):
        made_once(engines / engine.name, functools.partial(shutil.copytree, engine, symlinks=True, dirs_exist_ok=True))


def _base(suite: str) -> Path:
    """Return the tree that debootstrap made of this suite this week."""
    mirrors = apt_sources.release_repositories(apt_sources.host_repositories(), apt_sources.host_codename())
    repositories = [
        dataclasses.replace(mirror, suite=mirror.suite.replace(apt_sources.RELEASE, suite)) for mirror in mirrors
    ]
    (archive,) = (repository.address for repository in repositories if repository.suite == suite)
    sources = apt_sources.sources_file(repositories)
    week = datetime.datetime.now(tz=datetime.UTC).strftime("%G-W%V")
    folder = _only_one(cache() / "debootstrap", suite, content_key(week, sources, Path(__file__)))

    def make(into: Path) -> None:
        run(
            ["debootstrap", "--variant=minbase", f"--keyring={apt_sources.KEYRING}", suite, str(into), archive],
            doing=f"Installing a minimal Debian {suite}",
            log=LOGS / f"debootstrap-{suite}.log",
        )
        _prepare(into, sources)

    made_once(folder, make)
    return folder


def _prepare(tree: Path, sources: str) -> None:
    """Let the tree reach its mirror as this host does, and start no daemon when a package is installed."""
    (tree / "etc/apt/sources.list").unlink()
    (tree / "etc/apt/sources.list.d/debian.sources").write_text(sources)
    (tree / "etc/apt/apt.conf.d/99host").write_text(apt_sources.host_settings())
    policy = tree / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    for path in _NETWORK_FILES:
        copy = tree / path.relative_to("/")
        if path.is_dir():
            shutil.copytree(path, copy, dirs_exist_ok=True)
        elif path.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    for package in (tree / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()


def _only_one(parent: Path, suite: str, key: str) -> Path:
    """Return `parent`/`suite`-`key`, and remove the folders of the same suite with other keys."""
    folder = parent / f"{suite}-{key}"
    for other in parent.glob(f"{suite}-*"):
        if other != folder:
            shutil.rmtree(other)
    return folder


def _environment() -> list[str]:
    kept = {name: value for name, value in os.environ.items() if _NETWORK_VARIABLES.fullmatch(name)}
    own = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "dumb"}
    return [f"{name}={value}" for name, value in {**kept, **own}.items()]


def _command_line(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # it ended meanwhile
        return "(ended)"
