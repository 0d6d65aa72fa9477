"""Which models of this node others may be told of; the digest of a file is computed once for each of its versions."""

import json

from assistant.generation.models import digest_of
from mesh.report import ModelOffer
from services.settings import Places


class Inventory:
    """The chat model that the engine has loaded."""

    def __init__(self, places: Places, context_tokens: int) -> None:
        self._places = places
        self._context_tokens = context_tokens
        self._known: dict[tuple[str, int, int], ModelOffer] = {}

    def offers(self) -> tuple[ModelOffer, ...]:
        """What lies here now; a file that is read for the first time takes a moment."""
        file = self._places.models / "chat.gguf"
        try:
            looked = file.stat()
        except FileNotFoundError:
            return ()
        version = (str(file), looked.st_size, looked.st_mtime_ns)
        if version not in self._known:
            told = self._places.models / "chat.json"
            name = json.loads(told.read_text(encoding="utf-8")).get("name") if told.exists() else None
            self._known[version] = ModelOffer(
                name="-".join(str(name or file.stem).lower().split()),
                digest=digest_of(file),
                size_bytes=looked.st_size,
                is_loaded=True,
                context_tokens=self._context_tokens,
            )
        return (self._known[version],)
