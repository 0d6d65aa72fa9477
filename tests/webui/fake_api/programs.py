"""Keys for programs and work in the background, as the fake assistant keeps them."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from tests.webui.fake_api.known import Known


def add_programs(app: FastAPI, known: Known) -> None:
    """Keys and jobs."""

    @app.get("/api/jobs")
    async def jobs() -> dict[str, Any]:
        return {"jobs": known.jobs, "house": {"waiting": 2, "running": 1}}

    @app.post("/api/jobs", status_code=201)
    async def hand_over(request: Request) -> dict[str, Any]:
        job = {
            "id": f"job-{len(known.jobs) + 1}",
            "kind": "answer",
            "standing": "running",
            "question": (await request.json())["text"],
            "chat_id": None,
            "worker": "Study",
            "done": 2,
            "total": 9,
            "made_at": "2026-11-20T10:00:00+00:00",
        }
        known.jobs.insert(0, job)
        return job

    @app.post("/api/jobs/{job_id}/cancel")
    async def cancel_job(job_id: str) -> dict[str, Any]:
        job = next(one for one in known.jobs if one["id"] == job_id)
        job["standing"] = "cancelled"
        return job

    @app.get("/api/keys")
    async def keys() -> dict[str, Any]:
        return {"keys": list(known.keys.values())}

    @app.post("/api/keys", status_code=201)
    async def make_key(request: Request) -> dict[str, Any]:
        name = (await request.json())["name"]
        key = {
            "id": f"key-{len(known.keys) + 1}",
            "name": name,
            "beginning": "sk-hearth-abcd",
            "created_at": "2026-11-20T10:00:00+00:00",
            "used_at": None,
        }
        known.keys[key["id"]] = key
        return {**key, "secret": "sk-hearth-abcdefgh"}

    @app.delete("/api/keys/{key_id}")
    async def revoke_key(key_id: str) -> Response:
        del known.keys[key_id]
        return Response(status_code=204)
