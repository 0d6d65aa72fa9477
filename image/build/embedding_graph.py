"""all-MiniLM-L6-v2 as an ONNX graph, written from its weights alone: a six-layer BERT, mean pooling, unit length.

The architecture is that of Devlin et al., "BERT" (2018) with the sizes of `MiniLM-L6-H384`; the names of the weights
are those of the model's safetensors file. Runs in the throwaway environment of models.lock.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

Weights = Mapping[str, npt.NDArray[np.float32]]

_LAYERS, _HEADS, _HEAD_SIZE = 6, 12, 32
_HIDDEN = _HEADS * _HEAD_SIZE
_OPSET, _IR_VERSION = 20, 10
_MASKED = np.float32(-10000)  # what BERT adds to the score of a padding token


def minilm(weights: Weights) -> ModelProto:
    """Return the graph: `input_ids`, `attention_mask` int64 [b, s] in, `embedding` float32 [b, 384] of length 1 out."""
    graph = _Graph(weights)
    mask = graph.node("Cast", "attention_mask", to=TensorProto.FLOAT)
    x = _embeddings(graph)
    bias = _attention_bias(graph, mask)
    for layer in range(_LAYERS):
        x = _layer(graph, x, bias, f"encoder.layer.{layer}.")
    _pooled(graph, x, mask)
    model = graph.model()
    checker.check_model(model)
    return model


class _Graph:
    """The nodes and constants of a graph while it is written."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def node(self, operator: str, *inputs: str, output: str | None = None, **attributes: object) -> str:
        """Add one operation and return the name of what it gives."""
        name = output or f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> str:
        """Add a constant unless it is there, and return its name."""
        if name not in self._constants:
            array = np.ascontiguousarray(np.asarray(value, dtype=dtype))
            self._constants[name] = numpy_helper.from_array(array, name)
        return name

    def integers(self, *values: int) -> str:
        """Return the name of a constant that holds these integers."""
        return self.constant("integers_" + "_".join(map(str, values)), values, np.int64)

    def linear(self, x: str, name: str) -> str:
        """Add a dense layer."""
        weight = self.constant(f"{name}.weight.T", self.weights[f"{name}.weight"].T)
        return self.node("Add", self.node("MatMul", x, weight), self._weight(f"{name}.bias"))

    def normalised(self, x: str, name: str) -> str:
        """Add a layer normalisation."""
        scale, shift = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)

    def model(self) -> ModelProto:
        """Return what was written, with its inputs and its output."""
        inputs = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "s"])
            for name in ("input_ids", "attention_mask")
        ]
        output = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", _HIDDEN])
        constants = list(self._constants.values())
        graph = helper.make_graph(self._nodes, "all-MiniLM-L6-v2", inputs, [output], constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = _IR_VERSION
        return model

    def _weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])


def _embeddings(graph: _Graph) -> str:
    # Half precision halves the largest part of the file; it is looked up, never multiplied.
    words = graph.constant("words", graph.weights["embeddings.word_embeddings.weight"], np.float16)
    positions = graph.constant("positions", graph.weights["embeddings.position_embeddings.weight"])
    first_type = graph.constant("first_type", graph.weights["embeddings.token_type_embeddings.weight"][0])
    length = graph.node("Slice", graph.node("Shape", "input_ids"), graph.integers(1), graph.integers(2))
    position = graph.node("Slice", positions, graph.integers(0), length)
    word = graph.node("Cast", graph.node("Gather", words, "input_ids"), to=TensorProto.FLOAT)
    summed = graph.node("Add", word, graph.node("Add", position, first_type))
    return graph.normalised(summed, "embeddings.LayerNorm")


def _attention_bias(graph: _Graph, mask: str) -> str:
    one, masked = graph.constant("one", np.float32(1)), graph.constant("masked", _MASKED)
    spread = graph.node("Unsqueeze", mask, graph.integers(1, 2))
    return graph.node("Mul", graph.node("Sub", one, spread), masked)


def _layer(graph: _Graph, x: str, bias: str, name: str) -> str:
    attended = graph.linear(_attention(graph, x, bias, name + "attention.self."), name + "attention.output.dense")
    x = graph.normalised(graph.node("Add", x, attended), name + "attention.output.LayerNorm")
    widened = graph.node("Gelu", graph.linear(x, name + "intermediate.dense"))
    narrowed = graph.linear(widened, name + "output.dense")
    return graph.normalised(graph.node("Add", x, narrowed), name + "output.LayerNorm")


def _attention(graph: _Graph, x: str, bias: str, name: str) -> str:
    heads = graph.integers(0, 0, _HEADS, _HEAD_SIZE)
    query, key, value = (
        graph.node("Transpose", graph.node("Reshape", graph.linear(x, name + part), heads), perm=order)
        for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3]))
    )
    scale = graph.constant("scale", np.float32(_HEAD_SIZE**-0.5))
    scores = graph.node("Add", graph.node("Mul", graph.node("MatMul", query, key), scale), bias)
    mixed = graph.node("MatMul", graph.node("Softmax", scores, axis=-1), value)
    joined = graph.node("Transpose", mixed, perm=[0, 2, 1, 3])
    return graph.node("Reshape", joined, graph.integers(0, 0, _HIDDEN))


def _pooled(graph: _Graph, x: str, mask: str) -> None:
    over_tokens = graph.integers(1)
    weighted = graph.node("Mul", x, graph.node("Unsqueeze", mask, graph.integers(2)))
    summed = graph.node("ReduceSum", weighted, over_tokens, keepdims=0)
    mean = graph.node("Div", summed, graph.node("ReduceSum", mask, over_tokens, keepdims=1))
    length = graph.node("Sqrt", graph.node("ReduceSum", graph.node("Mul", mean, mean), over_tokens, keepdims=1))
    graph.node("Div", mean, length, output="embedding")
