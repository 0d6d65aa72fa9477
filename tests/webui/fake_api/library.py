"""The files of the fake assistant: listed, added, read, found; all have one page."""

import zlib
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from tests.webui.fake_api.known import BEST, FILE_PASSWORD, Known, refusal


def add_library(app: FastAPI, known: Known) -> None:
    """Documents, their pages, search, shelves and watched folders."""

    @app.get("/api/documents")
    async def documents() -> dict[str, Any]:
        return {"documents": list(known.documents.values())}

    @app.put("/api/documents")
    async def add(request: Request, name: str, shelf: str) -> Response:
        body = await request.body()
        if not body:
            return refusal(415, "empty_file", "This file is empty. Check it on your computer and send it again.")
        return JSONResponse(known.add(name, shelf, body), 201)

    @app.get("/api/documents/{document_id}")
    async def document(document_id: str) -> Response:
        if document_id not in known.documents:
            return refusal(404, "document_not_found", "There is no such document.")
        return JSONResponse(known.documents[document_id])

    @app.delete("/api/documents/{document_id}")
    async def delete(document_id: str) -> Response:
        del known.documents[document_id]
        return Response(status_code=204)

    @app.post("/api/documents/{document_id}/unlock")
    async def unlock(document_id: str, given: dict[str, str]) -> dict[str, Any]:
        fits = given["password"] == FILE_PASSWORD
        changes = {"status": "ready", "reason": None} if fits else {"reason": "The password does not open this file."}
        known.documents[document_id] |= {**changes, "is_locked": not fits}
        return known.documents[document_id]

    @app.get("/api/documents/{document_id}/pages/{page}")
    async def page(document_id: str, page: int) -> dict[str, Any]:
        is_pdf = known.documents[document_id]["media_type"] == "application/pdf"
        return {"page": page, "text": known.page_text, "has_picture": is_pdf}

    @app.get("/api/documents/{document_id}/pages/{page}/picture")
    async def picture(document_id: str, page: int) -> Response:
        return Response(white_picture(210, 297), media_type="image/png")

    @app.get("/api/search")
    async def search(q: str) -> dict[str, Any]:
        return {"passages": [passage(known, one) for one in known.documents.values()], "took_ms": 1.5}

    @app.get("/api/shelves")
    async def shelves() -> dict[str, Any]:
        shelf = {"kind": "private", "may_change": True, "documents": 2, "readers": []}
        return {
            "shelves": [
                {**shelf, "id": "private-ada", "name": "Ada", "person_id": "ada"},
                {**shelf, "id": "household", "name": "Household", "kind": "household", "person_id": None},
                {**shelf, "id": "shelf-taxes", "name": "Taxes", "person_id": "ada", "readers": ["ben"]},
            ]
        }

    @app.get("/api/folders")
    async def folders() -> dict[str, Any]:
        folder = {"id": "f", "path": "/home/ada/Documents", "shelf_id": "private-ada", "files": 3}
        return {"folders": [folder]}

    importing: list[dict[str, Any]] = []

    @app.get("/api/disks")
    async def disks() -> dict[str, Any]:
        for one in importing:
            one["is_running"] = one["done"] < one["total"]
            one["done"] = one["total"]
        return {"disks": [{"id": "d", "name": "STICK"}], "importing": importing[-1] if importing else None}

    @app.get("/api/disks/d/files")
    async def disk_files(folder: str = "") -> dict[str, Any]:
        inside = [{"path": "DCIM/summer.jpg", "is_folder": False, "size_bytes": 2_000_000}]
        top = [{"path": "DCIM", "is_folder": True, "size_bytes": 0}]
        return {"files": inside if folder == "DCIM" else top}

    @app.post("/api/disks/d/import")
    async def take(request: Request) -> Response:
        asked = await request.json()
        told = f"{asked['paths'][0]} for {asked['shelf']}: it could not be read."
        importing.append({"disk": "STICK", "total": 1, "done": 0, "problems": [told], "is_running": True})
        return JSONResponse(importing[-1], 202)


def passage(known: Known, document: dict[str, Any]) -> dict[str, Any]:
    start = known.page_text.index(BEST)
    return {
        "document_id": document["id"],
        "file": document["name"],
        "page": 3,
        "start": 0,
        "end": len(known.page_text),
        "text": known.page_text,
        "heading": "Care of the boiler",
        "score": 0.9,
        "best": {"start": start, "end": start + len(BEST), "text": BEST},
    }


def white_picture(width: int, height: int) -> bytes:
    """A white PNG, so that a page has something to show."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress((b"\x00" + b"\xff" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
