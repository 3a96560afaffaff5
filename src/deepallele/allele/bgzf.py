"""BGZF files: blocks of gzip, each of at most 64 KiB (section 4.1 of the SAM specification).

Deflate is by ISA-L, which takes a fraction of zlib's time.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from isal import igzip, isal_zlib

from deepallele.errors import InputError

END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_ERRORS: list[Any] = [OSError, EOFError, zlib.error, isal_zlib.error]
DAMAGED: tuple[type[Exception], ...] = tuple(_ERRORS)
"""What reading raises where the compressed data is cut short or altered."""

# Less than 64 KiB, so that a block of random bytes still fits its 16-bit size field.
_BLOCK = 0xFF00
_HEADER = struct.Struct("<4BI2BH2B2H")
_TRAILER = struct.Struct("<II")


def open_bgzf(path: str | Path) -> BinaryIO:
    """Open a BGZF file for reading its uncompressed bytes.

    Raises
    ------
    InputError
        If the file lacks the block that ends every whole BGZF file (it is truncated).
    """
    with Path(path).open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(-min(file.tell(), len(END_OF_FILE)), os.SEEK_END)
        if file.read() != END_OF_FILE:
            raise InputError(f"{path}: no end-of-file block, so not a whole BAM; run the alignment again")
    return igzip.open(path, "rb")


@contextmanager
def open_bgzf_at(path: str | Path, offset: int) -> Iterator[BinaryIO]:
    """Open a BGZF file, of which `open_bgzf` found that it is whole, for reading from a virtual offset on.

    Raises
    ------
    Exception
        One of `DAMAGED` if no block starts there.
    """
    block, skipped = divmod(offset, 1 << 16)
    with Path(path).open("rb") as file:
        file.seek(block)
        with igzip.open(file, "rb") as stream:
            stream.read(skipped)
            yield stream


class BgzfWriter:
    """Write bytes as BGZF; the same bytes give the same file.

    Parameters
    ----------
    path
        File to write.
    level
        Compression level of ISA-L, 0 (fast) to 3.
    """

    def __init__(self, path: str | Path, level: int = 1) -> None:
        self._file = Path(path).open("wb")  # noqa: SIM115
        self._level = level
        self._rest = b""

    def __enter__(self) -> "BgzfWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes."""
        if self._rest:
            missing = _BLOCK - len(self._rest)
            self._rest += bytes(data[:missing])
            data = memoryview(data)[missing:]
            if len(self._rest) < _BLOCK:
                return
            self._file.write(self._block(self._rest))
        view = memoryview(data)
        whole = len(view) - len(view) % _BLOCK
        self._file.writelines(self._block(view[begin : begin + _BLOCK]) for begin in range(0, whole, _BLOCK))
        self._rest = bytes(view[whole:])

    def _block(self, data: bytes | memoryview) -> bytes:
        body = isal_zlib.compress(data, self._level, -15)
        if len(body) + _HEADER.size + _TRAILER.size > 1 << 16:
            # What cannot be compressed is stored as it is.
            body = b"\1" + struct.pack("<HH", len(data), len(data) ^ 0xFFFF) + bytes(data)
        size = len(body) + _HEADER.size + _TRAILER.size - 1
        header = _HEADER.pack(0x1F, 0x8B, 8, 4, 0, 0, 0xFF, 6, ord("B"), ord("C"), 2, size)
        return header + body + _TRAILER.pack(isal_zlib.crc32(data), len(data))

    def close(self) -> None:
        """Write what is left and the block that ends the file."""
        if self._file.closed:
            return
        if self._rest:
            self._file.write(self._block(self._rest))
        self._file.write(END_OF_FILE)
        self._file.close()
