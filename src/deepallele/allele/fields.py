"""Values of one optional field (tag) of BAM records."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import UNMAPPED, Records
from deepallele.allele.layout import field_size, int32, tag_start, uint16
from deepallele.errors import InputError

TEXT = ord("Z")
_NUMBERS = {"c": "<i1", "C": "<u1", "s": "<i2", "S": "<u2", "i": "<i4", "I": "<u4"}


class Field(NamedTuple):
    """Where the values of a field lie in the bytes of a chunk.

    Attributes
    ----------
    start
        int64 (k,): offset of the value; -1 where the record lacks the field.
    kind
        uint8 (k,): its type's letter.
    size
        int64 (k,): its bytes.
    """

    start: NDArray[np.int64]
    kind: NDArray[np.uint8]
    size: NDArray[np.int64]


def find_field(records: Records, index: NDArray[np.int64], tag: str) -> Field:
    """Find a field in the records `index` (k,); where it is given twice, the first one."""
    return Field(*_find(records.data, records.start[index], int.from_bytes(tag.encode(), "little")))


def text_of_tag(
    records: Records, index: NDArray[np.int64], tag: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begin and end of the text in a tag of the records `index`; (k,) each, equal where there is none."""
    field = find_field(records, index, tag)
    is_text = (field.start >= 0) & (field.kind == TEXT)
    begin = np.where(is_text, field.start, 0)
    # The text's closing zero is part of its size.
    return begin, np.where(is_text, begin + field.size - 1, 0)


@njit(cache=True)
def _find(data, starts, tag):  # type: ignore[no-untyped-def]
    found = np.full(len(starts), -1, dtype=np.int64)
    kind, bytes_of = np.zeros(len(starts), dtype=np.uint8), np.zeros(len(starts), dtype=np.int64)
    for index in range(len(starts)):
        record = starts[index]
        at, end = tag_start(data, record), record + 4 + int32(data, record)
        while at < end:
            size = field_size(data, at, end)
            if size < 0:
                break
            if uint16(data, at) == tag:
                found[index], kind[index], bytes_of[index] = at + 3, data[at + 2], size - 3
                break
            at += size
    return found, kind, bytes_of


def numbers_of_tag(
    records: Records, index: NDArray[np.int64], tag: str
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Read whole numbers from a tag of the records `index`; (k,) each: numbers, and where there is one."""
    field = find_field(records, index, tag)
    values = np.zeros(len(index), dtype=np.int64)
    known = np.zeros(len(index), dtype=bool)
    for kind, dtype in _NUMBERS.items():
        chosen = np.flatnonzero((field.kind == ord(kind)) & (field.start >= 0))
        width = np.dtype(dtype).itemsize
        place = field.start[chosen, None] + np.arange(width)
        values[chosen] = records.data[place].view(dtype)[:, 0]
        known[chosen] = True
    return values, known


def alignment_scores(records: Records) -> NDArray[np.int64]:
    """Read the aligner's score (AS) of each record; int64 (n,), 0 for unaligned reads.

    Raises
    ------
    InputError
        If an aligned read has none.
    """
    aligned = np.flatnonzero((records.fixed["flag"] & UNMAPPED) == 0)
    scores = np.zeros(len(records), dtype=np.int64)
    scores[aligned], known = numbers_of_tag(records, aligned, "AS")
    if not known.all():
        read = records.name(int(aligned[np.argmin(known)]))
        raise InputError(f"read {read}: no alignment score (AS); align with bowtie2, or use mode likelihood")
    return scores
