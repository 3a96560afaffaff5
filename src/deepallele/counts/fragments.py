"""Count fragments per region and haplotype from an allele-tagged BAM."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.peaks.regions import rows_by_contig

SKIPPED = pysam.FUNMAP | pysam.FSECONDARY | pysam.FQCFAIL | pysam.FDUP | pysam.FSUPPLEMENTARY
CHUNK = 200_000

# Columns: block start, block end, fragment, class (0 A, 1 B, 2 ambiguous).
Blocks = NDArray[np.int64]


def count_fragments(bam: str | Path, regions: pd.DataFrame, threads: int = 1) -> NDArray[np.int64]:
    """Count each fragment once in every region that one of its aligned bases lies in.

    A fragment is a read pair, or a single-end read. The gap between mates and deleted or skipped
    bases do not count as covered, which is the definition of featureCounts
    (`-p --countReadPairs -O`). A fragment that covers bases of two regions counts in both.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM with an index; tag HP 1 (A) or 2 (B) on informative fragments.
    regions
        chrom, start, end; 0-based half-open, disjoint and sorted within a contig.
    threads
        Threads for decompression.

    Returns
    -------
    NDArray[np.int64]
        Shape (regions, 3): fragments of A, of B, ambiguous.

    Raises
    ------
    InputError
        If a region's contig is not in the BAM header, or an HP tag is neither 1 nor 2.
    """
    counts = np.zeros((len(regions), 3), dtype=np.int64)
    with pysam.AlignmentFile(str(bam), threads=threads) as file:
        for contig, rows in rows_by_contig(regions["chrom"]).items():
            if contig not in file.references:
                raise InputError(f"{bam}: no contig {contig!r}, which regions name; is it the same genome?")
            starts, ends = (regions[column].to_numpy()[rows] for column in ("start", "end"))
            counts[rows] = _count_contig(file, contig, starts, ends)
    return counts


def _count_contig(
    file: pysam.AlignmentFile, contig: str, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    hits = [_overlaps(blocks, starts, ends) for blocks in _chunks(file, contig)]
    region, fragment, kind = np.concatenate([np.empty((3, 0), dtype=np.int64), *hits], axis=1)
    # Both mates in one region are one fragment.
    order = np.lexsort((fragment, region))
    region, fragment, kind = region[order], fragment[order], kind[order]
    first = np.ones(len(region), dtype=bool)
    first[1:] = (region[1:] != region[:-1]) | (fragment[1:] != fragment[:-1])
    return np.bincount(region[first] * 3 + kind[first], minlength=3 * len(starts)).reshape(-1, 3)


def _overlaps(blocks: Blocks, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of region and fragment that share a base: rows region, fragment, class."""
    first = np.searchsorted(ends, blocks[:, 0], side="right")
    number = np.searchsorted(starts, blocks[:, 1], side="left") - first
    block = np.repeat(np.arange(len(blocks)), number)
    within = np.arange(len(block)) - np.repeat(np.cumsum(number) - number, number)
    return np.stack([first[block] + within, blocks[block, 2], blocks[block, 3]])


def _chunks(file: pysam.AlignmentFile, contig: str) -> Iterator[Blocks]:
    blocks = _blocks(file, contig)
    while chunk := list(islice(blocks, CHUNK)):
        yield np.array(chunk, dtype=np.int64)


def _blocks(file: pysam.AlignmentFile, contig: str) -> Iterator[tuple[int, int, int, int]]:
    for read in file.fetch(contig):
        operations = read.cigartuples
        if read.flag & SKIPPED or operations is None:
            continue
        kind = _class(read)
        # The hash only tells mates from strangers within this process; no result depends on its value.
        fragment = hash(read.query_name)
        if len(operations) == 1:
            yield read.reference_start, read.reference_start + operations[0][1], fragment, kind
        else:
            for start, end in read.get_blocks():
                yield start, end, fragment, kind


def _class(read: pysam.AlignedSegment) -> int:
    if not read.has_tag("HP"):
        return 2
    haplotype = read.get_tag("HP")
    if haplotype not in (1, 2):
        raise InputError(f"read {read.query_name}: HP tag {haplotype}; only 1 and 2 are known")
    return int(haplotype) - 1
