"""Requests over real Unix sockets, to servers that answer well, early, late, by halves, and not at all."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from firmware.sockets import MOST_CONNECTIONS, UnixTransport
from tests.unix_server import Serve, unix_server

OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"


@asynccontextmanager
async def served(folder: Path, serve: Serve, **limits: float) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that treats each connection so."""

    path = folder / "server.sock"
    timeout = httpx.Timeout(**{"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0, **limits})
    async with (
        unix_server(path, serve),
        httpx.AsyncClient(transport=UnixTransport(path), base_url="http://server", timeout=timeout) as client,
    ):
        yield client


async def heard(reader: asyncio.StreamReader) -> bytes:
    """A request whose length is declared, as it came over the wire."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0]) if lengths else 0)


async def test_a_request_arrives_as_it_was_written_and_its_answer_too(tmp_path: Path) -> None:
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await heard(reader))
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"X-One: 1\r\nX-One: 2\r\nContent-Length: 5\r\n\r\nthere")

    async with served(tmp_path, serve) as client:
        answer = await client.post("/a%20b?c=d", content=b"hello", headers={"Authorization": "Bearer k"})

    assert came[0].startswith(b"POST /a%20b?c=d HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer k\r\n" in came[0]
    assert came[0].endswith(b"\r\n\r\nhello")
    assert (answer.status_code, answer.text, answer.headers.get_list("x-one")) == (200, "there", ["1", "2"])


async def test_an_answer_is_read_piece_by_piece_while_it_is_written(tmp_path: Path) -> None:
    more = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
        await more.wait()
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")

    async with served(tmp_path, serve) as client, client.stream("GET", "/") as answer:
        pieces = answer.aiter_raw()
        first = await anext(pieces)
        more.set()
        assert (first, [piece async for piece in pieces]) == (b"one", [b"two"])


async def test_a_body_of_unknown_length_is_sent_in_chunks(tmp_path: Path) -> None:
    came: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(OK + b"Content-Length: 0\r\n\r\n")

    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"three"

    async with served(tmp_path, serve) as client:
        await client.put("/", content=body())

    assert came[0].endswith(b"\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\n")


async def test_a_server_that_has_heard_enough_is_listened_to(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 6\r\n\r\nenough")
        await writer.drain()

    async with served(tmp_path, serve) as client:
        answer = await client.put("/", content=b"x" * (16 << 20))

    assert (answer.status_code, answer.text) == (413, "enough")


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense\r\n\r\n", OK + b"Content-Length: 5\r\n\r\nth", OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\non"],
    ids=["nothing", "nonsense", "short", "half a chunk"],
)
async def test_an_answer_that_is_not_whole_is_an_error(tmp_path: Path, said: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(said)

    async with served(tmp_path, serve) as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with served(tmp_path, serve, read=0.05) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")


async def test_where_nobody_listens_it_says_so(tmp_path: Path) -> None:
    async with httpx.AsyncClient(transport=UnixTransport(tmp_path / "none.sock"), base_url="http://server") as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("/")


async def test_a_header_that_would_smuggle_another_is_refused(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(OK + b"Content-Length: 0\r\n\r\n")

    async with served(tmp_path, serve) as client:
        with pytest.raises(httpx.LocalProtocolError):
            await client.get("/", headers={"X-Name": "one\r\nX-Other: two"})


async def test_an_answer_to_head_has_no_body_whatever_its_length(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(OK + b"Content-Length: 5\r\n\r\n")
        await reader.read()

    async with served(tmp_path, serve) as client:
        answer = await client.head("/")

    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "5", b"")


async def test_an_answer_without_a_length_ends_with_its_connection(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(OK + b"\r\nall of it")

    async with served(tmp_path, serve) as client:
        assert (await client.get("/")).text == "all of it"


@pytest.mark.parametrize("length", ["1", "9", "many"])
async def test_a_body_of_another_length_than_declared_is_not_sent_as_a_whole_one(tmp_path: Path, length: str) -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async def body() -> AsyncIterator[bytes]:
        yield b"four"

    async with served(tmp_path, serve) as client:
        with pytest.raises(httpx.LocalProtocolError):
            await client.put("/", content=body(), headers={"Content-Length": length})


async def test_who_stops_asking_is_gone_for_the_server_as_well(tmp_path: Path) -> None:
    begun, gone = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await heard(reader)
        begun.set()
        await reader.read()
        gone.set()

    async with served(tmp_path, serve) as client:
        asking = asyncio.create_task(client.get("/"))
        await begun.wait()
        asking.cancel()
        async with asyncio.timeout(30):
            await gone.wait()


async def test_every_end_gives_its_place_back(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await heard(reader)
        if b" /well " in request:
            writer.write(OK + b"Content-Length: 2\r\n\r\nok")

    async with served(tmp_path, serve, pool=0.5) as client:
        for _ in range(MOST_CONNECTIONS + 1):
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/badly")
            async with client.stream("GET", "/well"):
                pass  # its body is left unread


async def test_more_than_may_be_open_wait_for_a_place(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(OK + b"Content-Length: 2\r\n\r\n")
        await reader.read()

    async with served(tmp_path, serve, pool=0.05) as client:
        held = [await client.send(client.build_request("GET", "/"), stream=True) for _ in range(MOST_CONNECTIONS)]
        with pytest.raises(httpx.PoolTimeout):
            await client.get("/")
        for answer in held:
            await answer.aclose()


async def test_where_too_many_wait_to_be_let_in_a_request_waits_as_well(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    path = str(tmp_path / "server.sock")
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as before,
        socket.socket(socket.AF_UNIX) as last,
    ):
        server.bind(path)
        server.listen(0)
        for waiting in (before, last):
            waiting.setblocking(False)
        before.connect(path)
        with pytest.raises(BlockingIOError):
            last.connect(path)
        server.setblocking(False)
        async with httpx.AsyncClient(transport=UnixTransport(Path(path)), base_url="http://server") as client:
            with pytest.raises(httpx.ConnectTimeout):
                await client.get("/", timeout=0.05)
            asking = asyncio.create_task(client.get("/", timeout=30))
            await asyncio.sleep(0.05)
            first, _ = await loop.sock_accept(server)
            ours, _ = await loop.sock_accept(server)
            with first, ours:
                await loop.sock_sendall(ours, OK + b"Content-Length: 2\r\n\r\nok")
                assert (await asking).text == "ok"


async def test_without_a_descriptor_left_nothing_is_lost_but_the_request(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await heard(reader)
        writer.write(OK + b"Content-Length: 2\r\n\r\nok")

    async with served(tmp_path, serve, pool=0.5) as client:
        most, hardest = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hardest))
        try:
            for _ in range(MOST_CONNECTIONS + 1):
                with pytest.raises(httpx.ConnectError):
                    await client.get("/")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hardest))

        assert (await client.get("/")).text == "ok"
