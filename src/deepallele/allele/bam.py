"""BAM records as numpy arrays, read in chunks and written without one Python object per read.

The layout is that of the SAM/BAM specification (section 4.2 of SAMv1): all integers little endian.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from deepallele.allele import layout
from deepallele.allele.bgzf import DAMAGED, open_bgzf
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

# Behind the size of the record.
_TID = struct.Struct("<4xi")

# What is read at a time is taken apart while it is still in the processor's cache.
_READ_SIZE = 1 << 18


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
        return layout.fixed_fields(self.data, self.start).view(FIXED)[:, 0]

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
        return layout.name_words(self.data, self.start, words)


class RecordStream:
    """Records of one BAM in file order.

    Parameters
    ----------
    read
        Gives the next at most so many bytes of the uncompressed BAM, and b"" at its end.
    source
        What error messages call it.
    header
        Header of the BAM where `read` begins behind it; None: it is read first.

    Raises
    ------
    InputError
        If the header is not that of a BAM; from `take`, if a record is cut off or not sound.
    """

    def __init__(self, read: Callable[[int], bytes], source: str, header: Header | None = None) -> None:
        self._read = read
        self.source = source
        self._buffer = bytearray()
        self.header = self._header() if header is None else header

    def _fill(self) -> bool:
        try:
            more = self._read(_READ_SIZE)
        except DAMAGED as error:
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

    def next_contig(self) -> int:
        """Tell the number of the next record's contig, -1 for none or where there is no more record."""
        while len(self._buffer) < _TID.size:
            if not self._fill():
                return -1
        return int(_TID.unpack_from(self._buffer)[0])

    def take(self, count: int) -> Records:
        """Give the next `count` records, fewer at the end of the file, none behind it."""
        starts = np.empty(count, dtype=np.int64)
        found, end = self._find(starts, 0, 0)
        while found < count and self._fill():
            more, end = self._find(starts, found, end)
            found += more
        if found < count and end < len(self._buffer):
            raise InputError(f"{self.source}: the last record is cut off; run the alignment again")
        data = np.frombuffer(bytes(memoryview(self._buffer)[:end]), dtype=np.uint8)
        records = Records(data, starts[:found])
        del self._buffer[:end]
        if (damaged := layout.sound(records.data, records.start)) >= 0:
            self._fail_damaged(damaged)
        return records

    def _find(self, starts: NDArray[np.int64], found: int, begin: int) -> tuple[int, int]:
        """Find whole records in the buffer from `begin` on; their number, and the offset behind the last."""
        # The array keeps the buffer from growing as long as it lives.
        count, end = layout.find_records(np.frombuffer(self._buffer, dtype=np.uint8), begin, starts[found:])
        if end < 0:
            self._fail_damaged(found + count)
        return count, end

    def _fail_damaged(self, index: int) -> NoReturn:
        raise InputError(f"{self.source}: damaged record; run the alignment again")


def open_bam(path: str | Path) -> RecordStream:
    """Open a BAM file for reading from its first record.

    Raises
    ------
    InputError
        If the file is no BAM, or lacks the block that ends every whole BAM (it is truncated).
    """
    return RecordStream(open_bgzf(path).read, str(path))
