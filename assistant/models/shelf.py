"""The models that the owner brought: each file under the digest of its bytes, and one list of what they are called."""

import json
import logging
import threading
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from assistant.clock import Clock
from assistant.models.errors import ModelExistsError, UnfitModelError
from assistant.models.facts import ModelFacts, facts_of
from assistant.models.gguf import Head, read_head
from assistant.models.names import fit_name
from firmware.durable import sync_folder, write_durably

LIST: Final = "models.json"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A model that the owner brought, as the list keeps it."""

    name: str
    sha256: str
    size_bytes: int
    licence: str
    source: str
    """Where it came from, as people say it."""
    added_at: float

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.sha256}.gguf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model that is here and was checked."""

    owned: Owned
    facts: ModelFacts
    metadata: Mapping[str, str] = field(default_factory=dict)


class ModelShelf:
    """A folder of models. Blocking where it says so; safe from several threads."""

    def __init__(self, folder: Path, *, reserved: Collection[str], clock: Clock) -> None:
        """`reserved` are the names of what comes with the product. Reads the head of every file."""
        self.folder = folder
        self.incoming = folder / "incoming"
        self._reserved = frozenset(name.casefold() for name in reserved)
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, Known] = {}
        self._chosen = ""
        self.incoming.mkdir(parents=True, exist_ok=True)
        _sweep(self.incoming)
        self._load()

    @property
    def chosen(self) -> str:
        """The model that answers from the files; empty for the one that comes with the product."""
        return self._chosen if self._chosen in self._known else ""

    def all(self) -> tuple[Known, ...]:
        """Every model, in the order in which they came."""
        return tuple(self._known.values())

    def find(self, name: str) -> Known | None:
        """The model of this name."""
        return self._known.get(name.strip().casefold().removesuffix(":latest"))

    def path(self, owned: Owned) -> Path:
        """Where its file lies."""
        return self.folder / owned.file

    def free_name(self, name: str) -> str:
        """The name in its one spelling; raises `ModelNameError`, or `ModelExistsError` where it is taken."""
        name = fit_name(name)
        if name in self._known or name in self._reserved:
            raise ModelExistsError(name)
        return name

    def add(self, file: Path, *, name: str, sha256: str, licence: str, source: str) -> Known:
        """Take a file in, from the folder of what is incoming, under its digest. Blocking.

        Raises `UnfitModelError`, `ModelNameError` or `ModelExistsError`; the file is then still where it was.
        """
        name = self.free_name(name)
        head = read_head(file)
        owned = Owned(
            name=name,
            sha256=sha256,
            size_bytes=head.size_bytes,
            licence=licence or str(head.metadata.get("general.license", "")),
            source=source,
            added_at=self._clock.now().timestamp(),
        )
        known = Known(owned=owned, facts=facts_of(head), metadata=told(head))
        with self._lock:
            self.free_name(name)
            file.chmod(0o640)  # the engine reads it by the folder's group
            file.replace(self.path(owned))
            sync_folder(self.folder)
            self._keep({**self._known, name: known}, self._chosen)
        return known

    def copy(self, known: Known, name: str) -> Known:
        """The same model under another name; raises `ModelNameError` or `ModelExistsError`."""
        with self._lock:
            name = self.free_name(name)
            added = replace(known, owned=replace(known.owned, name=name, added_at=self._clock.now().timestamp()))
            self._keep({**self._known, name: added}, self._chosen)
        return added

    def remove(self, known: Known) -> None:
        """Forget a model, and delete its file where no other name stands for it."""
        with self._lock:
            rest = {name: one for name, one in self._known.items() if name != known.owned.name}
            self._keep(rest, self._chosen if self._chosen in rest else "")
            if all(one.owned.sha256 != known.owned.sha256 for one in rest.values()):
                self.path(known.owned).unlink(missing_ok=True)

    def choose(self, name: str) -> None:
        """Let this model answer from the files; an empty name takes the one that comes with the product."""
        with self._lock:
            self._keep(self._known, name)

    def _keep(self, known: Mapping[str, Known], chosen: str) -> None:
        content = {"chosen": chosen, "models": [asdict(one.owned) for one in known.values()]}
        # The mesh reads by the folder's group what the files are called, and tells it to the other nodes.
        write_durably(self.folder / LIST, (json.dumps(content, indent=2) + "\n").encode(), 0o640)
        self._known, self._chosen = dict(known), chosen

    def _load(self) -> None:
        for owned, chosen in _listed(self.folder / LIST):
            try:
                head = read_head(self.path(owned))
                self._known[owned.name] = Known(owned=owned, facts=facts_of(head), metadata=told(head))
            except (OSError, UnfitModelError) as error:
                log.warning("A model of the list cannot be used and is left out: %s", error)
            self._chosen = chosen


def told(head: Head) -> dict[str, str]:
    """The single values of a head as text."""
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in head.metadata.items()
        if not isinstance(value, tuple)
    }


def _sweep(incoming: Path) -> None:
    """Delete what broke off while it was imported; parts of downloads stay, to go on from."""
    for path in incoming.iterdir():
        if path.suffix != ".part":
            path.unlink(missing_ok=True)


def _listed(file: Path) -> list[tuple[Owned, str]]:
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [(Owned(**one), str(content["chosen"])) for one in content["models"]]
