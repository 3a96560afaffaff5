"""Bases that differ from the reference, counted per position while reads stream by."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.allele.cigar import Segments
from deepallele.allele.layout import gather
from deepallele.quality.cover import CODE_OF_NIBBLE

BASES = "ACGT"


@dataclass(frozen=True)
class Differences:
    """Bases unlike the reference that reads show, one row per position and base.

    Attributes
    ----------
    position
        int64 (d,): 0-based, ascending.
    base
        uint8 (d,): the base seen, codes A0 C1 G2 T3.
    count, depth
        int64 (d,): reads that show it, and all reads.
    """

    position: NDArray[np.int64]
    base: NDArray[np.uint8]
    count: NDArray[np.int64]
    depth: NDArray[np.int64]


class Pileup:
    """Depth and differences of one contig.

    Only the stretch of positions that later reads can still cover is remembered, so that memory
    does not grow with the number of reads or with the contig beyond its reference bases.

    Parameters
    ----------
    reference
        uint8 (contig length,): bases of the contig, codes A0 C1 G2 T3, other 4.
    min_quality
        Least base quality (Phred) of a base that counts.

    Attributes
    ----------
    bases
        Bases counted so far.
    """

    def __init__(self, reference: NDArray[np.uint8], min_quality: int) -> None:
        self._reference = reference
        self._min_quality = min_quality
        self._start = self._end = np.zeros(0, dtype=np.int64)
        self._depth = np.zeros(0, dtype=np.int64)
        self._key = self._count = np.zeros(0, dtype=np.int64)
        self.bases = 0

    def add(
        self, records: Records, stretch: Segments, mate_end: NDArray[np.int64], limit: int
    ) -> Differences:
        """Count the bases of some records.

        Where the mates of a pair overlap, the bases of the first one count.

        Parameters
        ----------
        records
            n records, by position.
        stretch
            Their ungapped stretches; those of records to leave out may be absent.
        mate_end
            int64 (n,): where the earlier mate ends, -1 where there is none.
        limit
            No later record starts before this position.

        Returns
        -------
        Differences
            Those before `limit` that were not given before.
        """
        begin = records.fixed["pos"].astype(np.int64)[stretch.alignment] + stretch.target
        skip = np.clip(mate_end[stretch.alignment] - begin, 0, stretch.length)
        begin, length = begin + skip, stretch.length - skip
        start, end, depth = self._axis(begin, begin + length)
        total = int(length.sum())
        offset = np.stack(
            [
                records.sequence_start[stretch.alignment],
                records.quality_start[stretch.alignment],
                stretch.query + skip,
                _on_axis(begin, start, end),
                begin,
                length,
            ],
            axis=1,
        )
        known = gather(self._reference, start, end - start)
        key, bases = _pile(records.data, offset, known, depth, self._min_quality, total)
        self.bases += bases
        self._merge(key)
        return self._finish(start, end, depth, limit)

    def _axis(
        self, begin: NDArray[np.int64], finish: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Merge the intervals; give starts and ends of the merged ones, and the depth on their bases."""
        begins, ends = np.concatenate([self._start, begin]), np.concatenate([self._end, finish])
        order = np.argsort(begins, kind="stable")
        order = order[ends[order] > begins[order]]
        begins, reach = begins[order], np.maximum.accumulate(ends[order])
        opens = np.append(True, begins[1:] > reach[:-1])[: len(begins)]
        start, end = begins[opens], reach[np.append(opens[1:], True)[: len(begins)]]
        depth = np.zeros(int((end - start).sum()), dtype=np.int64)
        length = self._end - self._start
        first = _on_axis(self._start, start, end)
        place = np.repeat(first - (np.cumsum(length) - length), length) + np.arange(length.sum())
        depth[place] = self._depth
        return start, end, depth

    def _merge(self, key: NDArray[np.int64]) -> None:
        new, count = np.unique(key, return_counts=True)
        self._key, index = np.unique(np.concatenate([self._key, new]), return_inverse=True)
        weight = np.concatenate([self._count, count])
        self._count = np.bincount(index, weights=weight, minlength=len(self._key)).astype(np.int64)

    def _finish(
        self, start: NDArray[np.int64], end: NDArray[np.int64], depth: NDArray[np.int64], limit: int
    ) -> Differences:
        done = int(np.searchsorted(self._key, len(BASES) * limit))
        key, count = self._key[:done], self._count[:done]
        self._key, self._count = self._key[done:], self._count[done:]
        position, base = key // len(BASES), (key % len(BASES)).astype(np.uint8)
        covered = depth[_on_axis(position, start, end)]
        # The rest of the axis is what later reads can cover.
        open_ = np.flatnonzero(end > limit)
        self._start, self._end = np.maximum(start[open_], limit), end[open_]
        size = int((self._end - self._start).sum())
        self._depth = depth[len(depth) - size :]
        return Differences(position, base, count, covered)


def _on_axis(
    position: NDArray[np.int64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give the rank of positions among the bases of disjoint intervals, by start."""
    length = end - start
    index = np.maximum(np.searchsorted(start, position, side="right") - 1, 0)
    if len(start) == 0:
        return np.zeros(len(position), dtype=np.int64)
    rank: NDArray[np.int64] = (np.cumsum(length) - length)[index] + position - start[index]
    return rank


@njit(cache=True)
def _pile(data, offset, reference, depth, min_quality, most):  # type: ignore[no-untyped-def]
    """Add the bases of all stretches to `depth`; give keys (position, base) of the other bases, and how many.

    A row of `offset`: packed bases, qualities, first base in the read, on the axis, on the contig; length.
    """
    keys = np.empty(most, dtype=np.int64)
    found, bases = 0, 0
    for row in range(len(offset)):
        packed, quality, query, axis, position, length = offset[row]
        for place in range(length):
            at = query + place
            if data[quality + at] < min_quality:
                continue
            bases += 1
            depth[axis + place] += 1
            byte = np.int64(data[packed + at // 2])
            code = CODE_OF_NIBBLE[byte >> 4 if at % 2 == 0 else byte & 15]
            # A letter that is no base, of the read or the reference, tells nothing.
            if code != reference[axis + place] and code < 4 and reference[axis + place] < 4:
                keys[found] = (position + place) * 4 + code
                found += 1
    return keys[:found].copy(), bases
