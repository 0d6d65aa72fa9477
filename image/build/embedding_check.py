"""Checks that the int8 embedding model says what the full one says; runs in the product's own environment."""

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

# Reached by whole sentences; a single word, of which an int8 activation keeps less, comes out at about 0.97.
_LEAST_COSINE = 0.985
_SENTENCES = (
    "The warranty of the washing machine ends in March 2027.",
    "When can I no longer have my washing machine repaired for free?",
    "Rent is due on the third working day of each month, by bank transfer.",
    "def mean(values): return sum(values) / len(values)",
    "Der Zug nach Hamburg fährt um 8.15 Uhr von Gleis 7.",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen. " * 12,
    "Where is the key of the garden shed?",
)


def main(argv: list[str]) -> int:
    """Take the full model, the int8 model and the tokenizer; return 1, with a sentence, where the two disagree."""
    full, small, tokenizer = map(Path, argv)
    tokens = _tokens(Tokenizer.from_file(str(tokenizer)))
    cosines = (_embeddings(full, tokens) * _embeddings(small, tokens)).sum(axis=1)
    print("cosine of int8 to full precision:", " ".join(f"{cosine:.4f}" for cosine in cosines))
    if cosines.min() < _LEAST_COSINE:
        print(f"The int8 embedding model is too far from the full one: {cosines.min():.4f} < {_LEAST_COSINE}.")
        return 1
    return 0


def _tokens(tokenizer: Tokenizer) -> dict[str, npt.NDArray[np.int64]]:
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()
    encoded = tokenizer.encode_batch(list(_SENTENCES))
    return {
        "input_ids": np.array([sentence.ids for sentence in encoded], np.int64),
        "attention_mask": np.array([sentence.attention_mask for sentence in encoded], np.int64),
    }


def _embeddings(model: Path, tokens: dict[str, npt.NDArray[np.int64]]) -> npt.NDArray[np.float32]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    embeddings = np.asarray(session.run(["embedding"], tokens)[0], np.float32)
    if embeddings.shape != (len(_SENTENCES), 384) or not np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-3):
        raise SystemExit(f"{model.name} gives something else than one vector of length 1 a sentence.")
    return embeddings


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
