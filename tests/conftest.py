"""Fixtures that more than one folder of tests needs."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.product import Product, running

# A busy machine is no bug: an example may take as long as it takes. The examples are the same every time, so that a
# change is judged by what it changed; `pytest --hypothesis-profile=search` looks for new ones.
settings.register_profile("hearth", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("hearth")


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """The real product with fresh data, started once for a module of tests."""
    with running() as started:
        yield started
