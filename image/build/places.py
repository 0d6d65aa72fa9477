"""Tells the product where the engine, the models and the sample files of this checkout lie: `build/places.toml`."""

import json
from pathlib import Path

from image.build import engine, graphics, models
from image.build.checkout import BUILD, CHECKOUT

FILE = BUILD / "places.toml"


def write() -> None:
    """Write the file that `hearth run --config` reads, unless it says the same already."""
    places = {"engine": engine.folder(), "models": models.folder(), "samples": CHECKOUT / "services" / "samples"}
    if graphics.is_built():
        places["graphics"] = graphics.folder()
    text = places_toml(**places)
    if not FILE.is_file() or FILE.read_text() != text:
        FILE.parent.mkdir(exist_ok=True)
        FILE.write_text(text)


def places_toml(**places: Path) -> str:
    """Return the TOML that names these folders."""
    lines = [f"{name} = {json.dumps(str(place))}" for name, place in places.items()]
    return "\n".join(["# Written by make setup.", "[places]", *lines, ""])
