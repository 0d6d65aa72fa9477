"""A key's life with the real product: made in a terminal, used by a program, seen with its last use, taken back."""

import subprocess
import sys

import httpx
import pytest

from tests.journeys.dialects.conftest import House
from tests.product import ROOT

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]


def hearth(house: House, deed: str, *words: str) -> str:
    """The `hearth key` command, typed on the machine that runs the node."""
    command = [sys.executable, "-m", "services.command", "key", deed, "--data", str(house.product.data), *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def status(house: House, key: str) -> int:
    with house.http() as http:
        return http.get(f"{house.url}/v1/models", headers={"x-api-key": key}).status_code


def test_a_key_is_made_used_seen_and_taken_back(house: House) -> None:
    secret = hearth(house, "create", "my editor")
    unused = hearth(house, "list")
    opened = status(house, secret)
    used = hearth(house, "list")
    key_id = next(line.split()[0] for line in used.splitlines() if "my editor" in line)
    hearth(house, "revoke", key_id)

    assert secret.startswith("sk-hearth-")
    assert secret not in unused
    assert "my editor  (never used)" in unused
    assert "my editor  (last used " in used
    assert (opened, status(house, secret)) == (httpx.codes.OK, httpx.codes.UNAUTHORIZED)
    assert "my editor" not in hearth(house, "list")


def test_a_key_that_is_not_there_is_a_sentence(house: House) -> None:
    command = [sys.executable, "-m", "services.command", "key", "revoke", "--data", str(house.product.data), "nothing"]

    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 1
    assert "There is no such key." in done.stderr
