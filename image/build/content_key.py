"""Names for made things: a short key that changes exactly when what the thing was made from changes."""

import hashlib
from pathlib import Path


def content_key(*ingredients: str | Path) -> str:
    """Return 16 hex digits that stand for these words and the bytes of these files, in this order."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        content = ingredient.read_bytes() if isinstance(ingredient, Path) else ingredient.encode()
        digest.update(f"{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()[:16]
