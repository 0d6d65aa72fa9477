"""The servers that are measured side by side: the product's gateway, its llama-server, and llama_cpp.server."""

import contextlib
import os
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from image.build import engine, models
from tests.bench.streams import Side
from tests.person import Person
from tests.product import Product, free_port

CHAT_MODEL = "smollm2-135m-instruct"
START_SECONDS = 120


@contextlib.asynccontextmanager
async def gateway(product: Product, owner: Person) -> AsyncIterator[Side]:
    """The public HTTPS port, with a key, as a program uses it."""
    key = owner.client.post("/api/keys", json={"name": "bench"}).raise_for_status().json()["secret"]
    trust = ssl.create_default_context(cafile=str(product.data / "secrets" / "tls.crt"))
    limits = httpx.Limits(max_connections=64)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=product.url, verify=trust, headers=headers, limits=limits) as client:
        yield Side(client=client, model=CHAT_MODEL)


@contextlib.asynccontextmanager
async def direct(product: Product) -> AsyncIterator[Side]:
    """The very llama-server that the gateway asks, over its own socket, by the client that asks the gateway."""
    key = (product.data / "secrets" / "engine.key").read_text().strip()
    # An idle connection would keep one of its threads waiting, and be closed under the next request.
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=0)
    transport = httpx.AsyncHTTPTransport(uds=str(product.data / "run" / "engine" / "llama.sock"), limits=limits)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://engine", headers=headers) as client:
        yield Side(client=client, model=CHAT_MODEL)


@contextlib.contextmanager
def llama_cpp_server(threads: int) -> Iterator[str]:
    """llama-cpp-python's own server on the same libraries, model and threads; its address."""
    port, built = free_port(), engine.folder()
    command = [
        *(sys.executable, "-c", LOAD_AND_SERVE, str(built)),
        *("--model", str(models.folder() / "chat.gguf"), "--host", "127.0.0.1", "--port", str(port)),
        *("--n_ctx", "8192", "--n_threads", str(threads), "--n_threads_batch", str(threads)),
        *("--interrupt_requests", "False", "--verbose", "False"),
    ]
    environment = {**os.environ, "LLAMA_CPP_LIB_PATH": str(built)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _until_it_listens(process, url)
        yield url
    finally:
        process.terminate()
        process.wait(30)


LOAD_AND_SERVE = """
import ctypes, sys
built = sys.argv.pop(1)
import llama_cpp
ctypes.CDLL(built + "/libggml.so").ggml_backend_load_all_from_path(built.encode())
from llama_cpp.server.__main__ import main
main()
"""


@contextlib.asynccontextmanager
async def beside(url: str) -> AsyncIterator[Side]:
    """A client of the server beside ours."""
    async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=64)) as client:
        yield Side(client=client, model="")


def resident_mib(pids: set[int]) -> float:
    """Memory of processes, in MiB."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _until_it_listens(process: "subprocess.Popen[bytes]", url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/v1/models", timeout=2).is_success:
                return
        time.sleep(0.2)
    message = "llama_cpp.server did not come up"
    raise RuntimeError(message)
