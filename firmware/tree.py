"""Owns reading single values from /proc and /sys under a root, where a missing file is a normal answer."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Tree:
    """The machine's files as seen from `root`; paths are given without the leading slash."""

    root: Path

    def text(self, path: str) -> str | None:
        """The stripped text of a file, or None where there is none."""
        content = self.content(path)
        return None if content is None else content.decode("utf-8", "replace").strip("\0 \t\r\n")

    def content(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None

    def number(self, path: str, base: int = 10) -> int | None:
        """The whole number in a file (`base` 16 for `0x8086`), or None where it holds none."""
        text = self.text(path)
        try:
            return None if text is None else int(text, base)
        except ValueError:
            return None

    def names(self, path: str) -> list[str]:
        """The sorted names in a folder; empty where there is no such folder."""
        try:
            return sorted(entry.name for entry in (self.root / path).iterdir())
        except OSError:
            return []

    def exists(self, path: str) -> bool:
        """Whether there is anything at `path`."""
        return (self.root / path).exists()

    def target(self, path: str) -> str | None:
        """Where the symbolic link at `path` leads, as it is written; None where there is no link."""
        try:
            return str((self.root / path).readlink())
        except OSError:
            return None


def numbers_of(cpu_list: str | None) -> frozenset[int]:
    """The CPUs of a kernel list such as `0-3,8,10-11`. Source: cpuset(7), list format."""
    found: set[int] = set()
    for part in (cpu_list or "").split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and (last.isdigit() or not last):
            found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
