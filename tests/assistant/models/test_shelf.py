"""What the owner brings: checked, kept under its digest, named, copied, chosen, deleted, and there after a restart."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from assistant.generation.models import ModelCard
from assistant.models import blobs
from assistant.models.errors import ModelExistsError, ModelNameError, NoRoomOnDiskError, UnfitModelError
from assistant.models.imports import Imports
from assistant.models.names import fit_name, name_from_file
from assistant.models.shelf import ModelShelf
from tests import gguf
from tests.fakes import FakeClock

ROOM = 10**15


@pytest.fixture
def shelf(tmp_path: Path) -> ModelShelf:
    return again(tmp_path)


def again(folder: Path) -> ModelShelf:
    return ModelShelf(folder, reserved=("hearth", "tiny"), clock=FakeClock())


async def pieces(content: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


def imports(shelf: ModelShelf, *free: int) -> Imports:
    left = list(free) or [ROOM]
    return Imports(shelf=shelf, free=lambda _: left.pop(0) if len(left) > 1 else left[0])


async def test_a_model_is_kept_and_still_there_after_a_restart(shelf: ModelShelf) -> None:
    known = await imports(shelf).take("Mine:latest", pieces(gguf.written()), 0)
    shelf.choose("mine")

    restarted = again(shelf.folder)

    assert known.owned.name == "mine"
    assert restarted.find("MINE") == known
    assert restarted.chosen == "mine"
    assert restarted.path(known.owned).read_bytes() == gguf.written()
    assert restarted.path(known.owned).stat().st_mode & 0o777 == 0o640
    assert not list(shelf.incoming.iterdir())


@pytest.mark.parametrize("content", [b"MZ", b"G", gguf.written()[:300], gguf.written(version=9)])
async def test_what_is_no_model_leaves_nothing(shelf: ModelShelf, content: bytes) -> None:
    with pytest.raises(UnfitModelError):
        await imports(shelf).take("bad", pieces(content), len(content))

    assert not list(shelf.incoming.iterdir())
    assert not list(shelf.folder.glob("*.gguf"))
    assert shelf.all() == ()


async def test_a_file_that_was_damaged_on_the_disk_is_left_out(shelf: ModelShelf) -> None:
    known = await imports(shelf).take("mine", pieces(gguf.written()), 0)
    shelf.path(known.owned).write_bytes(gguf.written()[:-900])
    shelf.choose("mine")

    restarted = again(shelf.folder)

    assert restarted.all() == ()
    assert restarted.chosen == ""


async def test_a_copy_shares_its_file_until_the_last_name_is_gone(shelf: ModelShelf) -> None:
    known = await imports(shelf).take("mine", pieces(gguf.written()), 0)
    copy = shelf.copy(known, "yours")
    file = shelf.path(known.owned)

    shelf.remove(known)
    assert file.exists()
    shelf.remove(copy)

    assert not file.exists()


async def test_the_product_s_own_model_is_copied_once_and_named_as_often_as_one_likes(
    shelf: ModelShelf, tmp_path: Path
) -> None:
    shipped = tmp_path / "tiny.gguf"
    shipped.write_bytes(gguf.written())
    digest = hashlib.sha256(gguf.written()).hexdigest()
    card = ModelCard(
        name="tiny",
        kind="chat",
        file=shipped,
        context_tokens=400,
        size_bytes=len(gguf.written()),
        changed_at=FakeClock().now(),
        digest=digest,
        license="Apache-2.0",
    )

    await blobs.copied(imports(shelf), shelf, card, "gpt-4o-mini")
    await blobs.copied(imports(shelf, 0), shelf, card, "llama3.2")  # it needs no room a second time
    with pytest.raises(ModelExistsError):
        await blobs.copied(imports(shelf), shelf, card, "tiny")

    assert [known.owned.name for known in shelf.all()] == ["gpt-4o-mini", "llama3.2"]
    assert {(known.owned.sha256, known.owned.licence) for known in shelf.all()} == {(digest, "Apache-2.0")}
    assert len(list(shelf.folder.glob(f"{digest}*"))) == 1
    for known in shelf.all():
        shelf.remove(known)
    assert shipped.read_bytes() == gguf.written()


@pytest.mark.parametrize("name", ["", " ", "-x", "a b", "ä", "../x", "x" * 200, "a\nb", "A;B"])
def test_a_name_that_could_do_harm_or_confuse_is_refused(name: str) -> None:
    with pytest.raises(ModelNameError):
        fit_name(name)


def test_names_of_programs_and_files_fit() -> None:
    assert fit_name("Llama3.2:1B") == "llama3.2:1b"
    assert fit_name("hf.co/Ada/Tiny/tiny.gguf") == "hf.co/ada/tiny/tiny.gguf"
    assert name_from_file("C:/My Models/Qwen3 4B (Q4).GGUF") == "qwen3-4b-q4"
    assert name_from_file("___.gguf") == "model"


async def test_a_name_is_given_once(shelf: ModelShelf) -> None:
    await imports(shelf).take("mine", pieces(gguf.written()), 0)

    for name in ("mine", "MINE", "hearth", "tiny:latest"):
        with pytest.raises(ModelExistsError):
            await imports(shelf).take(name, pieces(gguf.written()), 0)


async def test_a_file_larger_than_the_disk_is_refused_before_it_comes(shelf: ModelShelf) -> None:
    with pytest.raises(NoRoomOnDiskError, match=r"This needs 40\.0 GB, and the disk has 9\.5 GB left"):
        await imports(shelf, 10_000_000_000).take("mine", pieces(b""), 40_000_000_000)


async def test_a_disk_that_fills_while_a_file_comes_is_told(shelf: ModelShelf) -> None:
    """The sender did not say how much comes; the disk is looked at every 64 MB."""
    content = gguf.written() + bytes(200_000_000)

    with pytest.raises(NoRoomOnDiskError):
        await imports(shelf, ROOM, ROOM, 100).take("mine", pieces(content, 1 << 20), 0)

    assert not list(shelf.incoming.iterdir())


async def test_a_file_that_is_handed_over_has_to_be_what_it_is_called(shelf: ModelShelf) -> None:
    with pytest.raises(UnfitModelError, match="another SHA-256"):
        await blobs.keep(imports(shelf), shelf, "sha256:" + "ab" * 32, pieces(gguf.written()), 0)
    with pytest.raises(UnfitModelError, match="named by its digest"):
        await blobs.keep(imports(shelf), shelf, "../../etc/passwd", pieces(gguf.written()), 0)

    assert not blobs.is_here(shelf, "../../etc/passwd")
    assert not list(shelf.incoming.iterdir())


def test_what_broke_off_before_a_restart_is_swept_away_and_parts_of_downloads_stay(shelf: ModelShelf) -> None:
    (shelf.incoming / "left").write_bytes(b"x")
    (shelf.incoming / ("ab" * 32 + ".part")).write_bytes(b"x")

    again(shelf.folder)

    assert [path.suffix for path in shelf.incoming.iterdir()] == [".part"]
