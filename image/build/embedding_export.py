"""Writes the embedding model as ONNX, once in full precision and once in int8, from its safetensors file.

Started as a program of its own in the throwaway environment of models.lock.
"""

import sys
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from image.build.embedding_graph import minilm


def main(argv: list[str]) -> int:
    """Take the safetensors file and the two ONNX files to write: full precision, and int8."""
    weights, full, small = map(Path, argv)
    onnx.save(minilm(load_file(weights)), full)
    # One scale a channel: with one a tensor the vectors come out visibly different (cosine 0.92 in place of 0.99).
    quantize_dynamic(
        full,
        small,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
