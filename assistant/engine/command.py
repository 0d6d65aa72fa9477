"""The command line of `llama-server` for this node: a pure function of settings and profile."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """What a running engine needs to know."""

    program: Path
    """The `llama-server` executable."""
    model: Path
    """A GGUF file."""
    socket: Path
    """The Unix socket to listen on; its name ends in `.sock`, which is how llama-server tells it from an address."""
    key_file: Path
    """A file that holds the key every request has to bring."""
    threads: int
    """Threads for decoding (one token at a time)."""
    batch_threads: int
    """Threads for prefill (the prompt)."""
    batch: int
    """Tokens of a prompt that are computed at once."""
    context_tokens: int
    """Tokens a single request may use, prompt and answer together."""
    slots: int
    """Requests served at the same time."""
    prompt_cache_mib: int
    """Memory for conversations that may come back when others took their places."""
    gpu_layers: int = 0
    """Layers of the model that a GPU holds; 0 computes on the CPU."""
    device: str = ""
    """The GPU, as the engine names it."""


def command(options: EngineOptions) -> list[str]:
    """The argument list that starts `llama-server`; it is never handed to a shell."""
    return [
        str(options.program),
        *("--model", str(options.model)),
        *("--host", str(options.socket)),
        *("--api-key-file", str(options.key_file)),
        *("--threads", str(options.threads)),
        *("--threads-batch", str(options.batch_threads)),
        *("--ubatch-size", str(options.batch)),
        *("--ctx-size", str(options.context_tokens * options.slots)),
        *("--parallel", str(options.slots)),
        *("--cache-ram", str(options.prompt_cache_mib)),
        *("--n-gpu-layers", str(options.gpu_layers)),
        *(("--device", options.device) if options.device else ()),
        "--jinja",
        "--offline",
        "--no-slots",
        "--no-warmup",
    ]
