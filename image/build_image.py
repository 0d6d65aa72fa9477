"""`make image`: the order in which the image is made, and what makes it necessary to make it again."""

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image import apt_sources, bill_of_materials, packing, product_tree, python_tree, signing, workshop
from image.build.checkout import BUILD, CHECKOUT, LOCKS, cache
from image.build.content_key import content_key
from image.build.errors import BuildError
from image.errors import ImageError, SetupMissingError
from image.workshop import IMAGE, Workshop, open_workshop

_SCRATCH = BUILD / "image"
_DEVICE_ENGINE = "/usr/lib/hearth/engine"
_DEVICE_GRAPHICS = "/usr/lib/hearth/graphics"
_DEVICE_MODELS = "/usr/share/hearth/models"
# The modules that decide what is on the image.
_RECIPE = (apt_sources, bill_of_materials, packing, product_tree, python_tree, workshop)
# The time stamp of every file where the checkout has no history: 1 January 2026.
_EPOCH_WITHOUT_HISTORY = 1767225600


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where `make setup` put what the image carries besides the checkout's own files."""

    engine: Path
    graphics: Path
    models: Path
    samples: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The files that one build leaves in build/."""

    raw: Path
    packed: Path
    kernel: Path
    manifest: Path
    checksums: Path


def main(argv: Sequence[str] | None = None) -> int:
    """Make the image unless it is there already; return an exit code."""
    parser = argparse.ArgumentParser(prog="make image", description="Build the image that goes onto a USB stick.")
    parser.add_argument("--fresh", action="store_true", help="take the newest Debian packages, not those of last time")
    try:
        make_image(fresh=parser.parse_args(argv).fresh)
    except (ImageError, BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def results(version: str) -> Results:
    """Return the names of what is made for `version`."""
    return Results(
        raw=BUILD / f"hearth_{version}.raw",
        packed=BUILD / f"hearth_{version}.raw.zst",
        kernel=BUILD / f"hearth_{version}.efi",
        manifest=BUILD / f"hearth_{version}.manifest.json",
        checksums=BUILD / "SHA256SUMS",
    )


def places(file: Path) -> Places:
    """Read the file in which `make setup` noted where things lie; raises SetupMissingError."""
    if not file.is_file():
        msg = f"{file} is missing: engine and models are not built yet. Type `make setup-image` first."
        raise SetupMissingError(msg)
    noted = tomllib.loads(file.read_text())["places"]
    if "graphics" not in noted:
        msg = "The module for graphics cards is not built yet. Type `make setup-image` first."
        raise SetupMissingError(msg)
    return Places(
        engine=Path(noted["engine"]),
        graphics=Path(noted["graphics"]),
        models=Path(noted["models"]),
        samples=Path(noted["samples"]),
    )


def inputs_key(carried: Places, epoch: int, *, version: str = "", maker: bytes = b"") -> str:
    """Return the key that changes with anything that the image is made from, Debian's archive aside."""
    configuration = [
        path for top in sorted(IMAGE.glob("mkosi*")) for path in sorted([top, *top.rglob("*")]) if path.is_file()
    ]
    recipe = [Path(str(module.__file__)) for module in _RECIPE]
    copied = [copy.source for copy in (*product_tree.package_files(), *product_tree.system_files())]
    samples = sorted(path for path in carried.samples.rglob("*") if path.is_file())
    files = [*configuration, *recipe, *copied, *samples, CHECKOUT / "pyproject.toml", LOCKS / "run.lock"]
    named = [str(path.relative_to(CHECKOUT)) for path in files if path.is_relative_to(CHECKOUT)]
    # Engine, module and models lie under content keys of their own.
    carried_keys = (carried.engine.name, carried.graphics.name, carried.models.name)
    return content_key(*carried_keys, str(epoch), version, maker.hex(), *named, *files)


def last_change() -> int:
    """Return the time of the last commit that touched what is on the image, in seconds since 1970."""
    asked = ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%ct", "--", "image/mkosi*", *product_tree.PACKAGES]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False)
    return int(answer.stdout.strip() or _EPOCH_WITHOUT_HISTORY) if answer.returncode == 0 else _EPOCH_WITHOUT_HISTORY


def image_key(version: str) -> str:
    """What the image of this version is made from, as one key; raises `SetupMissingError` or `SigningKeyError`."""
    return inputs_key(places(BUILD / "places.toml"), last_change(), version=version, maker=signing.public_key())


def make_image(*, fresh: bool = False, version: str = "") -> Results:
    """Make the image unless it is there already; without a version it is the product's own.

    Raises `ImageError` or `BuildError`.
    """
    version = version or bill_of_materials.product_version(CHECKOUT / "pyproject.toml")
    wanted, key = results(version), image_key(version)
    noted = _SCRATCH / f"content-key-{version}"
    is_there = wanted.raw.is_file() and wanted.checksums.is_file()
    if not fresh and is_there and noted.is_file() and noted.read_text() == key:
        print(f"{wanted.raw.relative_to(CHECKOUT)} is up to date.")
        return wanted
    carried, epoch = places(BUILD / "places.toml"), last_change()
    _SCRATCH.mkdir(parents=True, exist_ok=True)
    noted.unlink(missing_ok=True)
    if fresh:
        shutil.rmtree(cache() / "layers", ignore_errors=True)
    opened = open_workshop(_SCRATCH)
    site = python_tree.dependencies(opened)
    product = _product(carried, opened, version)
    _system(opened, carried, site, product, version, epoch)
    _publish(opened, wanted, carried, site)
    noted.write_text(key)
    _report(wanted)
    return wanted


def _product(carried: Places, tools: Workshop, version: str) -> Path:
    tree = _SCRATCH / "product"
    if tree.exists():
        shutil.rmtree(tree)
    product_tree.lay_out(tree, samples=carried.samples, version=version, maker=signing.public_key())
    python_tree.compile_tree(tree / python_tree.SITE.relative_to("/"), python_tree.SITE, tools)
    return tree


def _system(tools: Workshop, carried: Places, site: Path, product: Path, version: str, epoch: int) -> None:
    trees = {
        site: python_tree.SITE,
        carried.engine: _DEVICE_ENGINE,
        carried.graphics: _DEVICE_GRAPHICS,
        carried.models: _DEVICE_MODELS,
        product: "/",
    }
    arguments = [f"--extra-tree={source}:{target}" for source, target in trees.items()]
    tools.make(
        outputs=_SCRATCH / "outputs",
        arguments=["--image-version", version, "--source-date-epoch", str(epoch), *arguments],
        doing="Making the image: minutes the first time, then about one",
    )


def _publish(tools: Workshop, wanted: Results, carried: Places, site: Path) -> None:
    """Move what mkosi made to its final names, and add what belongs to a download."""
    outputs = _SCRATCH / "outputs"
    (outputs / wanted.raw.name).replace(wanted.raw)
    (outputs / wanted.kernel.name).replace(wanted.kernel)
    packages = outputs / f"{wanted.raw.stem}.manifest"
    version = wanted.raw.stem.partition("_")[2]
    bill = bill_of_materials.bill(version=version, debian=packages, site=site, models=carried.models)
    wanted.manifest.write_text(json.dumps(bill, indent=2) + "\n")
    packing.compress(wanted.raw, tools)
    wanted.checksums.write_text(packing.checksums([wanted.raw, wanted.packed, wanted.kernel, wanted.manifest]))


def _report(made: Results) -> None:
    on_disk = made.raw.stat().st_blocks * 512
    print(f"{made.raw.relative_to(CHECKOUT)}: {made.raw.stat().st_size / 1e9:.2f} GB, {on_disk / 1e9:.2f} GB on disk")
    print(f"{made.packed.relative_to(CHECKOUT)}: {made.packed.stat().st_size / 1e6:.0f} MB to download")


if __name__ == "__main__":
    sys.exit(main())
