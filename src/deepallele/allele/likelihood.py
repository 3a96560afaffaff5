"""Log likelihood of each read given its alignment to a haplotype.

Only what tells two haplotypes apart is summed: relative to a read whose every base matches,

- a mismatch at a base with error probability e costs log(e / 3) - log(1 - e), Phred scores capped at 40
  because no base call is safer than the library's preparation;
- a gap costs log(5e-6), about the rate of indel errors of Illumina machines, and log(0.1) per further base;
- a base that is soft-clipped, or lies on a base that the haplotype does not know (N), is explained
  by chance, log(1/4);
- an unknown base of the read (N) says nothing and costs nothing;
- an unaligned read is explained by chance altogether: log(1/4) per base, which is worse than any
  alignment that bowtie2 reports in its end-to-end modes;
- but that an aligner finds a read on one haplotype only may also be chance, as it looks for exact seeds:
  the haplotype without an alignment gets at least a thousandth of the other one's likelihood.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import UNMAPPED, Records
from deepallele.allele.cigar import DELETION, DIFFERENT, EQUAL, INSERTION, MATCH, SKIP, SOFT_CLIP
from deepallele.allele.layout import (
    CIGAR_COUNT,
    FIXED_SIZE,
    FLAG,
    LENGTH,
    NAME_LENGTH,
    field_size,
    int32,
    tag_start,
    uint16,
)
from deepallele.errors import InputError

LOG_CHANCE = float(np.log(0.25))
LOG_GAP_OPEN = float(np.log(5e-6))
LOG_GAP_EXTEND = float(np.log(0.1))
LOG_LOST = float(np.log(1e-3))
BEST_PHRED = 40
UNKNOWN_PHRED = 30  # where the BAM holds no base qualities (255)

_NO_QUALITY = 255
_READ_N = 15
_HAT, _ZERO, _NINE = ord("^"), ord("0"), ord("9")
_NO_MD, _MISFIT, _UNKNOWN_FIELD = 1, 2, 3


def _tables() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    phred = np.minimum(np.arange(256), BEST_PHRED).astype(np.float64)
    phred[_NO_QUALITY] = UNKNOWN_PHRED
    # An error probability above 3/4 would make a mismatch better than chance.
    error = np.minimum(10.0 ** (-phred / 10), 0.75)
    return np.log(error / 3) - np.log1p(-error), LOG_CHANCE - np.log1p(-error)


_MISMATCH, _BY_CHANCE = _tables()
_IS_BASE = np.isin(np.arange(256), [ord(base) for base in "ACGT"])


class Explanation(NamedTuple):
    """How well a haplotype explains reads, and where it does not.

    Attributes
    ----------
    log_likelihood
        float64 (n,): natural log likelihood of each read, relative to a read without any difference.
    record, offset, cost
        int64, int64 and float64 (mismatches,), by record and from left to right: the record's index, bases of
        the haplotype between the alignment's start and the mismatch, and its part of the log likelihood.
    """

    log_likelihood: NDArray[np.float64]
    record: NDArray[np.int64]
    offset: NDArray[np.int64]
    cost: NDArray[np.float64]


def explain(records: Records) -> Explanation:
    """Compare each read with the haplotype it is aligned to, by its CIGAR and MD.

    Raises
    ------
    InputError
        If an aligned read has no MD field, or one that does not fit its CIGAR, or an optional field that
        BAM does not know.
    """
    result, fault, index = _explain(records.data, records.start)
    if fault:
        raise InputError(f"read {records.name(index)}: {_message(fault)}")
    return Explanation(*result)


def _message(fault: int) -> str:
    return {
        _NO_MD: "no MD field, which tells mismatches; align with bowtie2, or add it with samtools calmd",
        _MISFIT: "the MD field does not fit the CIGAR",
        _UNKNOWN_FIELD: "an optional field of a type that BAM does not know; run the alignment again",
    }[fault]


@njit(cache=True)
def _find_md(data, record):  # type: ignore[no-untyped-def]
    """Offset of the text of the MD field; negative fault where there is none."""
    at, end, found = tag_start(data, record), record + 4 + int32(data, record), -_NO_MD
    while at < end:
        size = field_size(data, at, end)
        if size < 0:
            return -_UNKNOWN_FIELD
        if data[at] == ord("M") and data[at + 1] == ord("D") and data[at + 2] == ord("Z") and size > 4:
            found = at + 3
        at += size
    return found


@njit(cache=True)
def _gap_cost(data, cigar, count):  # type: ignore[no-untyped-def]
    cost = 0.0
    for index in range(count):
        word = int32(data, cigar + 4 * index)
        kind, length = word & 15, word >> 4
        if kind in (INSERTION, DELETION):
            cost += LOG_GAP_OPEN + (length - 1) * LOG_GAP_EXTEND
        elif kind == SOFT_CLIP:
            cost += length * LOG_CHANCE
    return cost


@njit(cache=True)
def _walk_md(data, record, md, offset, cost, found):  # type: ignore[no-untyped-def]
    """Write down the mismatches of one record from `found` on; number behind the last, -1 if MD misfits."""
    read_length = int32(data, record + LENGTH)
    cigar = record + FIXED_SIZE + int(data[record + NAME_LENGTH])
    count = uint16(data, record + CIGAR_COUNT)
    sequence = cigar + 4 * count
    quality = sequence + (read_length + 1) // 2
    # `aligned` counts base pairs along MD. The stretch of them it is in ends before `stop`; adding
    # `to_query` or `to_target` gives the place in the read or on the haplotype.
    aligned, stop, to_query, to_target, operation = 0, 0, 0, 0, 0
    while data[md] != 0:
        letter = data[md]
        if _ZERO <= letter <= _NINE:
            run = 0
            while _ZERO <= data[md] <= _NINE:
                run = 10 * run + data[md] - _ZERO
                md += 1
            aligned += run
        elif letter == _HAT:
            md += 1
            while data[md] != 0 and not _ZERO <= data[md] <= _NINE:
                md += 1
        else:
            while aligned >= stop and operation < count:
                word = int32(data, cigar + 4 * operation)
                kind, length = word & 15, word >> 4
                if kind in (MATCH, EQUAL, DIFFERENT):
                    stop += length
                elif kind in (INSERTION, SOFT_CLIP):
                    to_query += length
                elif kind in (DELETION, SKIP):
                    to_target += length
                operation += 1
            place = aligned + to_query
            if aligned >= stop or place >= read_length:
                return -1
            packed = data[sequence + place // 2]
            if (packed >> 4 if place % 2 == 0 else packed & 15) != _READ_N:
                phred = data[quality + place]
                offset[found] = aligned + to_target
                cost[found] = _MISMATCH[phred] if _IS_BASE[letter] else _BY_CHANCE[phred]
                found += 1
            aligned += 1
            md += 1
    while operation < count:
        word = int32(data, cigar + 4 * operation)
        if word & 15 in (MATCH, EQUAL, DIFFERENT):
            stop += word >> 4
        operation += 1
    return found if aligned == stop else -1


@njit(cache=True)
def _explain(data, starts):  # type: ignore[no-untyped-def]
    """Give what `Explanation` holds, and the first fault (0: none) with its record."""
    log = np.zeros(len(starts), dtype=np.float64)
    record_of, offset = np.empty(1, dtype=np.int64), np.empty(1, dtype=np.int64)
    cost = np.empty(1, dtype=np.float64)
    found = 0
    for index in range(len(starts)):
        record = starts[index]
        read_length = int32(data, record + LENGTH)
        if uint16(data, record + FLAG) & UNMAPPED:
            log[index] = read_length * LOG_CHANCE
            continue
        while found + read_length > len(cost):
            record_of, offset, cost = _double(record_of), _double(offset), _double(cost)
        md = _find_md(data, record)
        stop = _walk_md(data, record, md, offset, cost, found) if md >= 0 else -1
        if stop < 0:
            return (log, record_of[:0], offset[:0], cost[:0]), -md if md < 0 else _MISFIT, index
        cigar = record + FIXED_SIZE + int(data[record + NAME_LENGTH])
        log[index] = cost[found:stop].sum() + _gap_cost(data, cigar, uint16(data, record + CIGAR_COUNT))
        record_of[found:stop] = index
        found = stop
    return (log, record_of[:found], offset[:found], cost[:found]), 0, 0


@njit(cache=True)
def _double(array):  # type: ignore[no-untyped-def]
    return np.concatenate((array, np.empty_like(array)))
