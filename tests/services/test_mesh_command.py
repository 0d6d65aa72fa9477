"""What `hearth mesh open` asks about a box that knocks, and what is done then."""

import io
import json

import httpx
import pytest

from services.command.mesh import decide

REQUEST = {"session": "0" * 32, "name": "Cellar", "address": "10.0.0.9", "words": ["amber", "basil", "comet", "dust"]}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("yes\n\n", ("approve", {"role": "worker"})),
        ("y\nclient\n", ("approve", {"role": "client"})),
        ("yes\nhome\n\x20s\n", ("approve", {"role": "storage"})),
        ("no\n", ("refuse", None)),
        ("\n", ("refuse", None)),
    ],
)
def test_the_owner_says_whether_and_as_what_a_box_is_let_in(
    typed: str, asked: tuple[str, dict[str, str] | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[str, dict[str, str] | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append((request.url.path.rpartition("/")[2], json.loads(request.content) if request.content else None))
        return httpx.Response(200, json={})

    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://box") as client:
        code = decide(client, REQUEST)

    assert heard == [asked]
    assert code == (0 if asked[0] == "approve" else 1)
