"""Fetches one file from the hub into a descriptor that it is handed, and ends; all that has the network for models."""

import errno
import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from assistant.models.fetch_protocol import FetchProtocolError, Line, Wish, wish_of
from assistant.models.quantizations import file_for, is_quantization

if TYPE_CHECKING:
    from huggingface_hub import HfFileMetadata

_TELL_SECONDS: Final = 0.25
_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_ANSWER_SECONDS: Final = 30
_PIECE_BYTES: Final = 1 << 20
_TOLD_FILES: Final = 20


def serve(connection: socket.socket) -> None:
    """Do what the one on the other side of the socket wishes."""
    line = Line(connection)
    with suppress(FetchProtocolError):
        wish = wish_of(line.heard())
        try:
            _fetch(line, wish)
        except _RefusedError as refusal:
            line.say({"failed": refusal.code, "message": str(refusal)})
        except OSError as error:
            if error.errno not in _NO_SPACE:
                raise
            line.say({"failed": "disk", "message": "The disk is full."})


class _RefusedError(Exception):
    """The hub does not give the file; the message is for the person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _fetch(line: Line, wish: Wish) -> None:
    # It reads these once, when it is imported: whom to ask, to report nothing, and to use plain HTTP, which can resume.
    os.environ.update(
        HF_ENDPOINT=wish.hub,
        HF_HUB_OFFLINE="0",
        HF_HUB_DISABLE_TELEMETRY="1",
        HF_HUB_DISABLE_XET="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        HF_HUB_DOWNLOAD_TIMEOUT=str(_ANSWER_SECONDS),
    )
    import httpx2
    from huggingface_hub import HfApi, constants, errors, file_download, hf_hub_url

    # What came of a piece is lost when the connection breaks, and nothing is told before a piece is whole.
    constants.DOWNLOAD_CHUNK_SIZE = _PIECE_BYTES

    try:
        file = wish.file
        if is_quantization(file):
            file = _chosen(wish, HfApi(endpoint=wish.hub, token=False).list_repo_files(wish.repository))
        url = hf_hub_url(wish.repository, file)
        found = file_download.get_hf_file_metadata(url, token=False, timeout=_ANSWER_SECONDS)
        line.say({"size_bytes": _size(found), "sha256": _digest(found), "revision": found.commit_hash})
        kept = int(line.heard()["kept_bytes"])
        with os.fdopen(line.descriptor(), "r+b", buffering=0) as into:
            into.seek(kept)
            file_download.http_get(
                url,
                cast("BinaryIO", _Told(into, line, kept)),
                resume_size=kept,
                expected_size=found.size,
                headers={"Accept-Encoding": "identity"},
            )
            os.fsync(into.fileno())
        line.say({"done": True})
    except errors.GatedRepoError as error:
        message = "The hub gives this model only to those who signed in there and took its licence. Choose another one."
        raise _RefusedError("gated", message) from error
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError, errors.RevisionNotFoundError) as error:
        message = f"The hub has no file “{wish.file}” in “{wish.repository}”. It may have been renamed."
        raise _RefusedError("not_found", message) from error
    except errors.HFValidationError as error:
        raise _RefusedError("not_found", f"“{wish.repository}” cannot be the name of a repository.") from error
    except errors.HfHubHTTPError as error:
        raise _RefusedError(
            "cut", f"The hub answered with status {error.response.status_code}. Try again later."
        ) from error
    except httpx2.HTTPError as error:
        raise _RefusedError("cut", "The hub cannot be reached, or the connection broke. Check the network.") from error
    except OSError as error:
        if error.errno in _NO_SPACE or error.errno is not None:
            raise
        raise _RefusedError("cut", "The hub sent less than it had announced. Try again.") from error


def _chosen(wish: Wish, files: Sequence[str]) -> str:
    file = file_for(wish.file, files)
    if file is None:
        there = ", ".join(sorted(one for one in files if one.casefold().endswith(".gguf"))[:_TOLD_FILES])
        message = (
            f"The hub has no whole model “{wish.file or 'GGUF'}” in “{wish.repository}”. There are: {there or 'none'}."
        )
        raise _RefusedError("not_found", message)
    return file


def _size(found: "HfFileMetadata") -> int:
    if not found.size:
        raise _RefusedError("not_found", "The hub does not say how large this file is, so it was not fetched.")
    return found.size


def _digest(found: "HfFileMetadata") -> str:
    """The SHA-256 by which large files are known on the hub."""
    digest = (found.etag or "").casefold()
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        message = "The hub gives no SHA-256 for this file, so it could not be checked and was not fetched."
        raise _RefusedError("not_found", message)
    return digest


class _Told:
    """A file that tells, now and then, how much was written into it."""

    def __init__(self, file: Any, line: Line, kept: int) -> None:
        self._file = file
        self._line = line
        self._bytes = kept
        self._told_at = 0.0

    def write(self, content: bytes) -> int:
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) :]
        self._bytes += len(content)
        if time.monotonic() - self._told_at > _TELL_SECONDS:
            self._told_at = time.monotonic()
            self._line.say({"bytes": self._bytes})
        return len(content)

    def tell(self) -> int:
        return int(self._file.tell())

    def seek(self, offset: int) -> int:
        self._bytes = offset
        return int(self._file.seek(offset))

    def truncate(self) -> int:
        return int(self._file.truncate())
