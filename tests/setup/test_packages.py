"""The lists of Debian packages, and what is said to somebody who may not install them."""

import re

from image.build import packages
from image.build.errors import PackagesMissingError


def test_a_list_has_one_package_a_line_and_reasons() -> None:
    """Comments and empty lines are no packages."""
    text = "# heading\n\ncmake         # builds the engine\nzstd\n"

    assert packages.parsed(text) == [("cmake", "builds the engine"), ("zstd", "")]


def test_every_list_is_sorted_and_names_packages_as_debian_does() -> None:
    """A reader finds a package, and a slip of the pen is seen before apt-get sees it."""
    for purpose in ("run", "image", "test", "node", "graphics", "graphics-driver"):
        names = list(packages.needed([purpose]))

        assert names == sorted(names)
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9.+-]+", name) for name in names)


def test_who_may_not_install_packages_reads_the_command_to_type() -> None:
    """The sentence holds a whole command."""
    problem = PackagesMissingError(["cmake", "zstd"])

    assert "apt-get install --no-install-recommends cmake zstd" in str(problem)
