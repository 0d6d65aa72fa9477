"""When the image is made, and when it is left as it is."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from image.build_image import Places, inputs_key, places, results
from image.errors import SetupMissingError
from image.packing import checksums


def test_the_same_inputs_have_the_same_key(tmp_path: Path) -> None:
    carried = _places(tmp_path)

    assert inputs_key(carried, 0) == inputs_key(carried, 0)


def test_another_engine_model_sample_or_date_makes_another_key(tmp_path: Path) -> None:
    carried = _places(tmp_path)
    keys = {inputs_key(carried, 0), inputs_key(carried, 1)}

    (carried.samples / "letter.txt").write_text("changed")
    keys.add(inputs_key(carried, 0))
    keys.add(inputs_key(replace(carried, engine=tmp_path / "e2"), 0))
    keys.add(inputs_key(replace(carried, graphics=tmp_path / "g2"), 0))
    keys.add(inputs_key(replace(carried, models=tmp_path / "m2"), 0))

    assert len(keys) == 6


def test_without_setup_the_person_is_told_to_run_it(tmp_path: Path) -> None:
    with pytest.raises(SetupMissingError, match="make setup-image"):
        places(tmp_path / "places.toml")


def test_an_image_without_the_module_for_graphics_cards_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "places.toml"
    file.write_text('[places]\nengine = "/e"\nmodels = "/m"\nsamples = "/s"\n')

    with pytest.raises(SetupMissingError, match="graphics cards"):
        places(file)


def test_the_noted_places_are_read(tmp_path: Path) -> None:
    file = tmp_path / "places.toml"
    file.write_text('[places]\nengine = "/e"\ngraphics = "/g"\nmodels = "/m"\nsamples = "/s"\n')

    assert places(file) == Places(engine=Path("/e"), graphics=Path("/g"), models=Path("/m"), samples=Path("/s"))


def test_the_checksums_are_what_sha256sum_checks(tmp_path: Path) -> None:
    file = tmp_path / "hearth.raw"
    file.write_bytes(b"image")

    assert checksums([file]) == f"{hashlib.sha256(b'image').hexdigest()}  hearth.raw\n"


def test_every_result_carries_the_version_but_the_checksums() -> None:
    made = results("1.2.3")

    assert [made.raw.name, made.packed.name, made.kernel.name, made.manifest.name] == [
        "hearth_1.2.3.raw",
        "hearth_1.2.3.raw.zst",
        "hearth_1.2.3.efi",
        "hearth_1.2.3.manifest.json",
    ]


def _places(folder: Path) -> Places:
    samples = folder / "samples"
    samples.mkdir()
    (samples / "letter.txt").write_text("Dear box")
    return Places(engine=folder / "e1", graphics=folder / "g1", models=folder / "m1", samples=samples)
