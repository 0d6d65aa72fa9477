"""What the page of programs says to type works as it stands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from image.build.node import FOLDER
from tests.journeys.dialects.conftest import House
from webui.snippets import CERTIFICATE, snippets

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


@pytest.mark.parametrize("number", range(5), ids=["openai", "anthropic", "ollama", "node", "curl"])
def test_a_snippet_works_as_it_stands(house: House, tmp_path: Path, number: int) -> None:
    snippet = snippets(house.url, house.key)[number]
    (tmp_path / CERTIFICATE).write_bytes(Path(house.certificate).read_bytes())
    command = [sys.executable, "-c", snippet.code]
    if snippet.title == "curl":
        command = ["/bin/sh", "-c", snippet.code]
    elif "Node.js" in snippet.title:
        (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
        (tmp_path / "ask.mjs").write_text(snippet.code)
        command = ["node", "ask.mjs"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "SSL_CERT_FILE": CERTIFICATE, "NODE_EXTRA_CA_CERTS": CERTIFICATE},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "Sources:" in done.stdout
