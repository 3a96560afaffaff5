"""The reads of a FASTQ file, checked in pieces of whole reads without one Python object per read."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.compressed import open_binary
from deepallele.errors import InputError

LINES_PER_READ = 4

_CHUNK = 1 << 21
# Far above the longest read of any machine: what has fewer than four lines in so many bytes is no FASTQ.
_LONGEST_READ = 1 << 28
# Qualities are Phred+33 up to 126, the last printable byte. Phred+64, of Illumina's pipelines 1.0 to 1.7,
# uses 59 to 104. Phred+33 files hold some byte below 59, or none that means a quality above 50.
_LOWEST, _HIGHEST = 33, 126
_PHRED64 = (59, 84, 110)
_MIXER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]


class FastqReads:
    """Pass over a FASTQ file (plain or gzip) once and check the form of every read.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    count : int
        Reads so far.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.count = 0
        self._lowest, self._highest = 255, 0

    def __iter__(self) -> Iterator[NDArray[np.uint64]]:
        """Give the hashed names of the reads, piece by piece: the first word, without /1 or /2.

        Yields
        ------
        ndarray of uint64, shape (reads of the piece,)

        Raises
        ------
        InputError
            If the file is empty, cut short, damaged or no FASTQ, names no read, has bases and qualities of
            different number, Windows line ends or qualities that are not Phred+33.
        """
        for data in self._pieces():
            yield self._check(np.frombuffer(data, dtype=np.uint8))
        if self.count == 0:
            raise InputError(
                f"{self.path}: no reads in the file; leave it out of the sample sheet or mend it"
            )
        lowest, high, highest = _PHRED64
        if self._lowest >= lowest and high <= self._highest <= highest:
            raise InputError(
                f"{self.path}: qualities from {chr(self._lowest)!r} to {chr(self._highest)!r} are Phred+64, "
                "not Phred+33; convert the file, for example with `seqtk seq -Q64 -V`"
            )

    def _pieces(self) -> Iterator[bytes]:
        """Cut the file behind whole reads."""
        rest = b""
        with open_binary(self.path) as file:
            while chunk := file.read(_CHUNK):
                if not self.count and not rest and chunk[:1] != b"@":
                    raise InputError(
                        f"{self.path}: not a FASTQ file: it starts with {chunk[:1]!r} instead of '@'"
                    )
                rest += chunk
                end = _end_of_reads(rest)
                if end == 0 and len(rest) > _LONGEST_READ:
                    raise InputError(f"{self.path}: not a FASTQ file: no line ends for {len(rest)} bytes")
                if end:
                    yield rest[:end]
                    rest = rest[end:]
        if not rest.strip():
            return
        rest = rest if rest.endswith(b"\n") else rest + b"\n"
        if rest.count(b"\n") != LINES_PER_READ:
            lines = self.count * LINES_PER_READ + rest.count(b"\n")
            raise InputError(
                f"{self.path}: {lines} lines are no whole number of reads (4 lines each); "
                "the file is cut short"
            )
        yield rest

    def _check(self, data: Bytes) -> NDArray[np.uint64]:
        # No byte of a sequence or quality is a space or below; names end at the first one.
        space = np.flatnonzero(data <= ord(" "))
        line_end = space[data[space] == ord("\n")]
        end = line_end.reshape(-1, LINES_PER_READ)
        begin = np.concatenate([[0], line_end[:-1] + 1]).reshape(-1, LINES_PER_READ)
        self._refuse(data[end[:, 0] - 1] == ord("\r"), "Windows line ends; convert the file with `dos2unix`")
        self._refuse(data[begin[:, 0]] != ord("@"), "its first line does not start with '@'")
        self._refuse(data[begin[:, 2]] != ord("+"), "its third line does not start with '+'")
        bases, qualities = (end[:, line] - begin[:, line] for line in (1, 3))
        self._refuse(bases != qualities, "bases and qualities differ in number; copy the file again")
        self._check_qualities(data, begin[:, 3], end[:, 3])
        start = begin[:, 0] + 1
        stop = space[np.searchsorted(space, start)]
        numbered = (data[stop - 2] == ord("/")) & np.isin(data[stop - 1], [ord("1"), ord("2")])
        stop = np.where(numbered & (stop - start > 2), stop - 2, stop)
        self._refuse(stop == start, "it has no name")
        self.count += len(start)
        return _hash(data, start, stop - start)

    def _check_qualities(self, data: Bytes, begin: Offsets, end: Offsets) -> None:
        filled = begin < end
        bounds = np.column_stack([begin[filled], end[filled]]).ravel()
        if not len(bounds):
            return
        # Every second slice lies between the qualities of two reads.
        lowest, highest = (extreme.reduceat(data, bounds)[::2] for extreme in (np.minimum, np.maximum))
        outside = np.zeros(len(begin), dtype=bool)
        outside[filled] = (lowest < _LOWEST) | (highest > _HIGHEST)
        self._refuse(outside, "a quality is no printable character; the file is damaged, copy it again")
        self._lowest = min(self._lowest, int(lowest.min()))
        self._highest = max(self._highest, int(highest.max()))

    def _refuse(self, bad: NDArray[np.bool_], why: str) -> None:
        if bad.any():
            raise InputError(f"{self.path}, read {self.count + int(np.argmax(bad)) + 1}: {why}")


def read_name(path: str | Path, number: int) -> str:
    """Give the name of a read by its number from 1, for error messages."""
    with open_binary(path) as file:
        header = next(islice(file, (number - 1) * LINES_PER_READ, None), b"@")
    words = header[1:].split()
    return words[0].decode(errors="replace") if words else ""


def _end_of_reads(data: bytes) -> int:
    """Offset behind the last whole read, of a piece that starts with one."""
    extra = data.count(b"\n") % LINES_PER_READ
    end = len(data)
    for _ in range(extra + 1):
        end = data.rfind(b"\n", 0, end)
    return end + 1


def _hash(data: Bytes, start: Offsets, length: Offsets) -> NDArray[np.uint64]:
    """Hash n byte strings of `data` to uint64 (n,); equal strings get equal hashes, others nearly never."""
    words = -(-length // 8)
    column = np.arange(8 * int(words.max()))
    names = data[np.minimum(start[:, None] + column, len(data) - 1)]
    names[column >= length[:, None]] = 0
    table = names.view("<u8")
    value = length.astype(np.uint64)
    for index in range(table.shape[1]):
        mixed = (value ^ table[:, index]) * _MIXER
        # A name's hash must not depend on how long the other names are.
        value = np.where(index < words, mixed ^ (mixed >> _SHIFT), value)
    value = value * _MIXER
    return value ^ (value >> _SHIFT)
