"""Speaks the OpenAI API to one engine of another make, and only to addresses that the owner allowed for it."""

import asyncio
import hashlib
import json
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

import httpx
from pydantic import ValidationError

from mesh.errors import ForeignEngineError
from mesh.foreign.chunk import Chunk
from mesh.foreign.engine import ForeignEngine, may_be_called

CONNECT_SECONDS: Final = 3.0
LIST_SECONDS: Final = 5.0
MOST_ADDRESSES: Final = 3
MOST_MODELS: Final = 200
LARGEST_LIST_BYTES: Final = 1 << 20
LARGEST_LINE_BYTES: Final = 1 << 20
LARGEST_REFUSAL_BYTES: Final = 1 << 16


class RequestRefusedError(Exception):
    """The engine says no to this very request, in its own words."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status, self.body = status, body


class Wire:
    """One engine. Every call looks its name up anew: a name cannot be turned to an address outside the house."""

    def __init__(self, engine: ForeignEngine) -> None:
        self._engine = engine
        # No connection is kept: llama-server closes each a moment after its answer, and a request would be lost.
        limits = httpx.Limits(max_connections=256, max_keepalive_connections=0)
        self._client = httpx.AsyncClient(verify=_trust(engine), limits=limits, trust_env=False, follow_redirects=False)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def models(self, seconds: float = LIST_SECONDS) -> tuple[str, ...]:
        """The ids of its models, at least one; raises ForeignEngineError."""
        try:
            async with asyncio.timeout(seconds), self._sent("GET", "/models", None) as response:
                self._check(response)
                content = await _bounded(response, LARGEST_LIST_BYTES)
        except (TimeoutError, httpx.HTTPError) as error:
            raise self._error("silent") from error
        try:
            listed = json.loads(content)["data"]
            ids = tuple(str(one["id"]) for one in listed)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise self._error("no_openai") from error
        if not ids:
            raise self._error("no_model")
        return ids[:MOST_MODELS]

    async def answer(self, path: str, body: bytes) -> AsyncGenerator[dict[str, Any] | None, None]:
        """The events of a streamed answer, and None for its end.

        Raises ForeignEngineError for what is none, and RequestRefusedError where the engine says no.
        """
        async with self._sent("POST", path, body) as response:
            if not response.is_success:
                raise RequestRefusedError(response.status_code, await _bounded(response, LARGEST_REFUSAL_BYTES))
            async with aclosing(self._events(response)) as events:
                async for event in events:
                    yield event

    async def _events(self, response: httpx.Response) -> AsyncGenerator[dict[str, Any] | None, None]:
        rest = b""
        async with aclosing(_pieces(response)) as pieces:
            async for piece in pieces:
                *lines, rest = (rest + piece).split(b"\n")
                if len(rest) > LARGEST_LINE_BYTES:
                    raise self._error("no_openai")
                for line in lines:
                    if not line.startswith(b"data:"):
                        if line.strip() and not line.startswith((b":", b"event:", b"id:", b"retry:")):
                            raise self._error("no_openai")
                        continue
                    told = line.removeprefix(b"data:").strip()
                    if told == b"[DONE]":
                        yield None
                        return
                    yield self._event(told)

    def _event(self, told: bytes) -> dict[str, Any]:
        try:
            event = json.loads(told)
        except (ValueError, RecursionError) as error:
            raise self._error("no_openai") from error
        if not isinstance(event, dict):
            raise self._error("no_openai")
        if "error" not in event:
            try:
                Chunk.model_validate(event)
            except ValidationError as error:
                raise self._error("no_openai") from error
        return event

    @asynccontextmanager
    async def _sent(self, method: str, path: str, body: bytes | None) -> AsyncIterator[httpx.Response]:
        response = await self._response(method, path, body)
        try:
            yield response
        finally:
            await response.aclose()

    async def _response(self, method: str, path: str, body: bytes | None) -> httpx.Response:
        trouble: Exception | None = None
        for address in (await self._addresses())[:MOST_ADDRESSES]:
            try:
                return await self._client.send(self._request(method, address, path, body), stream=True)
            except httpx.ConnectError as error:
                trouble = error
                if refused := _certificate_trouble(error):
                    raise await self._certificate_error(address, refused) from error
                if _is_barred(error):
                    raise self._error("barred") from error
                if self._engine.is_encrypted and await _listens(address, self._engine.port):
                    raise self._error("not_encrypted") from error
            except httpx.ConnectTimeout as error:
                trouble = error
                if self._engine.is_encrypted and await _listens(address, self._engine.port):
                    raise self._error("not_encrypted") from error
            except httpx.HTTPError as error:
                raise self._error("no_openai") from error
        raise self._error("no_answer") from trouble

    def _request(self, method: str, address: str, path: str, body: bytes | None) -> httpx.Request:
        engine = self._engine
        url = httpx.URL(engine.url + path)
        named = url.netloc.decode("ascii")
        headers = {"host": named, "accept": "application/json, text/event-stream", "accept-encoding": "identity"}
        if engine.key:
            headers["authorization"] = f"Bearer {engine.key}"
        if body is not None:
            headers["content-type"] = "application/json"
        return self._client.build_request(
            method,
            url.copy_with(host=address),
            content=body,
            headers=headers,
            timeout=httpx.Timeout(None, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            extensions={"sni_hostname": engine.host},
        )

    async def _addresses(self) -> list[str]:
        """Where the engine is, by its name of now; raises ForeignEngineError where one of them is not allowed."""
        engine = self._engine
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(LIST_SECONDS):
                found = await loop.getaddrinfo(engine.host, engine.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise self._error("unknown_host") from error
        addresses = list(dict.fromkeys(str(place[4][0]) for place in found))
        for address in addresses:
            if not may_be_called(engine, address):
                raise ForeignEngineError("nowhere" if engine.may_be_away else "away", address=address)
        return addresses

    def _check(self, response: httpx.Response) -> None:
        if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise self._error("wrong_key")
        if response.status_code in {httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.TOO_MANY_REQUESTS}:
            raise self._error("silent")
        if not response.is_success:
            raise self._error("no_openai")

    def _error(self, code: str) -> ForeignEngineError:
        return ForeignEngineError(code, host=self._engine.host, port=self._engine.port)

    async def _certificate_error(self, address: str, trouble: ssl.SSLCertVerificationError) -> ForeignEngineError:
        shown = await shown_certificate(address, self._engine)
        code = "other_certificate" if self._engine.certificate else "certificate"
        told = fingerprint(shown) if shown else f"unknown ({trouble.verify_message})"
        return ForeignEngineError(code, host=self._engine.host, fingerprint=told)


async def vouched_certificate(engine: ForeignEngine, wanted: str) -> str:
    """The certificate that the engine shows, as PEM, where its fingerprint is the wanted one.

    Raises ForeignEngineError.
    """
    wire = Wire(engine)
    try:
        for address in (await wire._addresses())[:MOST_ADDRESSES]:  # noqa: SLF001 - of this module
            if shown := await shown_certificate(address, engine):
                if _letters(wanted) != _letters(fingerprint(shown)):
                    raise ForeignEngineError("other_certificate", host=engine.host, fingerprint=fingerprint(shown))
                return ssl.DER_cert_to_PEM_cert(shown)
    finally:
        await wire.close()
    raise ForeignEngineError("no_answer", host=engine.host, port=engine.port)


async def shown_certificate(address: str, engine: ForeignEngine) -> bytes | None:
    """What the engine shows, to be looked at and not to be trusted; nothing where it shows none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(address, engine.port, ssl=context, server_hostname=engine.host)
    except (OSError, TimeoutError):
        return None
    shown: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return shown


def fingerprint(certificate: bytes) -> str:
    """SHA-256 as people compare it."""
    return hashlib.sha256(certificate).digest().hex(":").upper()


def _letters(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _trust(engine: ForeignEngine) -> ssl.SSLContext:
    if not engine.certificate:
        return ssl.create_default_context()
    context = ssl.create_default_context(cadata=engine.certificate)
    context.check_hostname = False  # it is this very certificate, whatever names stand in it
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VerifyFlags.VERIFY_X509_STRICT
    return context


async def _pieces(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    async for piece in response.aiter_raw():
        yield piece


async def _bounded(response: httpx.Response, limit: int) -> bytes:
    content = b""
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > limit:
            return content[:limit]
    return content


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in found:
        found.append(one)
        one = one.__cause__ or one.__context__
    return found


def _certificate_trouble(error: Exception) -> ssl.SSLCertVerificationError | None:
    return next((one for one in _causes(error) if isinstance(one, ssl.SSLCertVerificationError)), None)


async def _listens(address: str, port: int) -> bool:
    """Whether somebody is there who only speaks no TLS."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(address, port)
    except (OSError, TimeoutError):
        return False
    writer.transport.abort()
    return True


def _is_barred(error: Exception) -> bool:
    """Whether this system's own rules keep the daemon from going there."""
    return any(isinstance(one, PermissionError) for one in _causes(error))
