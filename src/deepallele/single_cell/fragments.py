"""Fragments of a BAM's read pairs: where each begins and ends, its haplotype, its cell, its duplicates."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import REVERSE, Records, open_bam
from deepallele.allele.cigar import Cigars, read_cigars, segments
from deepallele.counts.regions import Regions
from deepallele.errors import InputError
from deepallele.peaks.chunks import CHUNK, SKIPPED
from deepallele.quality.fragments import Mates, by_contig, haplotypes

# 10x Genomics, "Fragments file" of Cell Ranger ATAC: the interval begins 4 bases behind the leftmost aligned
# base and ends 5 bases before the rightmost one, which is the centre of either Tn5 cut.
SHIFT_START, SHIFT_END = 4, -5


@dataclass(frozen=True)
class Fragments:
    """Fragments whose second mate lies in a chunk of one contig.

    Attributes
    ----------
    tid
        Number of the contig.
    records
        The chunk.
    record
        int64 (n,): index of the second mate of each fragment.
    start, end
        int64 (n,): 0-based half-open interval between the centres of the two cuts, on the reference.
    kind
        int8 (n,): 0 for haplotype A, 1 for B, 2 for ambiguous ones.
    in_region
        bool (n,): a base of a mate is aligned in a region.
    behind
        No later fragment starts before this position.
    """

    tid: int
    records: Records
    record: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    kind: NDArray[np.int8]
    in_region: NDArray[np.bool_]
    behind: int


class FragmentReader:
    """Reads the fragments of a coordinate-sorted BAM of read pairs; memory does not grow with their number.

    The start is that of the forward mate, the end that of the reverse one; soft-clipped bases are no part of
    the fragment. Duplicates and failed, secondary and supplementary alignments are left out.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM, tag HP 1 (A) or 2 (B) on informative pairs.
    regions
        Regions to look for; disjoint and sorted within a contig. None: `in_region` is False.
    threads
        Threads for decompression.
    chunk
        Records held at a time; changes no fragment.

    Attributes
    ----------
    contigs : list of str
        Names of the contigs.
    mates_missing : int
        Mates so far whose other one did not come.
    too_short : int
        Fragments so far that were left out, as their interval is empty.
    """

    def __init__(
        self, bam: str | Path, regions: Regions | None = None, threads: int = 1, chunk: int = CHUNK
    ) -> None:
        self._stream = open_bam(bam)
        self._threads, self._chunk = threads, chunk
        self.contigs = self._stream.header.contigs
        self.mates_missing = self.too_short = 0
        self._regions = {} if regions is None else _by_contig(regions)
        if absent := sorted(set(self._regions) - set(self.contigs)):
            raise InputError(f"{bam}: no contig {absent[0]!r}, which regions name; is it the same genome?")

    def __iter__(self) -> Iterator[Fragments]:
        """Give the fragments, chunk by chunk, in the order of their second mates.

        Yields
        ------
        Fragments

        Raises
        ------
        InputError
            If the BAM is damaged or not sorted, or an HP tag is neither 1 nor 2.
        """
        last, mates = -1, Mates()
        for tid, records in by_contig(self._stream, self._threads, self._chunk):
            if tid != last:
                self.mates_missing += mates.waiting
                last, mates = tid, Mates()
            kept = Records(records.data, records.start[(records.fixed["flag"] & SKIPPED) == 0])
            if len(kept):
                yield self._join(tid, kept, mates)
        self.mates_missing += mates.waiting

    def _join(self, tid: int, records: Records, mates: Mates) -> Fragments:
        cigars = read_cigars(records)
        start = records.fixed["pos"].astype(np.int64)
        reverse = (records.fixed["flag"] & REVERSE) != 0
        cut = np.where(reverse, start + cigars.span(), start)
        earlier, _ = mates.join(records, cut, cut)
        inside = _is_inside(start, cigars, self._regions.get(self.contigs[tid]))
        whole, mask = mates.settle(inside.astype(np.uint8))
        in_region = np.zeros(len(records), dtype=bool)
        in_region[whole] = mask > 0
        record = np.flatnonzero(earlier >= 0)
        is_right, own, other = reverse[record], cut[record], earlier[record]
        begin = np.where(is_right, other, own) + SHIFT_START
        end = np.where(is_right, own, other) + SHIFT_END
        good = begin < end
        self.too_short += int((~good).sum())
        record = record[good]
        # Cuts of reverse mates that wait lie behind their start.
        waiting = mates.earliest
        behind = int(start[-1]) if waiting is None else min(int(start[-1]), waiting)
        return Fragments(
            tid,
            records,
            record,
            begin[good],
            end[good],
            haplotypes(records)[record],
            in_region[record],
            behind + SHIFT_START,
        )


def _by_contig(regions: Regions) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Start and end of the regions of each contig."""
    chrom = np.array(regions.chrom)
    result = {}
    for contig in dict.fromkeys(regions.chrom):
        start, end = regions.start[chrom == contig], regions.end[chrom == contig]
        if (start[1:] < end[:-1]).any():
            raise InputError(f"regions of {contig} are unsorted or overlap; sort them by place")
        result[contig] = (start, end)
    return result


def _is_inside(
    start: NDArray[np.int64], cigars: Cigars, regions: tuple[NDArray[np.int64], NDArray[np.int64]] | None
) -> NDArray[np.bool_]:
    """Tell which alignments have a base in a region; bool (n,)."""
    result = np.zeros(len(start), dtype=bool)
    if regions is None:
        return result
    stretch = segments(cigars)
    first = start[stretch.alignment] + stretch.target
    nearest = np.searchsorted(regions[1], first, side="right")
    opens = np.append(regions[0], np.iinfo(np.int64).max)[nearest]
    result[stretch.alignment[opens < first + stretch.length]] = True
    return result
