"""The only door to llama-cpp-python: it counts tokens and reads GGUF metadata, on the engine's own libraries."""

import ctypes
import importlib
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Protocol

from assistant.engine.errors import EngineNotFoundError
from assistant.engine.message import Message


class Tokenizer(Protocol):
    """Counts tokens as the loaded model would."""

    def count(self, text: str) -> int:
        """Tokens of `text` alone."""
        ...

    def render(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole conversation in the model's chat template, up to where the answer begins."""
        ...


class LlamaTokenizer:
    """The vocabulary of a GGUF file, without its weights."""

    def __init__(self, *, model: Path, engine: Path) -> None:
        binding = _import_binding(engine)
        self._llama = binding.Llama(model_path=str(model), vocab_only=True, verbose=False)
        metadata: dict[str, str] = self._llama.metadata
        self.metadata = dict(metadata)
        """What stands in the head of the GGUF file."""
        self._formatter = binding.llama_chat_format.Jinja2ChatFormatter(
            template=metadata["tokenizer.chat_template"],
            eos_token=self._special(metadata, "eos"),
            bos_token=self._special(metadata, "bos"),
        )

    def count(self, text: str) -> int:
        """Tokens of `text` alone."""
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def render(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole conversation in the model's chat template."""
        turns = [{"role": message.role, "content": message.text} for message in messages]
        prompt: str = self._formatter(messages=turns).prompt
        return len(self._llama.tokenize(prompt.encode(), add_bos=False, special=True))

    def _special(self, metadata: dict[str, str], which: str) -> str:
        token = int(metadata.get(f"tokenizer.ggml.{which}_token_id", -1))
        if token < 0:
            return ""
        text: bytes = self._llama.detokenize([token], special=True)
        return text.decode("utf-8", "replace")


def _import_binding(engine: Path) -> ModuleType:
    """llama-cpp-python on the libraries in `engine`, which it looks for through its own environment variable."""
    if not (engine / "libllama.so").exists():
        message = f"There is no engine in {engine}. Run `make setup` to build it."
        raise EngineNotFoundError(message)
    os.environ["LLAMA_CPP_LIB_PATH"] = str(engine)
    # It opens its libraries when it is imported, so the path has to be set first.
    binding = importlib.import_module("llama_cpp")
    # It looks for the CPU variants only beside the Python executable and in the working directory; ours lie elsewhere.
    ctypes.CDLL(str(engine / "libggml.so")).ggml_backend_load_all_from_path(str(engine).encode())
    return binding
