"""`llama-bench` side by side: our build and one for this processor; the model as shipped and as we have it."""

import json
import subprocess
import tempfile
from pathlib import Path

from image.build import engine, models
from tests.bench.streams import median

PROMPT_TOKENS, TOKENS = 256, 48


def speed(program: Path, model: Path, *, threads: int, prompt: int, tokens: int) -> float:
    """Tokens a second of one run."""
    command = [
        *(str(program), "--model", str(model), "--threads", str(threads), "--repetitions", "1"),
        *("--n-prompt", str(prompt), "--n-gen", str(tokens), "--output", "json"),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(told.stdout)[0]["avg_ts"])


def dispatch_vs_native(*, threads: int, rounds: int) -> dict[str, float]:
    """Our build against one that was compiled for this processor alone, reading and writing; the worse of the two."""
    ours, native = engine.folder() / "llama-bench", engine.ensure_native() / "llama-bench"
    model = models.folder() / "chat.gguf"
    ratios = {}
    for name, prompt, tokens in (("reading", PROMPT_TOKENS, 0), ("writing", 0, TOKENS)):
        each = [
            speed(ours, model, threads=threads, prompt=prompt, tokens=tokens)
            / speed(native, model, threads=threads, prompt=prompt, tokens=tokens)
            for _ in range(rounds)
        ]
        ratios[f"dispatch_vs_native_{name}"] = median(each)
    return {"dispatch_vs_native": min(ratios.values()), **ratios}


def prompt_vs_q4_1(*, threads: int, rounds: int) -> dict[str, float]:
    """Prompts read with our weights against the same weights in the form in which their package ships them."""
    model = models.folder() / "chat.gguf"
    with tempfile.TemporaryDirectory(prefix="hearth-bench-") as folder:
        shipped = Path(folder) / "q4_1.gguf"
        command = [str(engine.folder() / "llama-quantize"), "--allow-requantize", str(model), str(shipped), "Q4_1"]
        subprocess.run(command, capture_output=True, check=True)
        bench = engine.folder() / "llama-bench"
        each = [
            speed(bench, model, threads=threads, prompt=PROMPT_TOKENS, tokens=0)
            / speed(bench, shipped, threads=threads, prompt=PROMPT_TOKENS, tokens=0)
            for _ in range(rounds)
        ]
    return {"prompt_tps_vs_shipped_q4_1": median(each)}
