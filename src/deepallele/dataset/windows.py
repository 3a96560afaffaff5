"""Windows of both haplotypes around the lifted centres of the regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
import pyfaidx
from numpy.typing import NDArray

from deepallele.dataset.schema import REAL, ZEROS
from deepallele.errors import InputError
from deepallele.genome.fasta import OTHER, fetch, reverse_complement
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import rows_by_contig

MAX_OTHER = 0.5


@dataclass(frozen=True)
class Windows:
    """Windows of n regions.

    Attributes
    ----------
    sequence
        uint8 (n, 2, L), codes A0 C1 G2 T3 other 4; reverse complement of regions on the minus strand.
    start
        int64 (n, 2), leftmost base in each haplotype's own 0-based coordinates.
    own
        int64 (n, 2, 2), bases from `start` on that belong to the window, first and one after the last: 0 and
        L, or with `pad: zeros` the region's own bases.
    reason
        Why the region cannot be used, empty where it can; shape (n,): contig_edge (a window runs over the
        end of a contig), deleted (a haplotype has none of the region's bases) or mostly_unknown (more than
        half of the bases of a window are not A, C, G or T).
    cut_short
        bool (n,), with `pad: zeros`: a haplotype has more than L bases of the region; the last are left out.
    """

    sequence: NDArray[np.uint8]
    start: NDArray[np.int64]
    own: NDArray[np.int64]
    reason: NDArray[np.object_]
    cut_short: NDArray[np.bool_]


class WindowCutter:
    """The genomes of both haplotypes, from which windows are cut.

    Parameters
    ----------
    genomes
        FASTA of the two haplotypes, indexed.
    maps
        Their coordinate maps.
    length
        L, length of the windows, bp.
    pad
        "real": L real bases around the lifted centre. "zeros": the haplotype's own bases of the region from
        offset 0 on (in the direction of the region), at most L, and 4 behind them, as the published files.
    """

    def __init__(
        self, genomes: Sequence[str | Path], maps: Sequence[HaplotypeMap], length: int, pad: str = REAL
    ) -> None:
        self.maps = maps
        self.length = length
        self.pad = pad
        self._fasta = [pyfaidx.Fasta(str(genome), as_raw=True) for genome in genomes]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for fasta in self._fasta:
            fasta.close()

    def cut(self, regions: pd.DataFrame) -> Windows:
        """Cut the windows of some regions; memory grows with the stretch of genome that they span.

        The centre is c = (start + end) // 2, on the minus strand its mirror image start + end - 1 - c. It is
        lifted to each haplotype; where its base is deleted, the next base to the right stands for it.
        It is base L // 2 of the window, counted in the direction of the region.

        Parameters
        ----------
        regions
            chrom, start, end; reference coordinates, 0-based half-open; strand ("-" is the minus strand)
            where windows have a direction.

        Raises
        ------
        InputError
            If a region's contig is missing in a genome or map, or a region lies beyond its end.
        """
        n, length = len(regions), self.length
        reverse = minus_strand(regions)
        sequence = np.full((n, 2, length), OTHER, dtype=np.uint8)
        start, inside = np.zeros((n, 2), dtype=np.int64), np.ones((n, 2), dtype=bool)
        own, present = np.zeros((n, 2, 2), dtype=np.int64), np.zeros((n, 2), dtype=np.int64)
        for contig, rows in rows_by_contig(regions["chrom"]).items():
            for haplotype in (0, 1):
                size = self._size(haplotype, contig, int(regions["end"].to_numpy()[rows].max()))
                first, begin, end = self._place(haplotype, contig, regions.iloc[rows], reverse[rows])
                start[rows, haplotype], present[rows, haplotype] = first, end - begin
                if self.pad == ZEROS:
                    own[rows, haplotype] = np.clip(np.stack([begin, end], axis=1) - first[:, None], 0, length)
                else:
                    own[rows, haplotype] = 0, length
                    inside[rows, haplotype] = (first >= 0) & (first + length <= size)
                mine = rows[inside[rows, haplotype]]
                if len(mine):
                    sequence[mine, haplotype] = self._bases(haplotype, contig, start[mine, haplotype])
        offset = np.arange(length)
        outside = (offset < own[:, :, :1]) | (offset >= own[:, :, 1:])
        sequence[outside] = OTHER
        sequence[reverse] = reverse_complement(sequence[reverse])
        unknown = ((sequence == OTHER) & ~_turned(outside, reverse)).sum(axis=2)
        bases = own[:, :, 1] - own[:, :, 0]
        reason = np.select(
            [~inside.all(axis=1), (present == 0).any(axis=1), (unknown > MAX_OTHER * bases).any(axis=1)],
            ["contig_edge", "deleted", "mostly_unknown"],
            "",
        )
        cut_short = np.logical_and((present > length).any(axis=1), self.pad == ZEROS)
        return Windows(sequence, start, own, reason.astype(object), cut_short)

    def _size(self, haplotype: int, contig: str, last: int) -> int:
        """Length of a contig, after a check that genome, map and regions fit each other."""
        fasta, coordinates = self._fasta[haplotype], self.maps[haplotype]
        path = fasta.filename
        if contig not in fasta or contig not in coordinates.contigs:
            raise InputError(f"{path}: no contig {contig!r}, on which there are regions")
        size, expected = len(fasta[contig]), coordinates.haplotype_length(contig)
        if size != expected:
            raise InputError(f"{path}: {contig} has {size} bases, its chain says {expected}; make both again")
        if last > coordinates.reference_length(contig):
            raise InputError(
                f"regions: one ends at {contig}:{last}, beyond the end of the contig "
                f"({coordinates.reference_length(contig)} bases); is it the same genome?"
            )
        return size

    def _place(
        self, haplotype: int, contig: str, regions: pd.DataFrame, reverse: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Leftmost base of each window, and the haplotype's own bases of the region, half-open."""
        left, right = regions["start"].to_numpy(), regions["end"].to_numpy()
        coordinates, length = self.maps[haplotype], self.length
        begin, _ = coordinates.to_haplotype(contig, left)
        last, exact = coordinates.to_haplotype(contig, right - 1)
        end = last + exact
        if self.pad == ZEROS:
            return np.where(reverse, end - length, begin), begin, end
        middle = (left + right) // 2
        centre, _ = coordinates.to_haplotype(contig, np.where(reverse, left + right - 1 - middle, middle))
        before = np.where(reverse, length - 1 - length // 2, length // 2)
        return centre - before, begin, end

    def _bases(self, haplotype: int, contig: str, start: NDArray[np.int64]) -> NDArray[np.uint8]:
        first = int(start.min())
        codes = fetch(self._fasta[haplotype], contig, first, int(start.max()) + self.length)
        return np.lib.stride_tricks.sliding_window_view(codes, self.length)[start - first]


def cut_windows(
    regions: pd.DataFrame,
    genomes: Sequence[str | Path],
    maps: Sequence[HaplotypeMap],
    length: int,
    pad: str = REAL,
) -> Windows:
    """Cut the windows of all regions at once; see `WindowCutter`."""
    with WindowCutter(genomes, maps, length, pad) as cutter:
        return cutter.cut(regions)


def minus_strand(regions: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each region is on the minus strand; none is where there is no column `strand`."""
    if "strand" not in regions.columns:
        return np.zeros(len(regions), dtype=np.bool_)
    return regions["strand"].to_numpy() == "-"


def _turned(mask: NDArray[np.bool_], reverse: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.where(reverse[:, None, None], mask[:, :, ::-1], mask)
