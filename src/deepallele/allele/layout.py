"""Compiled access to the fields of BAM records (section 4.2 of the SAM specification)."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

SIZE, TID, POS, NAME_LENGTH, MAPQ, CIGAR_COUNT, FLAG, LENGTH, FIXED_SIZE = 0, 4, 8, 12, 13, 16, 18, 20, 36
"""Offsets of the fields of fixed length from the start of a record, and their size altogether."""

UNKNOWN_FIELD = -1

_VALUE_SIZE = np.zeros(256, dtype=np.int64)
for _types, _bytes in ((b"AcC", 1), (b"sS", 2), (b"iIf", 4)):
    _VALUE_SIZE[list(_types)] = _bytes
_TEXT, _HEX, _ARRAY = ord("Z"), ord("H"), ord("B")


@njit(cache=True, inline="always")
def uint16(data: NDArray[np.uint8], at: int) -> int:
    """Little-endian number of two bytes."""
    return int(data[at]) | int(data[at + 1]) << 8


@njit(cache=True, inline="always")
def int32(data: NDArray[np.uint8], at: int) -> int:
    """Little-endian signed number of four bytes."""
    low = int(data[at]) | int(data[at + 1]) << 8 | int(data[at + 2]) << 16
    return low | int(np.int8(data[at + 3])) << 24


@njit(cache=True)
def tag_start(data: NDArray[np.uint8], record: int) -> int:
    """Offset of the first optional field of the record that starts at `record`."""
    length = int32(data, record + LENGTH)
    fixed = FIXED_SIZE + int(data[record + NAME_LENGTH]) + 4 * uint16(data, record + CIGAR_COUNT)
    return record + fixed + (length + 1) // 2 + length


@njit(cache=True)
def field_size(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Bytes of the optional field at `at`, its name included; `UNKNOWN_FIELD` where it is not sound."""
    if at + 3 >= end:
        return UNKNOWN_FIELD
    kind = data[at + 2]
    if kind in (_TEXT, _HEX):
        stop = at + 3
        while stop < end and data[stop] != 0:
            stop += 1
        return stop + 1 - at if stop < end else UNKNOWN_FIELD
    if kind == _ARRAY:
        if at + 8 > end:
            return UNKNOWN_FIELD
        size = _VALUE_SIZE[data[at + 3]] * int32(data, at + 4)
        return 8 + size if size >= 0 and at + 8 + size <= end else UNKNOWN_FIELD
    size = _VALUE_SIZE[kind]
    return 3 + size if size > 0 and at + 3 + size <= end else UNKNOWN_FIELD


@njit(cache=True, nogil=True)
def find_records(data: NDArray[np.uint8], begin: int, starts: NDArray[np.int64]) -> tuple[int, int]:
    """Find the whole records from `begin` on.

    Parameters
    ----------
    data
        Bytes of a BAM.
    begin
        Where a record starts.
    starts
        Filled with the starts of at most so many records.

    Returns
    -------
    count, end
        Number of records found, and the offset behind the last of them; -1 if a record is not sound.
    """
    count, at, limit = 0, begin, len(data)
    while count < len(starts) and at + 4 <= limit:
        size = int32(data, at)
        if size < FIXED_SIZE - 4:
            return count, -1
        if at + 4 + size > limit:
            break
        starts[count] = at
        count += 1
        at += 4 + size
    return count, at


@njit(cache=True, nogil=True)
def sound(data: NDArray[np.uint8], starts: NDArray[np.int64]) -> int:
    """Index of the first record whose fields reach beyond its size; -1 where there is none."""
    for index in range(len(starts)):
        record = starts[index]
        end = record + 4 + int32(data, record + SIZE)
        length = int32(data, record + LENGTH)
        if length < 0 or tag_start(data, record) > end or data[record + NAME_LENGTH] == 0:
            return index
    return -1


@njit(cache=True)
def gather(data: NDArray[np.uint8], start: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Concatenate the slices `data[start[i] : start[i] + length[i]]`; returns uint8 (sum of `length`,)."""
    result = np.empty(length.sum(), dtype=np.uint8)
    at = 0
    for index in range(len(start)):
        begin, size = start[index], length[index]
        # A slice is copied at once, which a loop over bytes is not.
        result[at : at + size] = data[begin : begin + size]
        at += size
    return result


@njit(cache=True)
def fixed_fields(data: NDArray[np.uint8], starts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Bytes of the fields of fixed length, one record a row; uint8 (n, FIXED_SIZE)."""
    result = np.empty((len(starts), FIXED_SIZE), dtype=np.uint8)
    for index in range(len(starts)):
        result[index] = data[starts[index] : starts[index] + FIXED_SIZE]
    return result


@njit(cache=True)
def name_words(data: NDArray[np.uint8], starts: NDArray[np.int64], words: int) -> NDArray[np.uint64]:
    """Read names as (n, words), eight bytes a word, little endian, padded with zeros."""
    result = np.zeros((len(starts), words), dtype=np.uint64)
    for index in range(len(starts)):
        begin = starts[index] + FIXED_SIZE
        length = int(data[starts[index] + NAME_LENGTH]) - 1
        for place in range(min(length, 8 * words)):
            result[index, place >> 3] |= np.uint64(data[begin + place]) << np.uint64(8 * (place & 7))
    return result


@njit(cache=True)
def first_difference(
    one: NDArray[np.uint8],
    start_one: NDArray[np.int64],
    other: NDArray[np.uint8],
    start_other: NDArray[np.int64],
    lengths: bool = True,
) -> int:
    """Index of the first record whose read name (or read length) differs between two lists; -1 if none."""
    for index in range(len(start_one)):
        a, b = start_one[index], start_other[index]
        length = one[a + NAME_LENGTH]
        if length != other[b + NAME_LENGTH]:
            return index
        if lengths and int32(one, a + LENGTH) != int32(other, b + LENGTH):
            return index
        for place in range(FIXED_SIZE, FIXED_SIZE + length):
            if one[a + place] != other[b + place]:
                return index
    return -1
