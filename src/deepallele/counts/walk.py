"""Compiled walk over BAM records that finds the regions each fragment covers."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import PAIRED
from deepallele.allele.cigar import DELETION, DIFFERENT, EQUAL, MATCH, SKIP
from deepallele.allele.layout import (
    CIGAR_COUNT,
    FIXED_SIZE,
    FLAG,
    NAME_LENGTH,
    POS,
    TID,
    field_size,
    int32,
    tag_start,
    uint16,
)
from deepallele.peaks.chunks import SKIPPED

NEXT_TID, NEXT_POS, TEMPLATE_LENGTH = 24, 28, 32
FIRST_OR_LAST, MATE_UNMAPPED = 0x40 | 0x80, 0x8
HP = int.from_bytes(b"HP", "little")
AMBIGUOUS, NO_HAPLOTYPE = 2, -1

AT_TID, AT_POS, AT_REGION, USED, FOUND = range(5)
"""In `at`: contig and position of the last record, first region that ends behind it, used slots, hits."""

DONE, UNSORTED, UNKNOWN_CONTIG, BAD_HAPLOTYPE = range(4)

_LEAST_SLOTS = 1 << 12
_GONE = -1


def start_walk() -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    """Give `at`, and the empty table of waiting mates (keys and regions), as `find_fragments` wants them."""
    at = np.array([-1, -1, 0, 0, 0], dtype=np.int64)
    return at, np.zeros(_LEAST_SLOTS, dtype=np.uint64), np.full(_LEAST_SLOTS, _GONE, dtype=np.int64)


@njit(cache=True, nogil=True)
def find_fragments(data, starts, border, first, last, at, keys, waiting):  # type: ignore[no-untyped-def]
    """Find the regions that the fragments of a chunk cover.

    A fragment is found once per region: the mate that comes first leaves its key in a table if the other one
    can still reach the region, and the other one takes it from there. Keys of regions that lie behind are
    dropped when the table is full, so that it holds no more than the fragments of the regions at hand.

    Parameters
    ----------
    data, starts
        The chunk, as in `Records`.
    border
        int64 (contigs + 1,): the regions of contig i are `border[i] : border[i + 1]`.
    first, last
        int64 (regions,): start and end of each, disjoint and sorted within a contig.
    at
        int64 (5,): where the walk stands; changed in place.
    keys, waiting
        uint64 and int64 (slots,): the table, a power of two: key and region.

    Returns
    -------
    keys, waiting
        The table from now on.
    hits
        int64 (n, 3), of which the first `at[FOUND]` count: index of the record, region, and class: 0 for A, 1
        for B, 2 for ambiguous.
    index, reason
        The record at which the walk stopped and why, `DONE` if behind the last one.
    """
    hits = np.empty((len(starts) + 1, 3), dtype=np.int64)
    at[FOUND] = 0
    contigs = len(border) - 1
    for index in range(len(starts)):
        record = starts[index]
        flag, operations = uint16(data, record + FLAG), uint16(data, record + CIGAR_COUNT)
        if flag & SKIPPED != 0 or operations == 0:
            continue
        tid, pos = int32(data, record + TID), int32(data, record + POS)
        if tid < 0 or tid >= contigs:
            return keys, waiting, hits, index, UNKNOWN_CONTIG
        if tid < at[AT_TID] or (tid == at[AT_TID] and pos < at[AT_POS]):
            return keys, waiting, hits, index, UNSORTED
        if tid > at[AT_TID]:
            at[AT_REGION] = border[tid]
        at[AT_TID], at[AT_POS] = tid, pos
        region, stop = at[AT_REGION], border[tid + 1]
        while region < stop and last[region] <= pos:
            region += 1
        at[AT_REGION] = region
        kind, own, mates, next_pos, joined = NO_HAPLOTYPE, np.uint64(0), np.uint64(0), 0, False
        word = record + FIXED_SIZE + int(data[record + NAME_LENGTH])
        end = pos
        for _ in range(operations):
            if region == stop:
                break
            code, length = data[word] & 15, int32(data, word) >> 4 & 0xFFFFFFF
            word += 4
            if code in (DELETION, SKIP):
                end += length
            if code not in (MATCH, EQUAL, DIFFERENT):
                continue
            begin, end = end, end + length
            while region < stop and last[region] <= begin:
                region += 1
            while region < stop and first[region] < end:
                if kind == NO_HAPLOTYPE:
                    kind = _class(data, record)
                    if kind < 0:
                        return keys, waiting, hits, index, BAD_HAPLOTYPE
                    joined = flag & PAIRED != 0 and flag & MATE_UNMAPPED == 0
                    joined = joined and int32(data, record + NEXT_TID) == tid
                    if joined:
                        next_pos = int32(data, record + NEXT_POS)
                        own, mates = _keys(data, record, flag, pos, next_pos)
                if not (joined and next_pos <= pos and _take(keys, waiting, mates, region)):
                    if at[FOUND] == len(hits):
                        hits = _doubled(hits)
                    hits[at[FOUND], 0], hits[at[FOUND], 1], hits[at[FOUND], 2] = index, region, kind
                    at[FOUND] += 1
                    if joined and pos <= next_pos < last[region]:
                        if 2 * at[USED] >= len(keys):
                            keys, waiting, at[USED] = _rebuilt(keys, waiting, at[AT_REGION])
                        _put(keys, waiting, own, region)
                        at[USED] += 1
                region += 1
    return keys, waiting, hits, len(starts), DONE


@njit(cache=True, nogil=True)
def _doubled(hits):  # type: ignore[no-untyped-def]
    """Table of twice the length with the same rows at its start."""
    result = np.empty((2 * len(hits), 3), dtype=np.int64)
    result[: len(hits)] = hits
    return result


@njit(cache=True, nogil=True)
def _class(data, record):  # type: ignore[no-untyped-def]
    """0 for haplotype A (HP 1), 1 for B (2), 2 where there is no HP, below 0 for any other HP."""
    at, end = tag_start(data, record), record + 4 + int32(data, record)
    while at < end:
        size = field_size(data, at, end)
        if size < 0:
            break
        if uint16(data, at) == HP:
            kind, value = data[at + 2], np.int64(0)
            if kind in (ord("c"), ord("C")):
                value = np.int64(data[at + 3])
            elif kind in (ord("s"), ord("S")):
                value = np.int64(uint16(data, at + 3))
            elif kind in (ord("i"), ord("I")):
                value = np.int64(int32(data, at + 3))
            return value - 1 if value in (1, 2) else NO_HAPLOTYPE
        at += size
    return AMBIGUOUS


@njit(cache=True, nogil=True)
def _keys(data, record, flag, pos, next_pos):  # type: ignore[no-untyped-def]
    """Key of a record and of its mate: name, both positions, fragment's length, which mate of the two.

    Lanes may give the same name to different fragments, so the name is not enough.
    """
    # FNV-1a by G. Fowler, L. C. Noll and K.-P. Vo, public domain.
    value = np.uint64(0xCBF29CE484222325)
    name = record + FIXED_SIZE
    for place in range(name, name + int(data[record + NAME_LENGTH])):
        value = (value ^ np.uint64(data[place])) * np.uint64(0x100000001B3)
    length = abs(int32(data, record + TEMPLATE_LENGTH))
    for number in (min(pos, next_pos), max(pos, next_pos), length):
        value = _mixed(value ^ np.uint64(number & 0xFFFFFFFF))
    which = flag & FIRST_OR_LAST
    return _mixed(value ^ np.uint64(which)), _mixed(value ^ np.uint64(which ^ FIRST_OR_LAST))


@njit(cache=True, nogil=True)
def _mixed(value):  # type: ignore[no-untyped-def]
    """Finaliser of MurmurHash3 (A. Appleby, public domain); never 0, which marks a free slot."""
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    value = (value ^ (value >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return value ^ (value >> np.uint64(33)) or np.uint64(1)


@njit(cache=True, nogil=True)
def _put(keys, waiting, key, region):  # type: ignore[no-untyped-def]
    mask = len(keys) - 1
    slot = np.int64(key & np.uint64(mask))
    while keys[slot] != 0:
        slot = (slot + 1) & mask
    keys[slot], waiting[slot] = key, region


@njit(cache=True, nogil=True)
def _take(keys, waiting, key, region):  # type: ignore[no-untyped-def]
    """Take a key of a region out of the table; False if it is not there."""
    mask = len(keys) - 1
    slot = np.int64(key & np.uint64(mask))
    while keys[slot] != 0:
        if keys[slot] == key and waiting[slot] == region:
            # The slot stays in use until the table is rebuilt: others may have been put behind it.
            waiting[slot] = _GONE
            return True
        slot = (slot + 1) & mask
    return False


@njit(cache=True, nogil=True)
def _rebuilt(keys, waiting, region):  # type: ignore[no-untyped-def]
    """Table with the keys of the regions from `region` on only, at most a quarter full; and their number."""
    kept = 0
    for slot in range(len(keys)):
        kept += waiting[slot] >= region
    slots = _LEAST_SLOTS
    while 4 * kept > slots:
        slots *= 2
    new_keys, new_waiting = np.zeros(slots, dtype=np.uint64), np.full(slots, _GONE, dtype=np.int64)
    for slot in range(len(keys)):
        if waiting[slot] >= region:
            _put(new_keys, new_waiting, keys[slot], waiting[slot])
    return new_keys, new_waiting, kept
