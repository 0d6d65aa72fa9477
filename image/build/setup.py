"""`make setup`: makes a fresh Debian able to run Hearth, and does nothing where that is done already."""

import argparse
import platform
import sys

from firmware.probe import probe
from firmware.profile import profile
from image.build import engine, environment, graphics, models, node, packages, places
from image.build.errors import BuildError, UnsupportedMachineError


def main(argv: list[str]) -> int:
    """Set up for running, and for the further purposes that are named."""
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__)
    parser.add_argument("further", nargs="*", choices=[[], "graphics", "image", "test"], help="what else to set up for")
    further: list[str] = parser.parse_args(argv).further
    try:
        set_up(further)
    except BuildError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What is whole is kept; start again to go on.", file=sys.stderr)
        return 130
    return 0


def set_up(further: list[str]) -> None:
    """Install Debian packages, the Python environment, engine and models, and npm packages for tests; or BuildError."""
    if platform.machine() != "x86_64":
        raise UnsupportedMachineError(f"Hearth runs on 64-bit PCs (x86_64); this is {platform.machine()}.")
    packages.ensure(["run", *(purpose for purpose in further if purpose != "graphics")])
    environment.ensure("test" if "test" in further else "run")
    engine.ensure()
    if "graphics" in further or _has_graphics():
        packages.ensure(["graphics", "graphics-driver"])
        graphics.ensure()
    elif "image" in further:
        packages.ensure(["graphics"])
        graphics.ensure()
    models.ensure()
    places.write()
    if "test" in further:
        if node.is_missing():
            packages.ensure(["node"])
        node.ensure()


def _has_graphics() -> bool:
    """Return whether this PC has a graphics card that Hearth would compute on."""
    return profile(probe()).gpu_layers > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
