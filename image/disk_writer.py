"""Writing an image to a disk past the page cache, and reading it back; which disk is decided elsewhere."""

import errno
import fcntl
import hashlib
import mmap
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from image.errors import ImageError, MissingToolError, ReadBackDiffersError, RefusedDiskError, WriteFailedError

BLOCK_BYTES = 4 * 1024 * 1024
END_BYTES = 1024 * 1024  # where a partition table keeps its copy and RAID and ZFS their labels
_ALIGNMENT_BYTES = 4096  # what O_DIRECT asks of a length, on every disk
_READ_PARTITIONS = 0x125F  # ioctl BLKRRPART of linux/fs.h
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

Progress = Callable[[int], None]  # bytes done so far


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What lies on the disk now, from its first byte on."""

    size_bytes: int
    sha256: str


def write(image: Path, device: Path, *, progress: Progress) -> Written:
    """Write the image (.raw, or .raw.zst unpacked on the way) and clear an older partition table's copy at the end.

    Returns once the disk says that it keeps the bytes. Raises RefusedDiskError if it is in use, WriteFailedError.
    """
    digest = hashlib.sha256()
    done = 0
    block = mmap.mmap(-1, BLOCK_BYTES)  # page-aligned, as O_DIRECT asks
    with _open(device, os.O_RDWR | os.O_EXCL) as disk, _source(image) as source:
        capacity = os.lseek(disk, 0, os.SEEK_END)
        os.lseek(disk, 0, os.SEEK_SET)
        while read := _fill(source, block):
            digest.update(memoryview(block)[:read])
            padded = -(-read // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
            block[read:padded] = bytes(padded - read)
            _write_all(disk, memoryview(block)[:padded], device)
            done += read
            progress(done)
        _clear_end(disk, block, done, capacity, device)
        try:
            os.fsync(disk)
        except OSError as error:
            raise _failure(device, error) from error
        _announce(disk)
    return Written(size_bytes=done, sha256=digest.hexdigest())


def compare(written: Written, device: Path, *, progress: Progress) -> None:
    """Read back what was written, from the disk and not from memory; raises ReadBackDiffersError, WriteFailedError."""
    digest = hashlib.sha256()
    done = 0
    block = mmap.mmap(-1, BLOCK_BYTES)
    with _open(device, os.O_RDONLY) as disk:
        os.posix_fadvise(disk, 0, 0, os.POSIX_FADV_DONTNEED)
        while done < written.size_bytes:
            try:
                read = min(os.readv(disk, [block]), written.size_bytes - done)
            except OSError as error:
                raise _failure(device, error) from error
            if read == 0:
                break
            digest.update(memoryview(block)[:read])
            done += read
            progress(done)
    if digest.hexdigest() != written.sha256:
        msg = (
            f"{device} does not give back what was written to it. Nothing on it can be trusted: "
            "try another port, then another stick."
        )
        raise ReadBackDiffersError(msg)


def unpacked_bytes(image: Path) -> int | None:
    """The image's size once it is unpacked; None if a .zst doesn't say (RFC 8878, section 3.1.1.1)."""
    with image.open("rb") as file:
        head = file.read(18)
    if not head.startswith(_ZSTD_MAGIC):
        return image.stat().st_size
    descriptor = head[4]
    single_segment = descriptor >> 5 & 1
    width = (1 if single_segment else 0, 2, 4, 8)[descriptor >> 6]
    start = 5 + (0 if single_segment else 1) + (0, 1, 2, 4)[descriptor & 3]
    if width == 0:
        return None
    return int.from_bytes(head[start : start + width], "little") + (256 if width == 2 else 0)


@contextmanager
def _source(image: Path) -> Iterator[IO[bytes]]:
    if image.suffix != ".zst":
        with image.open("rb") as file:
            yield file
        return
    if shutil.which("zstd") is None:
        msg = f"Unpacking {image} takes the program zstd; `make setup` installs it."
        raise MissingToolError(msg)
    with subprocess.Popen(["zstd", "-dcq", "--", str(image)], stdout=subprocess.PIPE) as unpacker:
        yield cast("IO[bytes]", unpacker.stdout)
    if unpacker.returncode != 0:
        msg = f"{image} is damaged: it could not be unpacked to its end. Make it or download it again."
        raise ImageError(msg)


@contextmanager
def _open(device: Path, flags: int) -> Iterator[int]:
    """The device's descriptor past the page cache, or through it where its driver knows no other way."""
    try:
        try:
            descriptor = os.open(device, flags | os.O_DIRECT | os.O_CLOEXEC)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            descriptor = os.open(device, flags | os.O_CLOEXEC)
    except PermissionError as error:
        msg = f"You may not write to {device}; put `sudo` before the command."
        raise RefusedDiskError(msg) from error
    except OSError as error:
        if error.errno == errno.EBUSY:
            msg = f"{device} is in use by another program; unmount it and close what reads it."
            raise RefusedDiskError(msg) from error
        raise _failure(device, error) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _fill(source: IO[bytes], block: mmap.mmap) -> int:
    """Fill the block as far as the source goes; the number of bytes read."""
    filled = 0
    while filled < len(block):
        piece = source.read(len(block) - filled)
        if not piece:
            break
        block[filled : filled + len(piece)] = piece
        filled += len(piece)
    return filled


def _clear_end(disk: int, block: mmap.mmap, done: int, capacity: int, device: Path) -> None:
    start = (capacity - END_BYTES) // _ALIGNMENT_BYTES * _ALIGNMENT_BYTES
    if start < done:
        return
    block[:END_BYTES] = bytes(END_BYTES)
    os.lseek(disk, start, os.SEEK_SET)
    _write_all(disk, memoryview(block)[:END_BYTES], device)


def _write_all(disk: int, content: memoryview, device: Path) -> None:
    while content:
        try:
            count = os.write(disk, content)
        except OSError as error:
            raise _failure(device, error) from error
        content = content[count:]


def _announce(disk: int) -> None:
    """Let the kernel read the new partition table; where it can't, plugging the stick in again does the same."""
    if stat.S_ISBLK(os.fstat(disk).st_mode):
        try:
            fcntl.ioctl(disk, _READ_PARTITIONS)
        except OSError:
            return


def _failure(device: Path, error: OSError) -> WriteFailedError:
    if error.errno == errno.ENOSPC:
        return WriteFailedError(f"{device} ended before the image did; take a larger stick.")
    reason = os.strerror(error.errno) if error.errno else str(error)
    return WriteFailedError(f"{device} failed ({reason}). Try again, then another port, then another stick.")
