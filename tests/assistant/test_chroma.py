"""Chroma stays a library in our own process: no server, no client of one, and nothing that a user says sets it up."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("assistant", "firmware", "mesh", "services", "webui")
OPENS = """
import json, sys
from pathlib import Path
import numpy
from assistant.identifiers import HOUSEHOLD
from assistant.vectors import VectorIndex
index = VectorIndex(Path(sys.argv[1]))
index.open()
index.add(HOUSEHOLD, [7], numpy.eye(4, dtype=numpy.float32)[:1])
hits = index.search(numpy.eye(4, dtype=numpy.float32)[0], [HOUSEHOLD], 1)
sockets = [line for name in ("tcp", "tcp6") for line in Path("/proc/self/net", name).read_text().splitlines()[1:]]
inodes = {path.readlink().name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()}
ours = [line for line in sockets if f"socket:[{line.split()[9]}]" in inodes]
server = type(index._client._server)
name = f"{server.__module__}.{server.__name__}"
print(json.dumps({"server": name, "found": [hit.passage for hit in hits], "sockets": ours}))
index.close()
"""
HOSTILE = {
    "CHROMA_API_IMPL": "chromadb.api.fastapi.FastAPI",
    "CHROMA_SERVER_HOST": "127.0.0.1",
    "CHROMA_SERVER_HTTP_PORT": "9",
    "PERSIST_DIRECTORY": "/tmp/elsewhere",
    "ALLOW_RESET": "true",
}


def test_one_module_speaks_to_chroma_and_to_its_embedded_client_alone() -> None:
    """CVE-2026-45829, 45830, 45831 and 45833 are all in Chroma's HTTP server."""
    imports: dict[str, list[str]] = {}
    used = set()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                named = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                for name in named:
                    if name.partition(".")[0] == "chromadb":
                        imports.setdefault(str(file.relative_to(ROOT)), []).append(name)
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "chromadb":
                    used.add(node.attr)

    assert list(imports) == ["assistant/vectors.py"]
    assert not [name for name in imports["assistant/vectors.py"] if "server" in name or "fastapi" in name]
    assert used == {"PersistentClient", "Settings"}


def test_neither_the_environment_nor_a_file_where_hearth_was_started_sets_chroma_up(tmp_path: Path) -> None:
    """Seen failing: with these words in `.env`, the vectors went to an HTTP server."""
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in HOSTILE.items()))

    done = subprocess.run(
        [sys.executable, "-c", OPENS, str(tmp_path / "vectors")],
        cwd=tmp_path,
        env={**os.environ, **HOSTILE, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"server": "chromadb.api.rust.RustBindingsAPI", "found": [7], "sockets": []}
    assert (tmp_path / "vectors" / "chroma.sqlite3").exists()
