"""Downloads that somebody wished for: one after another, tried again where the connection breaks, stopped at will."""

import asyncio
import json
import logging
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from assistant.errors import AssistantError
from assistant.models.carrying import Carrier
from assistant.models.elsewhere import Elsewhere
from assistant.models.errors import DownloadNotFoundError, UnfitModelError
from assistant.models.fetching import Fetcher
from assistant.models.parts import CutError, Fetched, Parts, Stopped
from assistant.models.shelf import ModelShelf
from firmware.durable import write_durably

log = logging.getLogger(__name__)

State = Literal["waiting", "fetching", "checking", "done", "stopped", "failed"]
_PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Between tries in which nothing more came."""
_SHOWN_WHEN_DONE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One model on its way."""

    id: str
    name: str
    repository: str
    file: str
    licence: str
    state: State = "waiting"
    reason: str = ""
    """Why it stopped or failed."""
    sha256: str = ""
    size_bytes: int = 0
    fetched_bytes: int = 0
    node_id: str = ""
    """The other node that it is copied from; empty where it comes from the hub."""
    node_name: str = ""

    @property
    def source(self) -> str:
        """Where it comes from, as people say it."""
        return f"copied from {self.node_name}" if self.node_id else f"{self.repository}, {self.file}"

    @property
    def is_over(self) -> bool:
        """Nothing more happens by itself."""
        return self.state in {"done", "stopped", "failed"}


class Downloads:
    """Every download, kept in a list that outlives a restart."""

    pauses = _PAUSES

    def __init__(self, *, fetcher: Fetcher, carrier: Carrier, parts: Parts, shelf: ModelShelf) -> None:
        self._fetcher = fetcher
        self._carrier = carrier
        self._parts = parts
        self._shelf = shelf
        self._list = shelf.folder / "downloads.json"
        self._downloads = {one.id: one for one in _listed(self._list)}
        self._stops: dict[str, threading.Event] = {}
        self._forgotten: set[str] = set()
        self._wanted = asyncio.Event()

    def all(self) -> tuple[Download, ...]:
        """Every download, newest first."""
        return tuple(one for one in reversed(self._downloads.values()) if one.id not in self._forgotten)

    def get(self, download_id: str) -> Download:
        """One download; raises `DownloadNotFoundError`."""
        if download_id not in self._downloads or download_id in self._forgotten:
            raise DownloadNotFoundError
        return self._downloads[download_id]

    def start(self, *, name: str, repository: str, file: str, licence: str = "") -> Download:
        """Begin to fetch a model; the same one that is on its way already, or stopped, goes on.

        Raises `ModelNameError` or `ModelExistsError`.
        """
        return self._begin(
            Download(id=secrets.token_urlsafe(9), name=name, repository=repository, file=file, licence=licence)
        )

    def copy(self, found: Elsewhere, name: str) -> Download:
        """Begin to copy a model from another node; see `start`."""
        return self._begin(
            Download(
                id=secrets.token_urlsafe(9),
                name=name,
                repository="",
                file="",
                licence=found.licence,
                sha256=found.digest,
                size_bytes=found.size_bytes,
                node_id=found.node_id,
                node_name=found.node_name,
            )
        )

    def resume(self, download_id: str) -> Download:
        """Go on with what stopped or failed; raises `DownloadNotFoundError`."""
        download = self.get(download_id)
        if download.state in {"stopped", "failed"}:
            download = self._put(replace(download, state="waiting", reason=""))
            self._wanted.set()
        return download

    def stop(self, download_id: str) -> Download:
        """Stop a download; what has come is kept. Raises `DownloadNotFoundError`."""
        download = self.get(download_id)
        if download_id in self._stops:
            self._stops[download_id].set()
        elif not download.is_over:
            download = self._put(replace(download, state="stopped", reason="It was stopped."))
        return download

    def forget(self, download_id: str) -> None:
        """Stop a download and throw away what has come. Raises `DownloadNotFoundError`."""
        self.stop(download_id)
        if download_id in self._stops:
            self._forgotten.add(download_id)
        else:
            self._remove(download_id)

    async def run(self) -> None:
        """Fetch one after another until cancelled; what was on its way at the last stop waits for a wish."""
        while True:
            self._wanted.clear()
            waiting = next((one for one in self._downloads.values() if one.state == "waiting"), None)
            if waiting is None:
                await self._wanted.wait()
                continue
            stop = self._stops[waiting.id] = threading.Event()
            try:
                await self._one(waiting.id, stop)
            finally:
                del self._stops[waiting.id]
                if waiting.id in self._forgotten:
                    self._remove(waiting.id)

    def _begin(self, wanted: Download) -> Download:
        wanted = replace(wanted, name=self._shelf.free_name(wanted.name))
        for known in self._downloads.values():
            if known.state != "done" and _way(known) == _way(wanted):
                return self.resume(known.id) if known.is_over else known
        self._put(wanted)
        self._wanted.set()
        return wanted

    async def _one(self, download_id: str, stop: threading.Event) -> None:
        tries = 0
        while True:
            before = self._downloads[download_id].fetched_bytes
            self._change(download_id, state="fetching", reason="")
            try:
                fetched = await asyncio.to_thread(self._fetch, download_id, stop)
                await self._take_in(download_id, fetched)
                return
            except Stopped:
                self._change(download_id, state="stopped", reason="It was stopped.")
                return
            except CutError as error:
                came_more = self._downloads[download_id].fetched_bytes > before
                tries = 0 if came_more else tries + 1
                if tries >= len(self.pauses) or stop.is_set():
                    self._change(download_id, state="stopped", reason=str(error))
                    return
                log.info("A download broke off and is tried again")
                await asyncio.sleep(self.pauses[tries])
            except AssistantError as error:
                self._change(download_id, state="failed", reason=str(error))
                return

    def _fetch(self, download_id: str, stop: threading.Event) -> Fetched:
        download = self._downloads[download_id]

        def found(sha256: str, size_bytes: int) -> None:
            self._change(download_id, sha256=sha256, size_bytes=size_bytes)

        def progress(fetched_bytes: int) -> None:
            self._change(download_id, fetched_bytes=fetched_bytes, is_kept=False)

        if download.node_id:
            return self._carrier.carry(_elsewhere(download), on_progress=progress, is_stopped=stop.is_set)
        return self._fetcher.fetch(
            download.repository, download.file, on_found=found, on_progress=progress, is_stopped=stop.is_set
        )

    async def _take_in(self, download_id: str, fetched: Fetched) -> None:
        download = self._downloads[download_id]
        self._change(download_id, state="checking", fetched_bytes=fetched.size_bytes)
        try:
            await asyncio.to_thread(
                self._shelf.add,
                fetched.path,
                name=download.name,
                sha256=fetched.sha256,
                licence=download.licence,
                source=download.source,
            )
        except UnfitModelError:
            fetched.path.unlink(missing_ok=True)
            raise
        self._change(download_id, state="done")
        log.info("A model was fetched; %.1f GB", fetched.size_bytes / 1e9)

    def _remove(self, download_id: str) -> None:
        download = self._downloads.pop(download_id)
        self._forgotten.discard(download_id)
        if download.sha256 and download.state != "done":
            self._parts.forget(download.sha256)
        self._write()

    def _change(self, download_id: str, *, is_kept: bool = True, **changes: Any) -> None:
        self._downloads[download_id] = replace(self._downloads[download_id], **changes)
        if is_kept:
            self._write()

    def _put(self, download: Download) -> Download:
        self._downloads[download.id] = download
        done = [one.id for one in self._downloads.values() if one.state == "done"]
        for old in done[:-_SHOWN_WHEN_DONE]:
            del self._downloads[old]
        self._write()
        return download

    def _write(self) -> None:
        content = json.dumps([asdict(one) for one in self._downloads.values()], indent=2) + "\n"
        write_durably(self._list, content.encode(), 0o600)


def _elsewhere(download: Download) -> Elsewhere:
    return Elsewhere(
        node_id=download.node_id,
        node_name=download.node_name,
        name=download.name,
        digest=download.sha256,
        size_bytes=download.size_bytes,
        licence=download.licence,
    )


def _way(download: Download) -> tuple[str, ...]:
    """What is wished, from where."""
    return download.name, download.repository, download.file, download.node_id


def _listed(file: Path) -> list[Download]:
    try:
        listed = [Download(**one) for one in json.loads(file.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    stopped = "The box was restarted. What has come is kept."
    return [one if one.is_over else replace(one, state="stopped", reason=stopped) for one in listed]
