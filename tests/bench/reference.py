"""The embedding model as its makers publish it: sentence-transformers in full precision on PyTorch, with one thread.

Started by `tests/bench/embedders.py` with the Python of a throw-away environment, which has these packages: neither the
product nor its tests do. Each line that comes is a list of texts; each line that goes is what they cost.
"""

import json
import resource
import sys
from pathlib import Path

import numpy
import torch
from sentence_transformers import SentenceTransformer


def cpu_seconds() -> float:
    """What this process has used of the processor."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(model_folder: str, vectors_file: str) -> None:
    """Answer each line of texts, and keep their vectors in the file."""
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    model = SentenceTransformer(model_folder, device="cpu")
    for line in sys.stdin:
        began = cpu_seconds()
        vectors = model.encode(json.loads(line), normalize_embeddings=True, show_progress_bar=False)
        spent = cpu_seconds() - began
        numpy.save(Path(vectors_file), vectors)
        print(json.dumps({"cpu_seconds": spent}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
