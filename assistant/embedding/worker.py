"""The embedding process: holds the ONNX model and turns batches of texts into unit vectors until its socket closes."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy
import onnxruntime
import tokenizers
from numpy.typing import NDArray

from assistant.embedding.counting import TOKENS
from assistant.embedding.frames import LENGTH, FrameError, decode_header, encode_frame, header_length

_BATCH: Final = 16


class Model:
    """A sentence embedding model: `model.onnx` and `tokenizer.json` of one folder."""

    def __init__(self, folder: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # An idle box must be idle: the threads sleep between batches instead of spinning.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        # A longer text is represented by its beginning; passages are cut so that theirs fit.
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        """One row of unit length a text. Texts of like length share a batch, so that little is padded."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        rows: list[NDArray[numpy.float32] | None] = [None] * len(texts)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            for index, row in zip(batch, self._run([texts[index] for index in batch]), strict=True):
                rows[index] = row
        return numpy.stack([row for row in rows if row is not None])

    def _run(self, texts: list[str]) -> NDArray[numpy.float32]:
        encoded = self._tokenizer.encode_batch(texts)
        inputs = {
            "input_ids": numpy.array([item.ids for item in encoded], dtype=numpy.int64),
            "attention_mask": numpy.array([item.attention_mask for item in encoded], dtype=numpy.int64),
        }
        (vectors,) = self._session.run(["embedding"], inputs)
        return numpy.asarray(vectors, dtype=numpy.float32)


def serve(connection: socket.socket) -> None:
    """Load the model that the first frame names, then answer each frame of texts with a frame of vectors."""
    onnxruntime.disable_telemetry_events()
    with connection:
        try:
            load = _receive(connection)
            model = Model(Path(load["model_folder"]), int(load["threads"]))
            connection.sendall(encode_frame({"loaded": True}))
            while True:
                vectors = model.embed(_receive(connection)["texts"])
                header = {"rows": vectors.shape[0], "columns": vectors.shape[1]}
                connection.sendall(encode_frame(header, vectors.astype("<f4").tobytes()))
        except (EOFError, FrameError, ConnectionError):
            return


def _receive(connection: socket.socket) -> dict[str, Any]:
    header, payload_bytes = decode_header(_exactly(connection, header_length(_exactly(connection, LENGTH.size))))
    _exactly(connection, payload_bytes)
    return header


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise EOFError
        received += part
    return bytes(received)
