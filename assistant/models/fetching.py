"""The assistant's side of a download: asks a process with the network, hands it a place, and checks what came."""

from collections.abc import Callable
from typing import Any, Final

from assistant.errors import ParserUnavailableError
from assistant.models.errors import DownloadFailedError, NoRoomOnDiskError
from assistant.models.fetch_protocol import FetchProtocolError, Line, Wish, wish_words
from assistant.models.parts import CutError, Fetched, Parts, Stopped
from assistant.parser.client import Transport

_SILENCE_SECONDS: Final = 240.0
"""The one who fetches tries again by itself for some minutes."""
_WRONG: Final = "What came is not what the hub announced: its checksum is wrong. It was thrown away; fetch it again."


class Fetcher:
    """Fetches files, each through a process of its own. Blocking: call it from a thread."""

    def __init__(self, transport: Transport, *, hub: str, parts: Parts) -> None:
        self._transport = transport
        self._hub = hub
        self._parts = parts

    def fetch(
        self,
        repository: str,
        file: str,
        *,
        on_found: Callable[[str, int], None],
        on_progress: Callable[[int], None],
        is_stopped: Callable[[], bool],
    ) -> Fetched:
        """The file, whole and checked.

        Raises `CutError` where another try may help, `DownloadFailedError`, `NoRoomOnDiskError`, or `Stopped`.
        """
        try:
            with self._transport.connect() as connection:
                connection.settimeout(_SILENCE_SECONDS)
                line = Line(connection)
                line.say(wish_words(Wish(hub=self._hub, repository=repository, file=file)))
                found = _heard(line)
                sha256, size_bytes = str(found["sha256"]), int(found["size_bytes"])
                on_found(sha256, size_bytes)
                part = self._parts.opened(sha256, size_bytes)
                with part.open("r+b") as opened:
                    line.say({"kept_bytes": part.stat().st_size}, opened.fileno())
                while "done" not in (words := _heard(line)):
                    on_progress(int(words.get("bytes", 0)))
                    if is_stopped():
                        raise Stopped
        except ParserUnavailableError as error:
            message = "The part of Hearth that fetches models does not start. Restart the box and try again."
            raise DownloadFailedError(message) from error
        except (FetchProtocolError, TimeoutError) as error:
            raise CutError("The download broke off. What has come is kept; try again to go on from there.") from error
        return self._parts.checked(sha256, size_bytes, wrong=_WRONG)


def _heard(line: Line) -> dict[str, Any]:
    words = line.heard()
    if "failed" not in words:
        return words
    message = str(words.get("message", ""))
    match words["failed"]:
        case "disk":
            raise NoRoomOnDiskError("The disk became full. Delete a model or files, and try again to go on from there.")
        case "cut":
            raise CutError(message)
        case _:
            raise DownloadFailedError(message)
