"""The part of the page of backups that writes one onto a disk that is plugged into the box."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, text
from webui.components.problems import notice
from webui.errors import AssistantAwayError, RefusedError
from webui.household_messages import DiskBackup
from webui.library_messages import Disk
from webui.wording import disk_backup_words

LOOK_AGAIN_SECONDS = 1.5


class DiskBackupPanel:
    """The disks that are there now, each with its button, and how far the writing is."""

    def __init__(self, assistant: Caller, passphrase: Callable[[], Awaitable[str]]) -> None:
        """`passphrase` is the one that was typed; empty where the person still has to type it right."""
        self._assistant = assistant
        self._passphrase = passphrase
        self._disks: Sequence[Disk] | None = None
        self._last: DiskBackup | None = None
        self._choice = box("div", "stack")
        self._state = box("div", aria_live="polite")
        ui.timer(LOOK_AGAIN_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            disks, last = (await self._assistant.disks()).disks, await self._assistant.disk_backup()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        if disks != self._disks:
            self._disks = disks
            self._draw_disks(disks)
        if last != self._last:
            self._last = last
            self._draw_state(last)

    def _draw_disks(self, disks: Sequence[Disk]) -> None:
        self._choice.clear()
        with self._choice:
            if not disks:
                text("p", "To write it onto a USB disk, plug one into the box; it appears here.", "hint")
            for disk in disks:
                with box("div"):
                    button(f"Write it to “{disk.name}”", partial(self._write, disk), picture="upload")

    def _draw_state(self, last: DiskBackup | None) -> None:
        self._state.clear()
        if last is None:
            return
        with self._state:
            words = disk_backup_words(last)
            if last.problem:
                notice(words)
            elif not last.is_running:
                notice(words, kind="moss")
            else:
                text("p", words, "muted")
                bar = box("progress", max="1", value=f"{last.written_bytes / max(1, last.total_bytes):.3f}")
                bar.props["aria-label"] = words

    async def _write(self, disk: Disk) -> None:
        if not (passphrase := await self._passphrase()):
            return
        with problems.shown():
            self._last = await self._assistant.write_backup(passphrase, disk.id)
            self._draw_state(self._last)
