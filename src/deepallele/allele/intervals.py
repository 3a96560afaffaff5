"""Intervals on the reference, and the reference's contigs."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.genome.mask import read_bed

Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def read_contigs(path: str | Path) -> dict[str, int]:
    """Read names and lengths (bases) of the contigs of a FASTA index (.fai), in its order.

    Raises
    ------
    InputError
        If a line lacks a name or a length, or there is none.
    """
    contigs: dict[str, int] = {}
    for number, line in enumerate(Path(path).read_text().splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) < 2 or not fields[1].isdigit():
            raise InputError(f"{path}, line {number}: a contig's name and length are expected, got {line!r}")
        contigs[fields[0]] = int(fields[1])
    if not contigs:
        raise InputError(f"{path}: lists no contig; index the reference again (samtools faidx)")
    return contigs


class IntervalSet:
    """Intervals on the reference's contigs, merged where they touch.

    Parameters
    ----------
    lengths
        Length of each contig, in bases.
    intervals
        (contig index, start, end), 0-based half-open, in any order; what is beyond a contig is cut off.
    """

    def __init__(self, lengths: Sequence[int], intervals: Iterable[tuple[int, int, int]] = ()) -> None:
        table = np.array(list(intervals), dtype=np.int64).reshape(-1, 3)
        self._build(lengths, [(table[:, 0], table[:, 1], table[:, 2])])

    @classmethod
    def from_parts(cls, lengths: Sequence[int], parts: Iterable[Columns]) -> "IntervalSet":
        """Make a set from columns that come in parts, so that many millions of intervals fit in memory.

        Parameters
        ----------
        lengths
            Length of each contig, in bases.
        parts
            Contig index, start and end of some intervals each, int64 (k,).
        """
        made = cls.__new__(cls)
        made._build(lengths, parts)
        return made

    def _build(self, lengths: Sequence[int], parts: Iterable[Columns]) -> None:
        # One axis for all contigs; the gap of one keeps intervals of neighbouring contigs apart.
        self._length = np.array(lengths, dtype=np.int64)
        self._offset = np.cumsum(np.append(0, self._length) + 1)
        kind = np.uint32 if self._offset[-1] < 2**32 else np.int64
        starts, ends = [np.zeros(0, dtype=kind)], [np.zeros(0, dtype=kind)]
        for tid, start, end in parts:
            begin, stop = self._on_axis(tid, start, end)
            starts.append(begin[begin < stop].astype(kind))
            ends.append(stop[begin < stop].astype(kind))
        self._start, self._end = _merged(starts, ends)
        # For every so many bases the first interval that is not past: mostly the right one or next to it.
        last = int(self._offset[-1])
        self._shift = max(last // max(len(self._start), 1), 8).bit_length()
        marks = np.arange(0, last + 1, 1 << self._shift, dtype=kind)
        self._first = np.searchsorted(self._end, marks, side="right").astype(np.uint32)

    def _on_axis(
        self, tid: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        offset = self._offset[tid]
        return np.maximum(start, 0) + offset, np.minimum(end, self._length[tid]) + offset

    def __len__(self) -> int:
        """Give the number of intervals after merging."""
        return len(self._start)

    def overlaps(
        self, tid: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell which of n spans (contig index, start, end) share a base with an interval; bool (n,)."""
        if len(self._start) == 0 or len(tid) == 0:
            return np.zeros(len(tid), dtype=bool)
        begin, stop = self._on_axis(tid, start, end)
        return _overlaps(self._start, self._end, self._first, self._shift, begin, stop)


def _merged(starts: list[NDArray], ends: list[NDArray]) -> tuple[NDArray, NDArray]:
    """Starts and ends of the merged intervals, sorted; the parts are let go of."""
    start, end = _joined(starts), _joined(ends)
    # Sorted apart from each other, they still tell where all earlier intervals have ended.
    opens = np.append(True, start[1:] > end[:-1])[: len(start)]
    return start[opens], end[np.append(opens[1:], True)[: len(start)]]


def _joined(parts: list[NDArray]) -> NDArray:
    values = np.concatenate(parts)
    parts.clear()
    # Quick where the values are nearly sorted, as those of sorted files are.
    values.sort(kind="stable")
    return values


@njit(cache=True)
def _overlaps(starts, ends, first, shift, begin, stop):  # type: ignore[no-untyped-def]
    """Tell which spans overlap one of the sorted intervals, which do not touch each other."""
    result = np.zeros(len(begin), dtype=np.bool_)
    for index in range(len(begin)):
        at = np.int64(first[begin[index] >> shift])
        while at < len(ends) and np.int64(ends[at]) <= begin[index]:
            at += 1
        begins_before = at < len(starts) and np.int64(starts[at]) < stop[index]
        result[index] = begins_before and begin[index] < stop[index]
    return result


def read_blacklist(path: str | Path, contigs: dict[str, int]) -> IntervalSet:
    """Read a BED file (plain or gzip); intervals on contigs that the reference lacks are left out.

    Raises
    ------
    InputError
        If the file is damaged, a line is not BED, or no interval lies on a contig of the reference.
    """
    known = {contig: index for index, contig in enumerate(contigs)}
    intervals, lines = [], 0
    for contig, start, end in read_bed(path):
        lines += 1
        if contig in known:
            intervals.append((known[contig], start, end))
    if lines and not intervals:
        raise InputError(f"{path}: none of its {lines} intervals lies on a contig of the reference")
    return IntervalSet(list(contigs.values()), intervals)
