import errno
from pathlib import Path

import pytest

from assistant.library_errors import DiskFullError, EmptyUploadError, UploadTooLargeError
from assistant.originals import Originals


def put(originals: Originals, content: bytes) -> str:
    upload = originals.begin()
    upload.write(content)
    digest = upload.finish()
    originals.keep(upload, digest)
    originals.drop(upload)
    return digest.sha256


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_the_same_bytes_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    originals = Originals(tmp_path)

    first, second = put(originals, b"same"), put(originals, b"same")

    assert first == second
    assert files(tmp_path) == [tmp_path / first[:2] / first]
    assert originals.path(first).read_bytes() == b"same"


def test_a_file_beyond_the_limit_leaves_nothing(tmp_path: Path) -> None:
    originals = Originals(tmp_path, upload_limit_bytes=10)
    upload = originals.begin()

    with pytest.raises(UploadTooLargeError):
        upload.write(b"eleven bytes")
    originals.drop(upload)

    assert files(tmp_path) == []


def test_an_empty_file_leaves_nothing(tmp_path: Path) -> None:
    originals = Originals(tmp_path)
    upload = originals.begin()

    with pytest.raises(EmptyUploadError):
        upload.finish()
    originals.drop(upload)

    assert files(tmp_path) == []


def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    class FullDisk:
        def write(self, piece: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None: ...

    originals = Originals(tmp_path)
    upload = originals.begin()
    upload._file.close()
    upload._file = FullDisk()  # type: ignore[assignment] # only what an upload calls

    with pytest.raises(DiskFullError):
        upload.write(b"bytes")
    originals.drop(upload)

    assert files(tmp_path) == []


def test_sweeping_keeps_what_documents_use_and_what_is_arriving(tmp_path: Path) -> None:
    Originals(tmp_path).begin()._file.close()  # broke off before this start
    originals = Originals(tmp_path)
    used, orphan = put(originals, b"used"), put(originals, b"orphan")
    arriving = originals.begin()
    arriving.write(b"half")

    originals.sweep([used])

    assert set(files(tmp_path)) == {originals.path(used), arriving.path}
    assert not originals.path(orphan).exists()
    originals.drop(arriving)
