"""The plain HTTP port: sends every browser to the same host over TLS, and serves nothing itself."""

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from webui.guard import host_name


def build_app(https_port: int = 443) -> ASGIApp:
    """An ASGI app that answers GET and HEAD with a redirect, anything else with 405."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] not in {"GET", "HEAD"}:
            sentence = "Nothing is accepted without encryption. Use https:// in the address."
            await PlainTextResponse(sentence, status_code=405, headers={"Allow": "GET, HEAD"})(scope, receive, send)
            return
        target = secure_address(scope, https_port)
        if target is None:
            await PlainTextResponse("The address names no host.", status_code=400)(scope, receive, send)
            return
        await RedirectResponse(target, status_code=307, headers={"Cache-Control": "no-store"})(scope, receive, send)

    return app


def secure_address(scope: Scope, https_port: int) -> str | None:
    """The https address of the same host and path, None where the request names no host."""
    headers = dict(scope["headers"])
    name = host_name(headers.get(b"host", b"").decode("latin-1"))
    if name is None:
        return None
    host = f"[{name}]" if ":" in name else name
    port = "" if https_port == 443 else f":{https_port}"
    path = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    return f"https://{host}{port}{path.decode('latin-1')}" + (f"?{query.decode('latin-1')}" if query else "")
