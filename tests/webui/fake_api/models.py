"""The models of the fake assistant: here, to be had, on other boxes and on engines of other makes."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from tests.webui.fake_api.known import Known

FIT: dict[str, Any] = {
    "place": "memory",
    "need_bytes": 300_000_000,
    "room_bytes": 8_000_000_000,
    "context_tokens": 2048,
    "slots": 1,
    "tokens_per_second": 30.0,
    "prompt_tokens_per_second": 200.0,
}


def add_models(app: FastAPI, known: Known) -> None:
    """Models, downloads and engines."""

    @app.get("/api/models")
    async def house_models() -> dict[str, Any]:
        return {
            "models": [
                {
                    "name": "smollm2-135m-instruct",
                    "size_bytes": 92_000_000,
                    "comes_with_hearth": True,
                    "chosen": True,
                    "state": "away",
                    "fit": FIT,
                }
            ],
            "downloads": known.downloads,
            "on_other_engines": [{"name": "qwen3-32b", "engines": ["Workstation", "Attic"]}],
            "memory_bytes": 8_000_000_000,
            "used_bytes": 0,
            "disk_free_bytes": 40_000_000_000,
            "may_change": True,
        }

    @app.get("/api/models/catalogue")
    async def catalogue() -> dict[str, Any]:
        entry = {
            "name": "qwen3-4b",
            "title": "Qwen3 4B",
            "purpose": "Words answers well.",
            "licence": "apache-2.0",
            "size_bytes": 2_500_000_000,
            "here": False,
            "on_nodes": ["Study"],
            "fit": FIT,
        }
        return {"models": [entry]}

    @app.get("/api/models/elsewhere")
    async def elsewhere() -> dict[str, Any]:
        names = ("qwen3-4b", "family-recipes-finetune")
        model = {"node_id": "b" * 26, "node_name": "Study", "size_bytes": 2_500_000_000, "licence": "apache-2.0"}
        return {"models": [] if known.downloads else [{**model, "name": name} for name in names]}

    @app.get("/api/models/sticks")
    async def sticks() -> dict[str, Any]:
        one = {"disk_id": "d1", "disk": "HOLIDAY", "path": "models/qwen3-8b.gguf", "size_bytes": 5_000_000_000}
        return {"models": [one], "importing": known.takings}

    @app.post("/api/models/sticks", status_code=202)
    async def take(request: Request) -> dict[str, Any]:
        given = await request.json()
        taking = {"name": "qwen3-8b", "disk": "HOLIDAY", "size_bytes": 5_000_000_000, "taken_bytes": 2_000_000_000}
        known.takings[:] = [{**taking, "path": given["path"]}]
        return taking

    @app.post("/api/models/downloads", status_code=202)
    async def download(request: Request) -> dict[str, Any]:
        given = await request.json()
        one = {
            "id": "download-1",
            "name": given["name"],
            "state": "fetching",
            "size_bytes": 2_500_000_000,
            "fetched_bytes": 900_000_000,
            "node_name": "Study" if given["source"] != "internet" else "",
        }
        known.downloads.append(one)
        return one

    @app.get("/v1/models")
    async def models() -> dict[str, Any]:
        return {"object": "list", "data": [{"id": "hearth"}, {"id": "tiny"}]}

    @app.get("/api/engines")
    async def engines() -> dict[str, Any]:
        return {"engines": known.engines}

    @app.post("/api/engines", status_code=201)
    async def add_engine(request: Request) -> Response:
        given = await request.json()
        if given["address"].startswith("8.") and not given["may_be_away"]:
            sentence = "8.8.8.8 is outside this house. Say so for this engine and add it again."
            return JSONResponse({"error": {"code": "mesh_refused", "message": sentence}}, 409)
        engine = {
            "engine_id": "e" * 26,
            "name": given["name"] or given["address"],
            "url": f"http://{given['address']}/v1",
            "has_key": bool(given["key"]),
            "may_be_away": given["may_be_away"],
            "may_read_files": given["may_read_files"],
            "problem": "",
            "first_token_ms": 240.0,
            "models": [{"name": "qwen3-32b", "decode_rate": 41.0}, {"name": "llama3.2", "decode_rate": 0.0}],
        }
        known.engines.append(engine)
        return JSONResponse({"engines": known.engines}, 201)

    @app.patch("/api/engines/{engine_id}")
    async def change_engine(engine_id: str, request: Request) -> dict[str, Any]:
        given = await request.json()
        known.engines = [one | given if one["engine_id"] == engine_id else one for one in known.engines]
        return {"engines": known.engines}

    @app.delete("/api/engines/{engine_id}")
    async def remove_engine(engine_id: str) -> dict[str, Any]:
        known.engines = [one for one in known.engines if one["engine_id"] != engine_id]
        return {"engines": known.engines}
