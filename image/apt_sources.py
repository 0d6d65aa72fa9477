"""Where Debian packages of the image's release come from: the mirrors that this host's own apt uses.

No mirror's name is written down here, so a build behind a proxy or a local mirror works as `apt-get install` does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from image.build.command import output_of
from image.errors import NoMirrorError

RELEASE = "trixie"
COMPONENTS = ("main", "non-free-firmware")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# How apt is told to reach the mirrors; everything else of the host's configuration stays on the host.
_SETTINGS_FOR_FETCHING = ("Acquire::http", "Acquire::https", "Acquire::Check-", "Acquire::Retries")
_KINDS_OF_SUITE = ("", "-updates", "-security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One suite at one address, as `apt-get indextargets` names them."""

    address: str
    suite: str


def host_repositories() -> tuple[Repository, ...]:
    """Return what the host's apt is configured to use, each suite once."""
    listed = output_of(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"])
    pairs = dict.fromkeys(tuple(line.split()) for line in listed.splitlines())
    return tuple(Repository(address=address, suite=suite) for address, suite in pairs)


def host_codename() -> str:
    """Return the name of the host's own Debian release."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    msg = "/etc/os-release names no release. The image is built on Debian 12 or 13."
    raise NoMirrorError(msg)


def host_settings() -> str:
    """Return the host's apt.conf lines that say how to reach a mirror: proxies, certificates, clocks that differ."""
    lines = output_of(["apt-config", "dump"]).splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith(_SETTINGS_FOR_FETCHING) and '""' not in line)


def release_repositories(host: Iterable[Repository], codename: str) -> tuple[Repository, ...]:
    """Return the image's release at the addresses where `host` finds the release called `codename`.

    Third-party archives and backports are left out. Raises NoMirrorError where no plain Debian archive is left.
    """
    wanted = {
        f"{name}{kind}": f"{RELEASE}{kind}" for name in (codename, "stable", "oldstable") for kind in _KINDS_OF_SUITE
    }
    found = tuple(
        Repository(address=repository.address, suite=wanted[repository.suite])
        for repository in host
        if repository.suite in wanted and repository.address.startswith(("http:", "https:", "file:", "ftp:"))
    )
    if not any(repository.suite == RELEASE for repository in found):
        msg = f"apt on this host knows no Debian archive with {codename}. Add one to /etc/apt/sources.list.d."
        raise NoMirrorError(msg)
    return found


def sources_file(repositories: Iterable[Repository]) -> str:
    """Return the deb822 file that names these repositories."""
    return "\n".join(
        f"Types: deb\nURIs: {repository.address}\nSuites: {repository.suite}\n"
        f"Components: {' '.join(COMPONENTS)}\nSigned-By: {KEYRING}\n"
        for repository in repositories
    )
