"""Intervals on the reference, and the reference's contigs."""

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError


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
        (contig index, start, end), 0-based half-open, in any order.
    """

    def __init__(self, lengths: Sequence[int], intervals: Iterable[tuple[int, int, int]] = ()) -> None:
        # One axis for all contigs; the gap of one keeps intervals of neighbouring contigs apart.
        size = np.array([0, *lengths], dtype=np.int64) + 1
        self._offset = np.cumsum(size)
        table = np.array(sorted(intervals), dtype=np.int64).reshape(-1, 3)
        # An end behind the contig's must not reach into the next contig.
        inside = np.minimum(table[:, 2], size[1:][table[:, 0]] - 1)
        start, end = table[:, 1] + self._offset[table[:, 0]], inside + self._offset[table[:, 0]]
        order = np.argsort(start, kind="stable")
        start, reach = start[order], np.maximum.accumulate(end[order])
        opens = np.concatenate([[True], start[1:] > reach[:-1]])[: len(start)]
        self._start = start[opens]
        self._end = reach[np.concatenate([opens[1:], [True]])[: len(start)]]

    def overlaps(
        self, tid: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tell which of n spans (contig index, start, end) share a base with an interval; bool (n,)."""
        if len(self._start) == 0:
            return np.zeros(len(tid), dtype=bool)
        offset = self._offset[tid]
        index = np.searchsorted(self._start, end + offset, side="left") - 1
        return (index >= 0) & (self._end[index] > start + offset)


def read_blacklist(path: str | Path, contigs: dict[str, int]) -> IntervalSet:
    """Read a BED file (plain or .gz); intervals on contigs that the reference lacks are left out.

    Raises
    ------
    InputError
        If a line is not BED, or no interval lies on a contig of the reference.
    """
    known = {contig: index for index, contig in enumerate(contigs)}
    opener = gzip.open if str(path).endswith(".gz") else open
    intervals, lines = [], 0
    with opener(path, "rt") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip() or line.startswith(("#", "track", "browser")):
                continue
            lines += 1
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) < 3 or not (fields[1].isdigit() and fields[2].isdigit()):
                raise InputError(f"{path}, line {number}: contig, start, end expected, got {line.strip()!r}")
            if fields[0] in known:
                intervals.append((known[fields[0]], int(fields[1]), int(fields[2])))
    if lines and not intervals:
        raise InputError(f"{path}: none of its {lines} intervals lies on a contig of the reference")
    return IntervalSet(list(contigs.values()), intervals)
