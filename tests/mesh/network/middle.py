"""Somebody who stands between a newcomer and the home node: python -m tests.mesh.network.middle DEED FOLDER HERE THERE.

`FOLDER` is the mesh state of the middle's own box, whose certificate it shows at `HERE`, port 7378; `THERE` is the home
node. `pass` hands everything on as it is, `swap` puts its own certificate and authority in place of the home node's,
and `reflect` answers the newcomer's rounds with the newcomer's own words. What it hears goes to `FOLDER/heard`.
"""

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mesh import tls
from mesh.certificates import pem
from mesh.membership import MembershipStore

PORT = 7378


class Middle:
    def __init__(self, deed: str, folder: Path, there: str) -> None:
        self._deed = deed
        self._heard = folder / "heard"
        membership = MembershipStore(folder).load()
        assert membership is not None
        self._own = {"authority": pem(membership.authority), "certificate": pem(membership.certificate)}
        self._home = httpx.AsyncClient(verify=tls.unverified_context(), base_url=f"https://{there}:7377", timeout=30)

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        with self._heard.open("a") as heard:
            heard.write(json.dumps([request.url.path, json.loads(body)]) + "\n")
        if self._deed == "reflect" and request.url.path == "/join/round":
            said: dict[str, Any] = json.loads(body)
            mirrored = {name: said[name] for name in ("index", "opening", "commitment") if said.get(name) is not None}
            return Response(json.dumps(mirrored), media_type="application/json")
        told = await self._home.post(request.url.path, content=body, headers={"content-type": "application/json"})
        content = told.content
        if self._deed != "pass" and request.url.path == "/join/hello" and told.is_success:
            content = json.dumps({**told.json(), **self._own}).encode()
        return Response(content, told.status_code, media_type="application/json")


def main(deed: str, folder: str, here: str, there: str) -> None:
    middle = Middle(deed, Path(folder), there)
    store = MembershipStore(Path(folder))
    app = Starlette(routes=[Route("/{path:path}", middle.answer, methods=["POST"])])
    uvicorn.run(
        app, host=here, port=PORT, ssl_certfile=store.chain_file, ssl_keyfile=store.key_file, log_level="warning"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
