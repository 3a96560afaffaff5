"""Read files that may be compressed, and tell damage in one line.

Only the standard library is used, because the checks before the first job run in Snakemake's own environment.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from deepallele.errors import InputError

_GZIP = b"\x1f\x8b"
# The mark of a bgzip block, and the empty block that ends every whole file: SAMv1, section 4.1.
_BGZIP_MARK = (12, b"BC\x02\x00")
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


@contextmanager
def open_binary(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for reading its bytes, decompressed where it is gzip or bgzip, whatever its name.

    Raises
    ------
    InputError
        If the file may not be read; from within the block, if what is read is cut short or damaged.
    """
    try:
        with _open(path) as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"{path}: the compressed file is cut short or damaged ({error}); copy it again"
        ) from error


def _open(path: str | Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if is_compressed(path) else Path(path).open("rb")


def is_compressed(path: str | Path) -> bool:
    """Tell from its first bytes whether a file is gzip, which bgzip is too.

    Raises
    ------
    InputError
        If the file may not be read.
    """
    return _first_bytes(path).startswith(_GZIP)


def _first_bytes(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            return file.read(18)
    except PermissionError as error:
        raise InputError(f"{path}: you may not read this file; change its permissions") from error


def check_bgzip(path: str | Path) -> None:
    """Refuse gzip that is not bgzip, and bgzip without its end; a file that is not compressed passes.

    Raises
    ------
    InputError
        With the mend.
    """
    if is_compressed(path) and not _is_bgzip(path):
        raise InputError(
            f"{path}: compressed with gzip; compress it with bgzip: `gunzip -c {path} | bgzip > new.gz`"
        )
    check_end(path)


def check_end(path: str | Path) -> None:
    """Refuse bgzip that was cut between two of its blocks, which decompresses without complaint.

    Raises
    ------
    InputError
        If the end mark is missing.
    """
    if not _is_bgzip(path):
        return
    with Path(path).open("rb") as file:
        file.seek(-min(len(_BGZIP_END), file.seek(0, os.SEEK_END)), os.SEEK_END)
        if file.read() != _BGZIP_END:
            raise InputError(f"{path}: the compressed file is cut short (no end mark); copy it again")


def _is_bgzip(path: str | Path) -> bool:
    place, mark = _BGZIP_MARK
    return is_compressed(path) and _first_bytes(path)[place : place + len(mark)] == mark
