"""Count fragments per region and haplotype from an allele-tagged BAM."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Header, Records, open_bam
from deepallele.allele.fields import find_field
from deepallele.counts.regions import Regions
from deepallele.counts.walk import BAD_HAPLOTYPE, DONE, UNSORTED, add_fragments, start_walk
from deepallele.errors import InputError
from deepallele.peaks.chunks import CHUNK, chunks


def count_fragments(
    bam: str | Path, regions: Regions, threads: int = 1, chunk: int = CHUNK
) -> NDArray[np.int64]:
    """Count each fragment once in every region that one of its aligned bases lies in.

    A fragment is a read pair, or a single-end read. The gap between mates and deleted or skipped
    bases do not count as covered, which is the definition of featureCounts
    (`-p --countReadPairs -O`; `-B` changes nothing where all pairs are whole). A fragment that covers bases
    of two regions counts in both, while without `-O` featureCounts would drop it; one whose other mate is
    missing or filtered counts by the mate that is there. Records are streamed: memory does not grow with
    their number.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM; tag HP 1 (A) or 2 (B) on informative fragments. Mates must give each
        other's position, as any aligner writes it.
    regions
        Disjoint and sorted within a contig.
    threads
        Threads for decompression.
    chunk
        Records held at a time; changes no count.

    Returns
    -------
    NDArray[np.int64]
        Shape (regions, 3): fragments of A, of B, ambiguous.

    Raises
    ------
    InputError
        If a region's contig is not in the BAM header, regions overlap, records are not sorted, or the HP
        tag of a read in a region is neither 1 nor 2.
    """
    stream = open_bam(bam)
    order, border = _by_contig(stream.header, regions, bam)
    start, end = regions.start[order], regions.end[order]
    counts = np.zeros((len(regions), 3), dtype=np.int64)
    at, keys, waiting = start_walk()
    for records in chunks(stream, threads, chunk):
        keys, waiting, index, reason = add_fragments(
            records.data, records.start, border, start, end, counts, at, keys, waiting
        )
        if reason != DONE:
            raise InputError(_why(records, index, reason, bam))
    result = np.empty_like(counts)
    result[order] = counts
    return result


def _by_contig(
    header: Header, regions: Regions, bam: str | Path
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Order of the regions by contig of the header, and where each contig begins and the last one ends."""
    number = {contig: tid for tid, contig in enumerate(header.contigs)}
    tids = np.array([number.get(contig, -1) for contig in regions.chrom], dtype=np.int64)
    if (tids < 0).any():
        contig = regions.chrom[int(np.argmin(tids))]
        raise InputError(f"{bam}: no contig {contig!r}, which regions name; is it the same genome?")
    order = np.argsort(tids, kind="stable")
    tids, start, end = tids[order], regions.start[order], regions.end[order]
    wrong = np.flatnonzero((tids[1:] == tids[:-1]) & (start[1:] < end[:-1]))
    if len(wrong):
        name = regions.name[order[wrong[0] + 1]]
        raise InputError(
            f"region {name} is unsorted or overlaps the one before it; sort the regions by place"
        )
    return order, np.searchsorted(tids, np.arange(len(header.contigs) + 1))


def _why(records: Records, index: int, reason: int, bam: str | Path) -> str:
    """Tell what is wrong with a record."""
    if reason == UNSORTED:
        return f"{bam}: read {records.name(index)} comes after its place; sort the file by coordinate"
    if reason == BAD_HAPLOTYPE:
        field = find_field(records, np.array([index]), "HP")
        begin, kind = int(field.start[0]), chr(field.kind[0])
        value = records.data[begin : begin + int(field.size[0])].tobytes()
        shown = (
            int.from_bytes(value, "little", signed=kind.islower()) if kind in "cCsSiI" else f"of type {kind}"
        )
        return f"{bam}: read {records.name(index)}: HP tag {shown}; only 1 and 2 are known"
    return f"{bam}: read {records.name(index)} lies on no contig of the header; run the assignment again"
