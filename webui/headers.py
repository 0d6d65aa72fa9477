"""Puts the security headers on every answer, and a nonce on the scripts of NiceGUI's pages.

The policy names no host but our own, so nothing that a document, a file name or a model brings into a page can load
from, or send to, anywhere else.

- `'unsafe-eval'` for scripts: NiceGUI compiles event handlers and Vue templates in the browser. Not for inline scripts:
  those of the page template carry a nonce, which is put on here. User text can't bring a script tag of its own into
  the template, because NiceGUI escapes every `<` of the elements and Jinja that of the title.
- `'unsafe-inline'` for styles only on NiceGUI's pages: Quasar sets style attributes. A style can't load from outside.
- `Referrer-Policy: same-origin` and not `no-referrer`, which would make browsers send `Origin: null` with our forms.
- No HSTS: with a certificate that the node signed itself it would take the browser's "proceed" button away.
"""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What the API hands out is data: if a browser is pointed at an original, nothing in it may run.
API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; frame-src 'none'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# As they go over the wire: this is done for each answer, of programs as well.
_FIXED = {name.lower().encode("ascii"): value.encode("ascii") for name, value in SECURITY_HEADERS.items()}
_POLICY = (b"content-security-policy", POLICY.encode("ascii"))
_API_POLICY = (b"content-security-policy", API_POLICY.encode("ascii"))
_SCRIPT_TAG = re.compile(rb"<script(?=[\s>])")


class SecurityHeaders:
    """Pure-ASGI middleware that sets the headers above where an answer has no stricter policy of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and complete the answer's headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        policy = _API_POLICY if scope["path"].startswith(("/api/", "/v1/", "/dav/")) else _POLICY

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                kept = [header for header in given if header[0].lower() not in _FIXED]
                stricter = any(name.lower() == _POLICY[0] for name, _ in kept)
                message["headers"] = [*kept, *([] if stricter else [policy]), *_FIXED.items()]
            await send(message)

        await self.app(scope, receive, complete)


class PageNonce:
    """Pure-ASGI middleware around NiceGUI: gives each page a fresh nonce, on its scripts and in its policy."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; hold a page back until it is whole, everything else streams."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started: Message | None = None
        body = bytearray()

        async def hold(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start" and "x-nicegui-content" in MutableHeaders(scope=message):
                started = message
            elif started is None or message["type"] != "http.response.body":
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    await _send_page(started, bytes(body), send)

        await self.app(scope, receive, hold)


async def _send_page(start: Message, body: bytes, send: Send) -> None:
    nonce = secrets.token_urlsafe(18)
    page = with_nonce(body, nonce)
    headers = MutableHeaders(scope=start)
    headers["Content-Length"] = str(len(page))
    headers["Content-Security-Policy"] = PAGE_POLICY.format(nonce=nonce)
    await send(start)
    await send({"type": "http.response.body", "body": page})


def with_nonce(page: bytes, nonce: str) -> bytes:
    """The page with the nonce on each of its script tags."""
    return _SCRIPT_TAG.sub(b'<script nonce="' + nonce.encode("ascii") + b'"', page)
