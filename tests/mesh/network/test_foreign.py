"""A real llama-server as an engine of another make: added, asked, measured, lost and found again by a real daemon."""

import asyncio
import json
import signal
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.engine.errors import EngineInterruptedError, EngineRefusedError, EngineUnavailableError
from assistant.engine.mesh import Place, Work
from assistant.engine.place import Computed
from assistant.generation import foreign
from assistant.generation.events import Ended, Happening, Text
from assistant.generation.placed import placed
from assistant.generation.request import Generation, Said, Tool
from mesh.foreign.engine import name_digest
from mesh.foreign.kept import FILE
from services.firstboot_certificate import CERTIFICATE, keep_certificate
from services.firstboot_certificate import KEY as KEY_FILE
from tests.llama import MODEL, Llama, answering, llama
from tests.mesh.network.asking import Assistant, assistant_of
from tests.mesh.network.node import DIGEST, Node, running
from tests.product import free_port

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(600)]

KEY = "sk-house-0123456789"


@pytest.fixture
async def alpha(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """One box, alone on the loopback."""
    node = Node(tmp_path_factory.mktemp("a"), "alpha")
    async with running(node):
        yield node


async def added(node: Node, server: Llama, **given: Any) -> dict[str, Any]:
    """The engine as the node tells of it after it was added."""
    told = await node.ask("POST", "/engines", {"address": server.address, "name": "attic", "key": server.key, **given})
    assert "engines" in told, told
    return dict(told["engines"][-1])


async def refused(node: Node, **given: Any) -> str:
    """The sentence with which an engine is refused."""
    told = await node.ask("POST", "/engines", {"name": "attic", **given})
    assert (await node.ask("GET", "/engines"))["engines"] == []
    return str(told["error"]["message"])


async def engine(node: Node) -> dict[str, Any]:
    return dict((await node.ask("GET", "/engines"))["engines"][0])


async def until_engine(node: Node, holds: Any, seconds: float = 60) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        while not holds(seen := await engine(node)):
            await asyncio.sleep(0.1)
    return seen


class Asked:
    """What came of one request."""

    def __init__(self) -> None:
        self.text = ""
        self.happenings: list[Happening] = []
        self.places: list[Computed] = []

    @property
    def place(self) -> str:
        return self.places[-1].name if self.places else ""


async def ask(
    assistant: Assistant, words: str, *, into: Asked | None = None, digest: str = "", files: bool = False, **given: Any
) -> Asked:
    """Ask for the model by its name, as the assistant's writer does."""
    said = Said(role="user", text=words)
    generation = Generation(model=MODEL, said=(said,), **{"max_tokens": 12, **given})
    asked = into or Asked()
    work = Work(digest=digest or name_digest(MODEL), prompt_tokens=9, output_tokens=12, model=MODEL, holds_files=files)

    async def here(_is_patient: bool) -> AsyncGenerator[Happening, None]:
        if not digest:
            raise EngineUnavailableError("There is no such model here.")
        yield Text(text="from here")

    def there(place: Place) -> AsyncGenerator[Happening, None]:
        assert place.is_foreign
        return foreign.written(assistant.mesh.chat(place), generation)

    async for happening in placed(assistant.mesh, work, here=here, there=there, on_place=asked.places.append):
        asked.happenings.append(happening)
        asked.text += happening.text if isinstance(happening, Text) else ""
    return asked


def ended(asked: Asked) -> Ended:
    last = asked.happenings[-1]
    assert isinstance(last, Ended)
    return last


async def begun(asked: Asked) -> None:
    async with asyncio.timeout(60):
        while not asked.text:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("key", ["", KEY])
async def test_an_engine_is_added_measured_and_asked_by_its_models_name(alpha: Node, key: str) -> None:
    with llama(key=key) as server:
        told = await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            asked = await ask(assistant, "What is a cellar?")

        seen = await engine(alpha)
        assert [model["name"] for model in told["models"]] == [MODEL]
        assert told["problem"] == ""
        assert seen["models"][0]["decode_rate"] > 0
        assert seen["models"][0]["prefill_rate"] > 0
        assert seen["first_token_ms"] > 0
        assert asked.text
        assert asked.place == "attic"
        assert 0 < ended(asked).usage.completion <= 12
        assert ended(asked).usage.prompt > 0
        (outcome,) = (await alpha.seen())["outcomes"]
        assert outcome["name"] == "attic"
        assert outcome["ok"]


async def test_a_key_is_kept_from_others_and_told_to_nobody(alpha: Node) -> None:
    with llama(key=KEY) as server:
        told = await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            await ask(assistant, "Hello")

        assert told["has_key"]
        assert KEY not in json.dumps(await alpha.ask("GET", "/engines"))
        kept = alpha.folder / "mesh" / FILE
        assert kept.stat().st_mode & 0o777 == 0o600
        assert KEY in kept.read_text()
        assert KEY not in (alpha.folder / "log").read_text(errors="replace")


async def test_a_wrong_key_is_said_so(alpha: Node) -> None:
    with llama(key=KEY) as server:
        assert "Check the key" in await refused(alpha, address=server.address)
        assert "Check the key" in await refused(alpha, address=server.address, key="sk-wrong")
        assert "without spaces" in await refused(alpha, address=server.address, key="sk\nHost: elsewhere")


async def test_tools_forms_and_limits_go_through(alpha: Node) -> None:
    form = {"type": "object", "properties": {"colour": {"enum": ["blue", "red"]}}, "required": ["colour"]}
    tool = Tool(name="lamp", description="Switches a lamp.", parameters={"type": "object", "properties": {}})
    with llama() as server:
        await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            formed = await ask(assistant, "Which colour?", schema=form, max_tokens=40)
            handy = await ask(assistant, "Switch on!", tools=(tool,), max_tokens=3)
            short = await ask(assistant, "Count to one hundred.", max_tokens=3)
            with pytest.raises(EngineRefusedError):
                await ask(assistant, "garden " * 5000)

        assert json.loads(formed.text)["colour"] in {"blue", "red"}
        assert ended(handy).reason in {"length", "calls", "stop"}, "its template knows no tools, and it is no error"
        assert ended(short).reason == "length"
        assert (await engine(alpha))["problem"] == "", "a request that was refused is no fault of the engine"


async def test_killed_before_the_first_word_the_request_falls_back_and_after_it_the_error_is_told(alpha: Node) -> None:
    port = free_port()
    with llama(port=port) as server:
        await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            part = Asked()
            answer = asyncio.create_task(ask(assistant, "Tell a very long story.", into=part, max_tokens=3000))
            await begun(part)
            server.signal(signal.SIGKILL)
            with pytest.raises(EngineInterruptedError):
                await answer
            assert not any(isinstance(one, Ended) for one in part.happenings)

            with pytest.raises(EngineUnavailableError):
                await ask(assistant, "Hello")
            elsewhere = await ask(assistant, "Hello", digest=DIGEST)
            assert elsewhere.text == "from here"
            assert (await engine(alpha))["problem"]

            with llama(port=port):
                await until_engine(alpha, lambda seen: not seen["problem"])
                assert (await ask(assistant, "Hello")).place == "attic"


async def test_an_engine_that_hangs_is_given_up_before_and_after_the_first_word(alpha: Node) -> None:
    with llama() as server:
        await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            part = Asked()
            answer = asyncio.create_task(ask(assistant, "Tell a very long story.", into=part, max_tokens=3000))
            await begun(part)
            server.signal(signal.SIGSTOP)
            with pytest.raises(EngineInterruptedError):
                await asyncio.wait_for(answer, 60)
            server.signal(signal.SIGCONT)
            await until_engine(alpha, lambda seen: not seen["problem"])

            server.signal(signal.SIGSTOP)
            with pytest.raises(EngineUnavailableError):
                await asyncio.wait_for(ask(assistant, "Hello"), 60)
            server.signal(signal.SIGCONT)
            await until_engine(alpha, lambda seen: not seen["problem"])


async def test_the_same_model_on_two_engines_is_asked_where_it_still_lives(alpha: Node) -> None:
    with llama() as one, llama() as two:
        await added(alpha, one)
        await added(alpha, two, name="cellar")
        async with assistant_of(alpha) as assistant:
            first = (await ask(assistant, "Hello")).place
            (one if first == "attic" else two).signal(signal.SIGKILL)
            second = await ask(assistant, "Hello")

        assert {first, second.place} == {"attic", "cellar"}
        assert second.text


async def test_words_of_files_go_there_only_where_the_owner_allowed_it(alpha: Node) -> None:
    with llama() as server:
        told = await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            with pytest.raises(EngineUnavailableError):
                await ask(assistant, "What does my contract say?", files=True)
            assert (await ask(assistant, "What does my contract say?", files=True, digest=DIGEST)).text == "from here"

            await alpha.ask("POST", f"/engines/{told['engine_id']}", {"may_read_files": True})
            assert (await ask(assistant, "What does my contract say?", files=True)).place == "attic"


async def test_an_engine_that_was_removed_is_forgotten_with_its_key_and_its_answer_breaks_off(alpha: Node) -> None:
    with llama(key=KEY) as server:
        told = await added(alpha, server)
        async with assistant_of(alpha) as assistant:
            part = Asked()
            answer = asyncio.create_task(ask(assistant, "Tell a very long story.", into=part, max_tokens=3000))
            await begun(part)
            await alpha.ask("DELETE", f"/engines/{told['engine_id']}")
            with pytest.raises(EngineInterruptedError):
                await asyncio.wait_for(answer, 60)
            with pytest.raises(EngineUnavailableError):
                await ask(assistant, "Hello")

        assert KEY not in (alpha.folder / "mesh" / FILE).read_text()


async def test_an_engine_is_still_there_after_a_restart(alpha: Node) -> None:
    with llama(key=KEY) as server:
        await added(alpha, server)
        assert alpha.daemon is not None
        alpha.daemon.kill()
        await alpha.daemon.wait()
        await alpha.start()
        await until_engine(alpha, lambda seen: not seen["problem"])
        async with assistant_of(alpha) as assistant:
            assert (await ask(assistant, "Hello")).place == "attic"


async def test_what_is_no_engine_is_refused_with_the_reason(alpha: Node) -> None:
    assert "Nothing answers at 127.0.0.1" in await refused(alpha, address=f"127.0.0.1:{free_port()}")
    assert "no address of an engine" in await refused(alpha, address="ftp://127.0.0.1")
    assert "no address of an engine" in await refused(alpha, address="http://me:secret@127.0.0.1")
    assert "has the name" in await refused(alpha, address="no-such-box.invalid:80")
    async with answering(b"<html>A printer</html>", kind="text/html") as port:
        assert "does not speak the OpenAI API" in await refused(alpha, address=f"127.0.0.1:{port}")
    async with answering(b'{"object": "list", "data": []}') as port:
        assert "has no model" in await refused(alpha, address=f"127.0.0.1:{port}")
    async with answering(b"", status="302 Found\r\nLocation: http://10.255.255.1/v1/models") as port:
        assert "does not speak the OpenAI API" in await refused(alpha, address=f"127.0.0.1:{port}")
    async with answering(b'{"object": "list", "data": [{"id": "x"}]}') as port:
        assert "does not speak the OpenAI API" in await refused(alpha, address=f"127.0.0.1:{port}"), "no stream comes"
    async with answering(b"[" * 3_000_000) as port:
        assert "does not speak the OpenAI API" in await refused(alpha, address=f"127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["http://8.8.8.8", "http://[::ffff:8.8.8.8]:80", "https://[2001:4860::1]/v1"])
async def test_nothing_leaves_the_house_unless_the_owner_says_so(alpha: Node, address: str) -> None:
    assert "outside this house" in await refused(alpha, address=address)


async def test_outside_the_house_nothing_is_said_without_encryption(alpha: Node) -> None:
    assert "only over https" in await refused(alpha, address="http://8.8.8.8", may_be_away=True)


async def test_a_certificate_that_nobody_vouches_for_is_refused_until_the_owner_does(
    alpha: Node, tmp_path: Path
) -> None:
    with llama(key=KEY) as server:
        async with behind_tls(tmp_path, server.port) as port:
            address = f"https://127.0.0.1:{port}"
            sentence = await refused(alpha, address=address, key=KEY)
            assert "nobody vouches for" in sentence
            shown = sentence.rpartition(" ")[2]
            wrong = await refused(alpha, address=address, key=KEY, certificate="00" * 32)
            assert shown in wrong

            told = await alpha.ask(
                "POST", "/engines", {"address": address, "name": "attic", "key": KEY, "certificate": shown}
            )
            assert told["engines"][0]["has_own_certificate"]
            async with assistant_of(alpha) as assistant:
                assert (await ask(assistant, "Hello")).place == "attic"
        assert "http://" in await refused_tls(alpha, server.port)


async def refused_tls(node: Node, port: int) -> str:
    told = await node.ask("POST", "/engines", {"address": f"https://127.0.0.1:{port}", "name": "plain"})
    return str(told["error"]["message"])


@asynccontextmanager
async def behind_tls(folder: Path, port: int) -> AsyncIterator[int]:
    """The server behind a certificate that it made itself."""
    keep_certificate(folder, "attic", datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY_FILE)

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while piece := await source.read(65536):
            sink.write(piece)
            await sink.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner = await asyncio.open_connection("127.0.0.1", port)
        ways = [asyncio.create_task(carry(reader, inner)), asyncio.create_task(carry(inner_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (inner, writer):
            one.close()
        await asyncio.gather(*ways, return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
