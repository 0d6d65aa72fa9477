"""Checks that the requantised chat model loads and still knows something; runs in the product's own environment.

LLAMA_CPP_LIB_PATH must name the folder of the engine, as it must wherever the binding is used.
"""

import ctypes
import os
import sys
from pathlib import Path

import llama_cpp


def main(argv: list[str]) -> int:
    """Take the model and its context length; return 1, with a sentence, where the model is not what it should be."""
    model, context_tokens = Path(argv[0]), int(argv[1])
    load_processor_variants(Path(os.environ["LLAMA_CPP_LIB_PATH"]))
    chat = llama_cpp.Llama(str(model), n_ctx=256, n_threads=os.cpu_count(), verbose=False)
    if chat.metadata["llama.context_length"] != str(context_tokens):
        print(f"The chat model holds {chat.metadata['llama.context_length']} tokens, not {context_tokens}.")
        return 1
    answer = chat.create_chat_completion(
        messages=[{"role": "user", "content": "What is the capital of France?"}], max_tokens=24, temperature=0.0
    )["choices"][0]["message"]["content"]
    print("The chat model says:", answer)
    if "Paris" not in answer:
        print("The chat model no longer knows the capital of France: requantising broke it.")
        return 1
    return 0


def load_processor_variants(engine: Path) -> None:
    """Let the binding find what is made for this processor."""
    # By itself the binding looks only beside the Python program and in the working directory.
    ggml = ctypes.CDLL(str(engine / "libggml.so"))
    ggml.ggml_backend_load_all_from_path(str(engine).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
