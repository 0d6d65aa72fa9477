"""The file that tells the product where its parts lie."""

import tomllib
from pathlib import Path

from image.build.places import places_toml


def test_the_places_can_be_read_back() -> None:
    """Whatever characters a home folder has."""
    text = places_toml(engine=Path('/home/a "b"/engine'), models=Path("/home/ä/models"))

    assert tomllib.loads(text)["places"] == {"engine": '/home/a "b"/engine', "models": "/home/ä/models"}
