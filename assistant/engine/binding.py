"""The only door to llama-cpp-python: it counts tokens and reads GGUF metadata, on the engine's own libraries."""

import ctypes
import importlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

from assistant.engine.errors import EngineNotFoundError
from assistant.engine.message import Message

# llama.h, enum llama_token_attr
_CONTROL: Final = 1 << 3
_WRITTEN_APART: Final = 1 << 4
_IN_BRACKETS: Final = re.compile(r"<\S+>|\[\S+\]")


class Tokenizer(Protocol):
    """Counts tokens as the loaded model would."""

    def count(self, text: str) -> int:
        """Tokens of `text` alone."""
        ...

    def render(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole conversation in the model's chat template, up to where the answer begins."""
        ...

    def plain(self, text: str) -> str:
        """The text with every sign of the chat template in it broken up, so that the model reads it as mere words."""
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
        self._signs = _signs(binding, self._llama)

    def count(self, text: str) -> int:
        """Tokens of `text` alone."""
        return len(self._llama.tokenize(text.encode(), add_bos=False, special=False))

    def render(self, messages: Sequence[Message]) -> int:
        """Tokens of the whole conversation in the model's chat template."""
        turns = [{"role": message.role, "content": message.text} for message in messages]
        prompt: str = self._formatter(messages=turns).prompt
        return len(self._llama.tokenize(prompt.encode(), add_bos=False, special=True))

    def plain(self, text: str) -> str:
        """See `Tokenizer.plain`."""
        return self._signs.sub(lambda sign: f"{sign[0][0]} {sign[0][1:]}", text)

    def _special(self, metadata: dict[str, str], which: str) -> str:
        token = int(metadata.get(f"tokenizer.ggml.{which}_token_id", -1))
        if token < 0:
            return ""
        text: bytes = self._llama.detokenize([token], special=True)
        return text.decode("utf-8", "replace")


def _signs(binding: ModuleType, llama: Any) -> re.Pattern[str]:
    """Every token of the vocabulary that is a sign to the model and no word, such as the end of a turn."""
    vocabulary = binding.llama_model_get_vocab(llama._model.model)  # noqa: SLF001 - the binding has no other way to it
    found = set()
    for token in range(llama.n_vocab()):
        attributes = binding.llama_vocab_get_attr(vocabulary, token)
        text = binding.llama_vocab_get_text(vocabulary, token).decode("utf-8", "replace")
        # Those that are merely written apart, as runs of spaces are, are no signs.
        if attributes & _CONTROL or (attributes & _WRITTEN_APART and _IN_BRACKETS.fullmatch(text)):
            found.add(text)
    longest_first = sorted((sign for sign in found if len(sign) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


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
