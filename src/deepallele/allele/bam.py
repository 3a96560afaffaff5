"""BAM records as numpy arrays, read in chunks and written without one Python object per read.

The layout is that of the SAM/BAM specification (section 4.2 of SAMv1): all integers little endian.
"""

import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pysam
from numpy.typing import NDArray

from deepallele.errors import InputError

FIXED = np.dtype(
    [
        ("size", "<i4"),
        ("tid", "<i4"),
        ("pos", "<i4"),
        ("name_length", "u1"),
        ("mapq", "u1"),
        ("bin", "<u2"),
        ("cigar_count", "<u2"),
        ("flag", "<u2"),
        ("length", "<i4"),
        ("next_tid", "<i4"),
        ("next_pos", "<i4"),
        ("template_length", "<i4"),
    ]
)
PAIRED, UNMAPPED, REVERSE, FIRST, LAST, SECONDARY, SUPPLEMENTARY = 0x1, 0x4, 0x10, 0x40, 0x80, 0x100, 0x800

_END_OF_FILE = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_READ_SIZE = 1 << 22
_SIZE_FIELD = struct.Struct("<i").unpack_from
_SMALLEST_RECORD = FIXED.itemsize - 4


@dataclass(frozen=True)
class Header:
    """Text and contigs of a BAM header; `lengths` is int64 (contigs,), in bases."""

    text: str
    contigs: list[str]
    lengths: NDArray[np.int64]

    def encode(self) -> bytes:
        """Give the bytes of the header as they stand at the start of an uncompressed BAM."""
        text = self.text.encode()
        parts = [b"BAM\1", struct.pack("<i", len(text)), text, struct.pack("<i", len(self.contigs))]
        for contig, length in zip(self.contigs, self.lengths, strict=True):
            name = contig.encode() + b"\0"
            parts += [struct.pack("<i", len(name)), name, struct.pack("<i", int(length))]
        return b"".join(parts)


@dataclass(frozen=True)
class Records:
    """A chunk of BAM records.

    Attributes
    ----------
    data
        uint8 (bytes,): the records as they stand in the file.
    start
        int64 (n,): where each record's size field lies in `data`.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def fixed(self) -> NDArray[np.void]:
        """Structured array (n,) of dtype `FIXED`: the fields of fixed length."""
        width = FIXED.itemsize
        return self.data[self.start[:, None] + np.arange(width)].view(FIXED)[:, 0]

    @property
    def end(self) -> NDArray[np.int64]:
        """Offset behind each record."""
        return self.start + 4 + self.fixed["size"]

    @property
    def cigar_start(self) -> NDArray[np.int64]:
        """Offset of each record's first CIGAR word."""
        return self.start + FIXED.itemsize + self.fixed["name_length"]

    @property
    def sequence_start(self) -> NDArray[np.int64]:
        """Offset of each record's packed bases."""
        return self.cigar_start + 4 * self.fixed["cigar_count"].astype(np.int64)

    @property
    def quality_start(self) -> NDArray[np.int64]:
        """Offset of each record's base qualities."""
        return self.sequence_start + (self.fixed["length"] + 1) // 2

    @property
    def tag_start(self) -> NDArray[np.int64]:
        """Offset of each record's first tag."""
        return self.quality_start + self.fixed["length"]

    def name(self, index: int) -> str:
        """Name of the read of one record."""
        begin = int(self.start[index]) + FIXED.itemsize
        length = int(self.fixed["name_length"][index]) - 1
        return self.data[begin : begin + length].tobytes().decode()

    def name_words(self, words: int) -> NDArray[np.uint64]:
        """Read names as uint64 (n, words), eight bytes a word, padded with zeros."""
        column = np.arange(8 * words)
        begin = self.start + FIXED.itemsize
        index = np.minimum(begin[:, None] + column, len(self.data) - 1)
        names = self.data[index]
        names[column >= self.fixed["name_length"][:, None].astype(np.int64) - 1] = 0
        return names.view("<u8")


class RecordStream:
    """Records of one BAM in file order.

    Parameters
    ----------
    read
        Gives the next at most so many bytes of the uncompressed BAM, and b"" at its end.
    source
        What error messages call it.

    Raises
    ------
    InputError
        If the header is not that of a BAM; from `take`, if a record is cut off or not sound.
    """

    def __init__(self, read: Callable[[int], bytes], source: str) -> None:
        self._read = read
        self.source = source
        self._buffer = bytearray()
        self.header = self._header()

    def _fill(self) -> bool:
        try:
            more = self._read(_READ_SIZE)
        except (OSError, EOFError) as error:
            raise InputError(f"{self.source}: cannot be read on, the file is damaged: {error}") from error
        self._buffer += more
        return bool(more)

    def _pop(self, size: int) -> bytes:
        while len(self._buffer) < size:
            if not self._fill():
                raise InputError(f"{self.source}: the file ends within its header; run the alignment again")
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _number(self) -> int:
        return int(struct.unpack("<i", self._pop(4))[0])

    def _header(self) -> Header:
        if self._pop(4) != b"BAM\1":
            raise InputError(f"{self.source}: not a BAM file")
        text = self._pop(self._number()).rstrip(b"\0").decode()
        contigs, lengths = [], []
        for _ in range(self._number()):
            contigs.append(self._pop(self._number())[:-1].decode())
            lengths.append(self._number())
        return Header(text, contigs, np.array(lengths, dtype=np.int64))

    def take(self, count: int) -> Records:
        """Give the next `count` records, fewer at the end of the file, none behind it."""
        starts: list[int] = []
        offset = self._walk(starts, 0, count)
        while len(starts) < count and self._fill():
            offset = self._walk(starts, offset, count)
        if len(starts) < count and offset < len(self._buffer):
            raise InputError(f"{self.source}: the last record is cut off; run the alignment again")
        data = np.frombuffer(bytes(memoryview(self._buffer)[:offset]), dtype=np.uint8)
        del self._buffer[:offset]
        return Records(data, np.array(starts, dtype=np.int64))

    def _walk(self, starts: list[int], offset: int, count: int) -> int:
        """Append the starts of the whole records in the buffer; return the offset behind the last."""
        buffer, available = self._buffer, len(self._buffer) - 4
        for _ in range(count - len(starts)):
            if offset > available:
                break
            (size,) = _SIZE_FIELD(buffer, offset)
            if size < _SMALLEST_RECORD:
                raise InputError(f"{self.source}: damaged record; run the alignment again")
            if offset + size > available:
                break
            starts.append(offset)
            offset += 4 + size
        return offset


def open_bam(path: str | Path) -> RecordStream:
    """Open a BAM file for reading from its first record.

    Raises
    ------
    InputError
        If the file is no BAM, or lacks the block that ends every whole BAM (it is truncated).
    """
    with Path(path).open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(-min(file.tell(), len(_END_OF_FILE)), os.SEEK_END)
        if file.read() != _END_OF_FILE:
            raise InputError(f"{path}: no end-of-file block, so not a whole BAM; run the alignment again")
    return RecordStream(pysam.BGZFile(str(path), "rb", None).read, str(path))


def gather(data: NDArray[np.uint8], start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Concatenate the slices `data[start[i] : start[i] + length[i]]`; returns uint8 (sum of `length`,)."""
    total = int(length.sum())
    # int32 has half the memory traffic of int64, which is what this costs.
    kind = np.int32 if max(len(data), total) < 2**31 else np.int64
    index = np.repeat((start - (np.cumsum(length) - length)).astype(kind), length)
    index += np.arange(total, dtype=kind)
    return data[index]
