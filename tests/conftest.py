"""Fixtures that more than one folder of tests needs."""

from collections.abc import Iterator

import pytest

from tests.product import Product, running


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The real product with fresh data, started once for a module of tests."""
    with running() as started:
        yield started
