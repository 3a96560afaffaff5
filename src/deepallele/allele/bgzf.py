"""BGZF files: blocks of gzip, each of at most 64 KiB (section 4.1 of the SAM specification).

Deflate is by ISA-L, which takes a fraction of zlib's time.
"""

import os
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
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


# A block's size, less 1, stands behind the header that every writer of BGZF makes.
_MARK, _SIZE_AT = bytes.fromhex("1f8b0804"), 16
_READ = 1 << 20
_PIECE_BLOCKS = 32
_PIECES_AHEAD = 4


def open_bgzf(path: str | Path, threads: int = 1) -> "BinaryIO | BgzfReader":
    """Open a BGZF file for reading its uncompressed bytes.

    Parameters
    ----------
    path
        The file.
    threads
        Threads that decompress, that of the caller among them.

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
    return igzip.open(path, "rb") if threads == 1 else BgzfReader(path, threads)


class BgzfReader:
    """Read BGZF; other threads decompress pieces ahead, and the caller those that none has begun.

    Parameters
    ----------
    path
        The file.
    threads
        Threads, that of the caller among them; 2 or more.
    """

    def __init__(self, path: str | Path, threads: int) -> None:
        self._file = Path(path).open("rb")  # noqa: SIM115
        self._raw = b""
        self._pool = ThreadPoolExecutor(max_workers=threads - 1)
        self._coming: deque[tuple[Future[bytes], list[bytes]]] = deque()
        self._ahead = _PIECES_AHEAD * threads

    def read(self, size: int) -> bytes:
        """Give the next piece, b"" at the end; pieces are of at most 2 MiB, however much is asked for.

        Raises
        ------
        zlib.error, EOFError
            If the file is damaged; see `DAMAGED`.
        """
        while len(self._coming) < self._ahead and (blocks := self._blocks()):
            self._coming.append((self._pool.submit(_decompress, blocks), blocks))
        if not self._coming:
            self._pool.shutdown(wait=False)
            self._file.close()
            return b""
        piece, blocks = self._coming.popleft()
        # An empty piece, such as the block that ends the file, is not the end of what is read.
        return (_decompress(blocks) if piece.cancel() else piece.result()) or self.read(size)

    def _blocks(self) -> list[bytes]:
        """Take the next blocks out of the file, still compressed."""
        blocks: list[bytes] = []
        at = 0
        while len(blocks) < _PIECE_BLOCKS:
            if len(self._raw) - at < _SIZE_AT + 2 or len(self._raw) - at <= self._size(at):
                more = b"" if self._file.closed else self._file.read(_READ)
                if not more:
                    if at < len(self._raw):
                        raise EOFError("the last block is cut off")
                    break
                self._raw, at = self._raw[at:] + more, 0
                continue
            end = at + self._size(at) + 1
            blocks.append(self._raw[at:end])
            at = end
        self._raw = self._raw[at:]
        return blocks

    def _size(self, at: int) -> int:
        if not self._raw.startswith(_MARK, at):
            raise zlib.error("a block does not begin where the one before it ends")
        return int.from_bytes(self._raw[at + _SIZE_AT : at + _SIZE_AT + 2], "little")


def _decompress(blocks: list[bytes]) -> bytes:
    parts = []
    for block in blocks:
        check, length = _TRAILER.unpack_from(block, len(block) - _TRAILER.size)
        part = isal_zlib.decompress(memoryview(block)[_HEADER.size : -_TRAILER.size], -15, max(length, 1))
        if len(part) != length or isal_zlib.crc32(part) != check:
            raise zlib.error("a block's checksum is wrong")
        parts.append(part)
    return b"".join(parts)


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
