"""An engine that speaks as llama-server does on its Unix socket, at a pace that the test sets.

Run as `python -m tests.mesh.network.fake_engine SOCKET NAME LOAD_SECONDS`. In a request's prompt
`[pace 0.2]` is the pause before each token, and `[read 3]` is how long the prompt takes.
"""

import asyncio
import functools
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

KEY = "engine-key-of-the-test"


def number(text: str, word: str, default: float) -> float:
    found = re.search(rf"\[{word} ([0-9.]+)\]", text)
    return float(found.group(1)) if found else default


class Server:
    def __init__(self, name: str) -> None:
        self.name = name

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                length = int(next((v for k, v in _headers(head) if k == "content-length"), 0))
                body = await reader.readexactly(length)
                await self.answer(head.split(" ")[1], head, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, path: str, head: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        if path == "/health":
            return await self.whole(writer, {"status": "ok"})
        if f"Bearer {KEY}" not in head:
            return await self.whole(writer, {"error": {"message": "no key"}}, 401)
        asked = json.loads(body or b"{}")
        if path == "/apply-template":
            return await self.whole(writer, {"prompt": "\n".join(one["content"] for one in asked["messages"])})
        if path == "/tokenize":
            return await self.whole(writer, {"tokens": asked["content"].split()})
        # Answers come as a stream; how fast the engine is, and whether it works, is asked for as a whole.
        print(f"{path} was {'asked' if asked.get('stream') else 'tried'}", flush=True)
        chat = path == "/v1/chat/completions"
        prompt = "\n".join(one["content"] for one in asked["messages"]) if chat else str(asked["prompt"])
        if "[refuse]" in prompt:
            error = {"type": "exceed_context_size_error", "message": "long", "n_prompt_tokens": 9, "n_ctx": 8}
            return await self.whole(writer, {"error": error}, 400)
        return await self.write(writer, prompt, asked, chat=chat)

    async def write(self, writer: asyncio.StreamWriter, prompt: str, asked: dict[str, Any], *, chat: bool) -> None:
        pace, read = number(prompt, "pace", 0.002), number(prompt, "read", 0.0)
        count = int(asked.get("n_predict") or asked.get("max_tokens") or 16)
        words = [f"{self.name}-{index} " for index in range(min(count, 64) if count > 0 else 16)]
        await asyncio.sleep(read)
        timings = {
            "prompt_n": len(prompt.split()),
            "prompt_ms": 1000 * read + 1,
            "predicted_n": len(words),
            "predicted_ms": 1000 * pace * len(words) + 1,
            "cache_n": 0,
        }
        last = {"content": "", "stop": True, "stop_type": "eos", "timings": timings, "tokens_evaluated": 5}
        if not asked.get("stream"):
            await asyncio.sleep(pace * len(words))
            await self.whole(writer, {**last, "content": "".join(words), "tokens_predicted": len(words)})
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for word in words:
            await asyncio.sleep(pace)
            told = {"choices": [{"delta": {"content": word}}]} if chat else {"content": word, "stop": False}
            await self.piece(writer, told)
        if chat:
            writer.write(_chunk(b"data: [DONE]\n\n"))
        else:
            await self.piece(writer, {**last, "tokens_predicted": len(words)})
        writer.write(b"0\r\n\r\n")
        await writer.drain()

    async def piece(self, writer: asyncio.StreamWriter, told: dict[str, Any]) -> None:
        writer.write(_chunk(b"data: " + json.dumps(told).encode() + b"\n\n"))
        await writer.drain()

    async def whole(self, writer: asyncio.StreamWriter, told: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(told).encode()
        writer.write(
            f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        await writer.drain()


def _headers(head: str) -> list[tuple[str, str]]:
    return [(k.strip().lower(), v.strip()) for k, _, v in (line.partition(":") for line in head.split("\r\n")[1:])]


def _chunk(content: bytes) -> bytes:
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


loaded = asyncio.Event()


async def desk(socket: Path, load_seconds: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What `assistant.engine.desk` says where one model is in memory and stays there, maybe once it was loaded."""
    asked = json.loads(await reader.readline())
    if "hold" in asked and not loaded.is_set():
        await asyncio.sleep(load_seconds)
        loaded.set()
    kept = {
        "name": "chat.gguf",
        "ready": True,
        "holders": 0,
        "need_bytes": 0,
        "used_bytes": 0,
        "idle_seconds": 0,
        "context_tokens": 4096,
        "slots": 1,
    }
    held = {"socket": str(socket), "context_tokens": 4096, "slots": 1}
    writer.write(
        json.dumps(held if "hold" in asked else {"kept": [kept] if loaded.is_set() else [], "budget_bytes": 0}).encode()
        + b"\n"
    )
    await writer.drain()
    await reader.read()
    writer.close()


async def main(socket: Path, name: str, load_seconds: float) -> None:
    if not load_seconds:
        loaded.set()
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)
    desk_socket = socket.with_name("desk.sock")
    desk_socket.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(Server(name).serve, str(socket))
    await asyncio.start_unix_server(functools.partial(desk, socket, load_seconds), str(desk_socket))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])))
