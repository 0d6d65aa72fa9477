import asyncio
import os
import signal
import sys
from pathlib import Path

import numpy
import pytest

from assistant.embedding.client import EmbeddingProcess
from assistant.embedding.frames import FrameError, decode_header, encode_frame, header_length
from assistant.errors import EmbedderUnavailableError

COUNTING_WORKER = """
import socket, struct
from assistant.embedding.frames import encode_frame
from assistant.embedding.worker import _receive
connection = socket.socket(fileno=0)
_receive(connection)
connection.sendall(encode_frame({"loaded": True}))
while True:
    texts = _receive(connection)["texts"]
    if "die" in texts:
        raise SystemExit(1)
    payload = b"".join(struct.pack("<2f", len(text), 1.0) for text in texts)
    connection.sendall(encode_frame({"rows": len(texts), "columns": 2}, payload))
"""


def process(folder: Path) -> EmbeddingProcess:
    (folder / "model.onnx").write_bytes(b"a model")
    return EmbeddingProcess((sys.executable, "-c", COUNTING_WORKER), folder)


async def test_vectors_come_back_in_the_order_of_the_texts(tmp_path: Path) -> None:
    embedder = process(tmp_path)

    vectors = await embedder.embed(["four", "to", "ünïcödé"])
    await embedder.close()

    assert vectors.dtype == numpy.float32
    assert vectors.tolist() == [[4, 1], [2, 1], [7, 1]]


async def test_a_process_that_died_is_told_and_started_again(tmp_path: Path) -> None:
    embedder = process(tmp_path)
    with pytest.raises(EmbedderUnavailableError):
        await embedder.embed(["die"])

    assert (await embedder.embed(["four"])).tolist() == [[4, 1]]

    assert embedder._process is not None
    os.kill(embedder._process.pid, signal.SIGKILL)
    with pytest.raises(EmbedderUnavailableError):
        await embedder.embed(["x"])
    assert len(await embedder.embed(["x"])) == 1
    await embedder.close()


async def test_a_caller_who_goes_away_costs_no_new_process(tmp_path: Path) -> None:
    embedder = process(tmp_path)
    await embedder.embed(["warm"])
    before = embedder._process

    gone = asyncio.create_task(embedder.embed(["gone"]))
    await asyncio.sleep(0)
    gone.cancel()
    await embedder.embed(["next"])

    assert embedder._process is before
    await embedder.close()


async def test_without_a_model_the_error_says_so(tmp_path: Path) -> None:
    embedder = EmbeddingProcess(("/no/such/program",), tmp_path)

    assert embedder.model == "none"
    with pytest.raises(EmbedderUnavailableError, match="not installed"):
        await embedder.embed(["x"])


async def test_another_model_file_is_another_model(tmp_path: Path) -> None:
    embedder = process(tmp_path)
    before = embedder.model

    (tmp_path / "model.onnx").write_bytes(b"A model")

    assert embedder.model != before


def test_a_frame_says_how_long_it_is_and_nonsense_is_refused() -> None:
    frame = encode_frame({"texts": ["ä"]}, b"1234")

    length = header_length(frame[:4])
    header, payload_bytes = decode_header(frame[4 : 4 + length])

    assert header["texts"] == ["ä"]
    assert frame[4 + length :] == b"1234"
    assert payload_bytes == 4
    for nonsense in (b"{}", b"[]", b"no", b'{"payload_bytes": -1}'):
        with pytest.raises(FrameError):
            decode_header(nonsense)
    with pytest.raises(FrameError):
        header_length(b"\xff\xff\xff\xff")
