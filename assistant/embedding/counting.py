"""Counts the tokens of a text as the embedding model reads it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import tokenizers

TOKENS: Final = 256
"""What the model reads of one text."""


class TokenCounter(Protocol):
    """Counts tokens."""

    def counts(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, those that frame it included."""
        ...


class EmbeddingTokens:
    """The vocabulary in `tokenizer.json` of the embedding model's folder, read at the first use."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "tokenizer.json"
        self._tokenizer: tokenizers.Tokenizer | None = None

    def counts(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text; the whole text counts, however long."""
        if self._tokenizer is None:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(self._file))
            self._tokenizer.no_truncation()
            self._tokenizer.no_padding()
        return [len(encoded.ids) for encoded in self._tokenizer.encode_batch(list(texts))]
