"""Made things in the cache: whole or not there."""

from pathlib import Path

import pytest

from image.build.content_key import content_key
from image.build.kept import made_once


def test_a_thing_is_made_once(tmp_path: Path) -> None:
    """The second time its folder is found, and nothing is made."""
    folder = tmp_path / "engine" / "key"

    first = made_once(folder, lambda into: (into / "llama-server").touch())
    second = made_once(folder, lambda into: pytest.fail("made again"))

    assert (first, second) == (True, False)
    assert [path.name for path in folder.iterdir()] == ["llama-server"]


def test_a_thing_that_failed_half_way_is_not_there(tmp_path: Path) -> None:
    """A build that breaks leaves no folder, and the next build takes away what it left."""
    folder = tmp_path / "key"

    def break_half_way(into: Path) -> None:
        (into / "half").touch()
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        made_once(folder, break_half_way)

    assert not folder.exists()
    assert made_once(folder, lambda into: None)
    assert not list(tmp_path.glob(".key-*"))


def test_a_key_changes_with_a_word_and_with_a_file(tmp_path: Path) -> None:
    """What a thing is made from names it, in its order and with its borders."""
    lock = tmp_path / "run.lock"
    lock.write_text("a==1\n")
    before = content_key("recipe", lock)

    lock.write_text("a==2\n")

    assert before != content_key("recipe", lock)
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key("a", "b") == content_key("a", "b")
