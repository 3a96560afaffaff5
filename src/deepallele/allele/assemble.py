"""Compiled assembly of BAM records from parts."""

import numpy as np
from numba import njit

from deepallele.allele.barcode import BARCODE_TAG
from deepallele.allele.layout import (
    CIGAR_COUNT,
    FIXED_SIZE,
    LENGTH,
    NAME_LENGTH,
    field_size,
    int32,
    tag_start,
    uint16,
)

_XI_SIZE = 7
_HAPLOTYPE = np.frombuffer(b"HPC", dtype=np.uint8)
_BARCODE = np.frombuffer(f"{BARCODE_TAG}Z".encode(), dtype=np.uint8)
# Number of the duplicates, the tag of `samtools markdup --duplicate-count`.
_COPIES = np.frombuffer(b"dcS", dtype=np.uint8)


@njit(cache=True)
def _kept_size(data, record, dropped):  # type: ignore[no-untyped-def]
    """Bytes of the optional fields to carry over."""
    at, end, kept = tag_start(data, record), record + 4 + int32(data, record), 0
    while at < end:
        size = field_size(data, at, end)
        if not dropped[uint16(data, at)]:
            kept += size
        at += size
    return kept


@njit(cache=True)
def _copy(result, to, data, begin, size):  # type: ignore[no-untyped-def]
    result[to : to + size] = data[begin : begin + size]
    return to + size


@njit(cache=True)
def _assemble_record(result, to, data, record, head, words, first, dropped):  # type: ignore[no-untyped-def]
    to = _copy(result, to, head, 0, len(head))
    to = _copy(result, to, data, record + FIXED_SIZE, int(data[record + NAME_LENGTH]))
    to = _copy(result, to, words, first, 4 * uint16(head, CIGAR_COUNT))
    length = int32(data, record + LENGTH)
    at, end = tag_start(data, record), record + 4 + int32(data, record)
    bases = (length + 1) // 2 + length
    to = _copy(result, to, data, at - bases, bases)
    while at < end:
        size = field_size(data, at, end)
        if not dropped[uint16(data, at)]:
            to = _copy(result, to, data, at, size)
        at += size
    return to


@njit(cache=True)
def _set_size(result, begin, end):  # type: ignore[no-untyped-def]
    for byte in range(4):
        result[begin + byte] = (end - begin - 4) >> 8 * byte & 0xFF


@njit(cache=True)
def assemble(  # type: ignore[no-untyped-def]
    data_a, data_b, start, use_b, heads, words, first, added, dropped, barcode_begin, barcode_end
):
    """Put records together from new and old parts.

    Parameters
    ----------
    data_a, data_b
        Bytes of the old records of both sides.
    start
        int64 (n,): where each old record starts.
    use_b
        bool (n,): whether it is in `data_b`.
    heads
        uint8 (n, FIXED_SIZE): new fields of fixed length.
    words, first
        Bytes of the new CIGARs, and offset of each record's in them.
    added
        uint8 (n, k): fields to put at the end.
    dropped
        bool (65536,): tags (as numbers of two bytes) that are not copied.
    barcode_begin, barcode_end
        int64 (n,): text of CB in `data_a`; where it is empty there is no CB.

    Returns
    -------
    NDArray[np.uint8]
        Bytes of the records.
    """
    total = 0
    for index in range(len(start)):
        data = data_b if use_b[index] else data_a
        record = start[index]
        length = int32(data, record + LENGTH)
        total += FIXED_SIZE + int(data[record + NAME_LENGTH]) + 4 * uint16(heads[index], CIGAR_COUNT)
        total += (length + 1) // 2 + length + _kept_size(data, record, dropped) + len(added[index])
        if barcode_end[index] > barcode_begin[index]:
            total += len(_BARCODE) + barcode_end[index] - barcode_begin[index] + 1
    result = np.empty(total, dtype=np.uint8)
    to = 0
    for index in range(len(start)):
        data = data_b if use_b[index] else data_a
        begin = to
        to = _assemble_record(result, to, data, start[index], heads[index], words, first[index], dropped)
        size = barcode_end[index] - barcode_begin[index]
        if size > 0:
            to = _copy(result, to, _BARCODE, 0, len(_BARCODE))
            to = _copy(result, to, data_a, barcode_begin[index], size)
            result[to] = 0
            to += 1
        to = _copy(result, to, added[index], 0, len(added[index]))
        _set_size(result, begin, to)
    return result


@njit(cache=True)
def finish(data, start, haplotype, posterior, keep, copies):  # type: ignore[no-untyped-def]
    """Take XI off the end of the records, and put other fields there.

    Parameters
    ----------
    data, start
        As in `Records`; XH and XI are the last two fields.
    haplotype
        uint8 (n,): HP; 0 for none.
    posterior, keep
        uint8 (n, 4): XH; where `keep` (bool (n,)) is true it stays as it is.
    copies
        uint8 (n, 2): dc; of no row: none.

    Returns
    -------
    data, start
        The new records.
    """
    # XI is longer than HP.
    room = len(copies) * (len(_COPIES) + 2)
    result, starts = np.empty(len(data) + room, dtype=np.uint8), np.empty_like(start)
    to = 0
    for index in range(len(start)):
        record, begin = start[index], to
        size = 4 + int32(data, record) - _XI_SIZE
        to = _copy(result, to, data, record, size)
        if not keep[index]:
            _copy(result, to - 4, posterior[index], 0, 4)
        if haplotype[index]:
            to = _copy(result, to, _HAPLOTYPE, 0, 3)
            result[to] = haplotype[index]
            to += 1
        if len(copies):
            to = _copy(result, to, _COPIES, 0, len(_COPIES))
            to = _copy(result, to, copies[index], 0, 2)
        _set_size(result, begin, to)
        starts[index] = begin
    return result[:to], starts
