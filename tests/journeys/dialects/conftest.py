"""One node for all programs: claimed, with a key for them, and reached over TLS with its own certificate."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import openai
import pytest

from tests.person import Person
from tests.product import Product, running

QUESTION = "What pressure should the boiler show when the radiators are cold?"
CHAT_MODEL = "smollm2-135m-instruct"
EMBEDDING_MODEL = "all-MiniLM-L6-v2"
TOO_LONG = "word " * 9000


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The node, its owner, and what a program of theirs is given."""

    product: Product
    owner: Person
    key: str

    @property
    def url(self) -> str:
        """Where programs find it."""
        return self.product.url

    @property
    def certificate(self) -> str:
        """The file that a program is told to trust."""
        return str(self.product.data / "secrets" / "tls.crt")

    def trust(self) -> ssl.SSLContext:
        """TLS that trusts this box and nobody else."""
        return ssl.create_default_context(cafile=self.certificate)

    def http(self) -> httpx.Client:
        """An HTTP client that checks the box's certificate."""
        return httpx.Client(verify=self.trust(), timeout=120)


def moved_in(product: Product) -> House:
    """Claim the node and make a key."""
    owner = Person(product.url)
    owner.claim(product.setup_code).raise_for_status()
    key = owner.client.post("/api/keys", json={"name": "tests"}).raise_for_status().json()["secret"]
    return House(product=product, owner=owner, key=key)


@pytest.fixture(scope="package")
def house() -> Iterator[House]:
    """A node that all these tests share."""
    with running() as product:
        yield moved_in(product)


def trusting(house: House) -> Any:
    """The HTTP client with which OpenAI's SDK trusts this box."""
    return openai.DefaultHttpxClient(verify=house.trust())


@pytest.fixture(scope="module")
def sdk(house: House) -> Iterator[Any]:
    """OpenAI's SDK with the owner's key."""
    with openai.OpenAI(
        base_url=f"{house.url}/v1", api_key=house.key, http_client=trusting(house), max_retries=0
    ) as made:
        yield made
