"""Updates of the fake assistant: what it says of them is set by the test; what is brought is kept and never checked."""

from typing import Annotated, Any

from fastapi import Body, FastAPI, Request, Response

from tests.webui.fake_api.known import Known

KEPT = {"version": "0.2.0", "digest": "a" * 64, "size_bytes": 700_000_000}
ON_STICK = {
    "disk_id": "d1",
    "disk": "HOLIDAY",
    "path": "hearth_0.2.0.update",
    "size_bytes": 700_000_000,
    "version": "0.2.0",
    "problem": "",
}
ON_STUDY = {
    "node_id": "a" * 26,
    "node_name": "Study",
    "version": "0.2.0",
    "digest": "a" * 64,
    "size_bytes": 700_000_000,
}
STRANGE = {
    **ON_STICK,
    "path": "from the internet.update",
    "version": None,
    "problem": "This update was not signed by whoever made this box's system, or was changed since. Nothing of it was "
    "installed. Get it again from where your stick came from.",
}


def add_updates(app: FastAPI, known: Known) -> None:
    """Bringing, installing, restarting."""

    @app.get("/api/updates")
    async def show() -> dict[str, Any]:
        return known.updates

    @app.put("/api/updates", status_code=201)
    async def bring(request: Request) -> dict[str, Any]:
        known.updates["kept"] = {**KEPT, "size_bytes": len(await request.body())}
        kept: dict[str, Any] = known.updates["kept"]
        return kept

    @app.delete("/api/updates", status_code=204)
    async def forget() -> None:
        known.updates["kept"] = None

    @app.get("/api/updates/sticks")
    async def sticks() -> dict[str, Any]:
        return {"updates": known.stick_updates}

    @app.post("/api/updates/sticks", status_code=202)
    async def take() -> dict[str, Any]:
        known.updates["going"] = {"what": "fetching", "share": 0.4}
        return known.updates

    @app.get("/api/updates/elsewhere")
    async def elsewhere() -> dict[str, Any]:
        is_new = known.updates["kept"] is None and not known.updates["going"]
        return {"updates": known.updates_elsewhere if is_new else []}

    @app.post("/api/updates/fetch", status_code=202)
    async def fetch(given: Annotated[dict[str, str], Body()]) -> dict[str, Any]:
        assert given == {"node": ON_STUDY["node_id"], "digest": ON_STUDY["digest"]}
        known.updates["going"] = {"what": "fetching", "share": 0.3}
        return known.updates

    @app.post("/api/updates/install", status_code=202)
    async def install() -> dict[str, Any]:
        known.updates["going"] = {"what": "installing", "share": 0.6}
        return known.updates

    @app.post("/api/updates/restart")
    async def restart() -> Response:
        known.restarts += 1
        known.updates |= {"running": known.updates["waiting"], "waiting": None}
        return Response(status_code=204)
