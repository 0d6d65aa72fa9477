"""What can go wrong while Hearth is set up, each as a sentence that a person can act on."""

from pathlib import Path


class BuildError(Exception):
    """Something that the build needs is missing or broke; the message says what to do."""


class CommandFailedError(BuildError):
    """A program that the build started ended with an error; its log says why."""

    def __init__(self, doing: str, argv: list[str], exit_code: int, log: Path | None, last_words: str) -> None:
        """`last_words` are the last lines that the program printed."""
        where = f" The whole log is {log}." if log else ""
        super().__init__(f"{doing} failed: {argv[0]} ended with exit code {exit_code}.{where}\n{last_words}".rstrip())


class PackagesMissingError(BuildError):
    """Debian packages are missing and this user may not install them; the message holds the command that does."""

    def __init__(self, names: list[str]) -> None:
        """`names` are the packages that are not installed."""
        command = f"apt-get install --no-install-recommends {' '.join(names)}"
        super().__init__(f"These Debian packages are missing. Type this as root, then start again:\n    {command}")


class UnsupportedMachineError(BuildError):
    """This host is not one that Hearth can be built on."""


class LockError(BuildError):
    """A lock file does not hold what the build looks for; `make lock` writes it anew."""


class RecipeError(BuildError):
    """The source that was fetched no longer fits our recipe, so the recipe has to be changed with it."""


class ModelCheckError(BuildError):
    """A model that was made does not give the answers that its original gives."""
