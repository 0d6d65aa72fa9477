"""The embedding process: holds the ONNX model and turns batches of texts into unit vectors until its socket closes."""

import os
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy
import onnxruntime
import tokenizers
from numpy.typing import NDArray

from assistant.embedding.counting import TOKENS
from assistant.embedding.frames import LENGTH, FrameError, decode_header, encode_frame, header_length


class Model:
    """A sentence embedding model: `model.onnx` and `tokenizer.json` of one folder."""

    def __init__(self, folder: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # An idle box must be idle: the threads sleep between batches instead of spinning.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._side_by_side = ThreadPoolExecutor(max(1, len(os.sched_getaffinity(0)) // threads))
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        # A longer text is represented by its beginning; passages are cut so that theirs fit.
        self._tokenizer.enable_truncation(TOKENS)
        self._tokenizer.no_padding()  # its file says that every text is filled up to 128 tokens

    def embed(self, texts: Sequence[str], *, hurry: bool = False) -> NDArray[numpy.float32]:
        """One row of unit length a text; in a hurry on all processors.

        Each text is run alone: in one batch they cost up to a third more, as they are padded to one length and leave
        the processor's cache, and the steps of an activation in int8 would depend on the texts beside it.
        """
        runs = self._side_by_side.map(self._run, texts) if hurry else map(self._run, texts)
        return numpy.stack(list(runs))

    def _run(self, text: str) -> NDArray[numpy.float32]:
        encoded = self._tokenizer.encode(text)
        inputs = {
            "input_ids": numpy.array([encoded.ids], dtype=numpy.int64),
            "attention_mask": numpy.array([encoded.attention_mask], dtype=numpy.int64),
        }
        (vectors,) = self._session.run(["embedding"], inputs)
        return numpy.asarray(vectors[0], dtype=numpy.float32)


def serve(connection: socket.socket) -> None:
    """Load the model that the first frame names, then answer each frame of texts with a frame of vectors."""
    onnxruntime.disable_telemetry_events()
    with connection:
        try:
            load = _receive(connection)
            model = Model(Path(load["model_folder"]), int(load["threads"]))
            connection.sendall(encode_frame({"loaded": True}))
            while True:
                asked = _receive(connection)
                vectors = model.embed(asked["texts"], hurry=bool(asked.get("hurry")))
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
