"""Windows of both haplotypes around the lifted centres of the regions."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.genome.fasta import OTHER, fetch
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import rows_by_contig

MAX_OTHER = 0.5
CHUNK = 65_536


@dataclass(frozen=True)
class Windows:
    """Windows of n regions.

    Attributes
    ----------
    sequence
        uint8 (n, 2, L), codes A0 C1 G2 T3 other 4.
    start
        int64 (n, 2), first base in each haplotype's own 0-based coordinates.
    reason
        Why the region cannot be used, empty where it can; shape (n,): contig_edge (a window runs over
        the end of a contig) or mostly_unknown (more than half of a window is not A, C, G or T).
    """

    sequence: NDArray[np.uint8]
    start: NDArray[np.int64]
    reason: NDArray[np.object_]


def cut_windows(
    regions: pd.DataFrame, genomes: Sequence[str | Path], maps: Sequence[HaplotypeMap], length: int
) -> Windows:
    """Cut `length` real bases of each haplotype around each region's centre.

    The centre c = (start + end) // 2 is lifted to each haplotype; where its base is deleted, the next
    base to the right stands for it. The window is [c - length // 2, c - length // 2 + length).

    Parameters
    ----------
    regions
        chrom, start, end; reference coordinates, 0-based half-open.
    genomes
        FASTA of the two haplotypes, indexed.
    maps
        Their coordinate maps.
    length
        Length of the windows, bp.

    Returns
    -------
    Windows
        In the order of the regions.

    Raises
    ------
    InputError
        If a region's contig is missing in a genome or map.
    """
    n = len(regions)
    sequence = np.full((n, 2, length), OTHER, dtype=np.uint8)
    start = np.zeros((n, 2), dtype=np.int64)
    inside = np.zeros((n, 2), dtype=bool)
    centre = (regions["start"].to_numpy() + regions["end"].to_numpy()) // 2
    for haplotype, (genome, coordinates) in enumerate(zip(genomes, maps, strict=True)):
        with pyfaidx.Fasta(str(genome), as_raw=True) as fasta:
            for contig, rows in rows_by_contig(regions["chrom"]).items():
                if contig not in fasta or contig not in coordinates.contigs:
                    raise InputError(f"{genome}: no contig {contig!r}, on which there are regions")
                size = len(fasta[contig])
                _check_lengths(genome, contig, size, coordinates, int(centre[rows].max()))
                lifted, _ = coordinates.to_haplotype(contig, centre[rows])
                start[rows, haplotype] = lifted - length // 2
                fits = (start[rows, haplotype] >= 0) & (start[rows, haplotype] + length <= size)
                inside[rows, haplotype] = fits
                if fits.any():
                    codes = fetch(fasta, contig, 0, size)
                    _cut(codes, start[:, haplotype], rows[fits], sequence[:, haplotype])
    unknown = (sequence == OTHER).mean(axis=2) > MAX_OTHER
    reason = np.where(~inside.all(axis=1), "contig_edge", np.where(unknown.any(axis=1), "mostly_unknown", ""))
    return Windows(sequence, start, reason.astype(object))


def _check_lengths(
    genome: str | Path, contig: str, size: int, coordinates: HaplotypeMap, last_centre: int
) -> None:
    if size != coordinates.haplotype_length(contig):
        expected = coordinates.haplotype_length(contig)
        raise InputError(f"{genome}: {contig} has {size} bases, its chain says {expected}; make both again")
    if last_centre >= coordinates.reference_length(contig):
        raise InputError(
            f"regions: one is centred at {contig}:{last_centre + 1}, beyond the end of the contig "
            f"({coordinates.reference_length(contig)} bases); is it the same genome?"
        )


def _cut(
    codes: NDArray[np.uint8], start: NDArray[np.int64], rows: NDArray[np.int64], out: NDArray[np.uint8]
) -> None:
    views = np.lib.stride_tricks.sliding_window_view(codes, out.shape[1])
    for begin in range(0, len(rows), CHUNK):
        chunk = rows[begin : begin + CHUNK]
        out[chunk] = views[start[chunk]]
