"""Cosines, on any processor."""

import ast
from pathlib import Path

import numpy
import pytest

from assistant.likeness import likenesses

ROOT = Path(__file__).parent.parent.parent
PRODUCT = [file for package in ("assistant", "mesh", "firmware", "services") for file in (ROOT / package).rglob("*.py")]


def test_they_are_what_a_product_of_matrices_gives() -> None:
    random = numpy.random.default_rng(7)
    rows = random.normal(size=(200, 384)).astype(numpy.float32)
    rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)

    found = likenesses(rows, rows[3])

    assert found.shape == (200,)
    assert numpy.allclose(found, rows @ rows[3], atol=1e-6)
    assert found[3] == pytest.approx(1, abs=1e-6)


def test_the_product_asks_blas_for_nothing() -> None:
    """It dies on processors with AVX2 and without FMA, which was seen in an emulated PC."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in PRODUCT
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult))
        or (isinstance(node, ast.Attribute) and node.attr in {"dot", "vdot", "inner", "matmul", "tensordot"})
    ]

    assert found == []
