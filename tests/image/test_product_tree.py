"""Where the product's own files lie on the device."""

from pathlib import Path

from image.build.checkout import CHECKOUT
from image.product_tree import command_script, distribution_files, lay_out, package_files, system_files

PROJECT = {
    "name": "hearth",
    "version": "1.2.3",
    "description": "A private AI node",
    "license": "Apache-2.0",
    "scripts": {"hearth": "services.command:main"},
}


def test_a_module_lies_in_the_environment_of_the_device() -> None:
    targets = {copy.target for copy in package_files()}

    assert Path("usr/lib/hearth/lib/python3.13/site-packages/services/settings.py") in targets


def test_units_and_samples_are_not_copied_as_code() -> None:
    sources = {copy.source.relative_to(CHECKOUT).parts[:2] for copy in package_files()}

    assert ("services", "systemd") not in sources
    assert ("services", "samples") not in sources


def test_a_drop_in_keeps_its_folder() -> None:
    targets = {str(copy.target) for copy in system_files()}

    assert "usr/lib/systemd/system/hearth-web.service" in targets
    assert "usr/lib/systemd/system/hearth-.service.d/10-sandbox.conf" in targets


def test_every_file_beside_the_units_has_a_place() -> None:
    laid_out = {copy.source for copy in system_files()}

    assert {path for path in (CHECKOUT / "services/systemd").rglob("*") if path.is_file()} == laid_out


def test_the_product_lays_itself_out_as_an_installed_distribution(tmp_path: Path) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    (samples / "letter.txt").write_text("Dear box")

    lay_out(tmp_path / "tree", samples=samples, version="1.2.3", maker=b"k" * 32)

    site = tmp_path / "tree/usr/lib/hearth/lib/python3.13/site-packages"
    assert (tmp_path / "tree/usr/share/hearth/samples/letter.txt").read_text() == "Dear box"
    assert (tmp_path / "tree/usr/lib/hearth/bin/python").readlink() == Path("/usr/bin/python3.13")
    assert (site / "systemd").readlink() == Path("/usr/lib/python3/dist-packages/systemd")
    assert list(site.glob("hearth-*.dist-info/METADATA"))


def test_the_metadata_names_version_licence_and_command() -> None:
    files = distribution_files(PROJECT)

    assert "Version: 1.2.3\n" in files["METADATA"]
    assert "License-Expression: Apache-2.0\n" in files["METADATA"]
    assert files["entry_points.txt"] == "[console_scripts]\nhearth = services.command:main\n"


def test_the_command_runs_in_the_environment_of_the_device() -> None:
    script = command_script("services.command:main")

    assert script.startswith("#!/usr/lib/hearth/bin/python\n")
    assert "from services.command import main\n" in script
