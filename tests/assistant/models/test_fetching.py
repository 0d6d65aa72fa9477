"""A download through a real process with the network, from a hub on the loopback, with whatever can go wrong."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.models.errors import DownloadFailedError, NoRoomOnDiskError
from assistant.models.fetching import Fetcher
from assistant.models.parts import CutError, Fetched, Parts, Stopped
from assistant.parser.client import ChildTransport
from tests import hub

NAME = "ada/tiny/tiny.gguf"
CONTENT = bytes(range(256)) * 16384
ROOM = 10**15


@pytest.fixture
def internet() -> Iterator[hub.Hub]:
    with hub.running() as started:
        started.files[NAME] = CONTENT
        yield started


class Errand:
    """One who fetches into a folder."""

    def __init__(self, folder: Path, url: str, free: int = ROOM) -> None:
        self.folder = folder
        self.heard: list[int] = []
        self.stopped = False
        transport = ChildTransport([sys.executable, "-m", "services.run_fetch"])
        self.fetcher = Fetcher(transport, hub=url, parts=Parts(folder, lambda _: free))

    def run(self, repository: str = "ada/tiny", file: str = "tiny.gguf") -> Fetched:
        return self.fetcher.fetch(
            repository,
            file,
            on_found=lambda sha256, size: self.heard.append(size),
            on_progress=self.heard.append,
            is_stopped=lambda: self.stopped,
        )


def test_a_file_comes_whole_and_its_size_is_told_first(tmp_path: Path, internet: hub.Hub) -> None:
    errand = Errand(tmp_path, internet.url)

    fetched = errand.run()

    assert fetched.path.read_bytes() == CONTENT
    assert fetched.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert errand.heard[0] == len(CONTENT)


def test_a_quantization_is_looked_up_in_the_repositorys_list(tmp_path: Path, internet: hub.Hub) -> None:
    internet.files["ada/tiny/tiny-Q8_0.gguf"] = CONTENT[:1000]

    fetched = Errand(tmp_path, internet.url).run(file="Q8_0")

    assert fetched.path.read_bytes() == CONTENT[:1000]
    with pytest.raises(DownloadFailedError, match=r"no whole model “Q2_K” .* tiny-Q8_0\.gguf, tiny\.gguf"):
        Errand(tmp_path, internet.url).run(file="Q2_K")


def test_what_came_before_is_not_fetched_again(tmp_path: Path, internet: hub.Hub) -> None:
    part = tmp_path / f"{hashlib.sha256(CONTENT).hexdigest()}.part"
    part.write_bytes(CONTENT[:3_000_000])

    fetched = Errand(tmp_path, internet.url).run()

    assert internet.ranges() == ["bytes=3000000-"]
    assert fetched.path.read_bytes() == CONTENT


def test_a_part_that_was_damaged_meanwhile_is_found_out(tmp_path: Path, internet: hub.Hub) -> None:
    part = tmp_path / f"{hashlib.sha256(CONTENT).hexdigest()}.part"
    part.write_bytes(b"\0" * 3_000_000)

    with pytest.raises(DownloadFailedError, match="checksum is wrong"):
        Errand(tmp_path, internet.url).run()

    assert not part.exists()


def test_a_disk_that_becomes_full_is_told_and_what_came_stays(tmp_path: Path, internet: hub.Hub) -> None:
    part = tmp_path / f"{hashlib.sha256(CONTENT).hexdigest()}.part"
    part.symlink_to("/dev/full")  # every write to it fails with ENOSPC

    with pytest.raises(NoRoomOnDiskError, match="The disk became full"):
        Errand(tmp_path, internet.url).run()

    assert part.is_symlink()


def test_a_disk_without_room_is_told_before_anything_is_fetched(tmp_path: Path, internet: hub.Hub) -> None:
    with pytest.raises(NoRoomOnDiskError, match=r"This needs 0\.0 GB, and the disk has 0\.0 GB left"):
        Errand(tmp_path, internet.url, free=500_000_000).run()

    assert not internet.ranges()


def test_who_stops_a_download_keeps_what_came(tmp_path: Path, internet: hub.Hub) -> None:
    internet.slow_seconds = 0.3
    errand = Errand(tmp_path, internet.url)
    errand.stopped = True

    with pytest.raises(Stopped):
        errand.run()

    (part,) = tmp_path.glob("*.part")
    assert part.stat().st_size < len(CONTENT)


@pytest.mark.parametrize("digest", ["", "0123456789abcdef0123456789abcdef01234567"])
def test_what_cannot_be_checked_is_not_fetched(tmp_path: Path, internet: hub.Hub, digest: str) -> None:
    internet.announced_sha256[NAME] = digest

    with pytest.raises(DownloadFailedError, match="could not be checked"):
        Errand(tmp_path, internet.url).run()

    assert not internet.ranges()


def test_a_hub_that_is_away_is_told(tmp_path: Path) -> None:
    with pytest.raises(CutError, match="cannot be reached"):
        Errand(tmp_path, "http://127.0.0.1:9").run()


@pytest.mark.parametrize("repository", ["no/body", "not a name", "../../etc"])
def test_a_repository_that_is_none_is_told(tmp_path: Path, internet: hub.Hub, repository: str) -> None:
    with pytest.raises(DownloadFailedError, match=r"no file|cannot be the name"):
        Errand(tmp_path, internet.url).run(repository)


def test_one_who_fetches_and_dies_is_a_cut(tmp_path: Path, internet: hub.Hub) -> None:
    errand = Errand(tmp_path, internet.url)
    errand.fetcher = Fetcher(ChildTransport(["/bin/false"]), hub=internet.url, parts=Parts(tmp_path, lambda _: ROOM))

    with pytest.raises(CutError, match="broke off"):
        errand.run()
