"""Count fragments per region and haplotype from an allele-tagged BAM."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import Header, Records, open_bam
from deepallele.allele.fields import find_field
from deepallele.counts.regions import Regions
from deepallele.counts.walk import BAD_HAPLOTYPE, DONE, FOUND, UNSORTED, find_fragments, start_walk
from deepallele.errors import InputError
from deepallele.peaks.chunks import CHUNK, chunks


class Hits(NamedTuple):
    """Fragments found in regions, each once per region.

    Attributes
    ----------
    record
        int64 (n,): index, in the chunk, of the record at which the fragment was found.
    region
        int64 (n,): index of the region.
    kind
        int64 (n,): class: 0 for A, 1 for B, 2 for ambiguous.
    """

    record: NDArray[np.int64]
    region: NDArray[np.int64]
    kind: NDArray[np.int64]


def hits_in_regions(
    bam: str | Path, regions: Regions, threads: int = 1, chunk: int = CHUNK
) -> Iterator[tuple[Records, Hits]]:
    """Find each fragment once in every region that one of its aligned bases lies in, chunk by chunk.

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
        Records held at a time; changes no hit.

    Yields
    ------
    Records, Hits
        A chunk, and what was found in it.

    Raises
    ------
    InputError
        If a region's contig is not in the BAM header, regions overlap, records are not sorted, or the HP
        tag of a read in a region is neither 1 nor 2.
    """
    stream = open_bam(bam)
    order, border = _by_contig(stream.header, regions, bam)
    start, end = regions.start[order], regions.end[order]
    at, keys, waiting = start_walk()
    for records in chunks(stream, threads, chunk):
        keys, waiting, hits, index, reason = find_fragments(
            records.data, records.start, border, start, end, at, keys, waiting
        )
        if reason != DONE:
            raise InputError(_why(records, index, reason, bam))
        record, region, kind = hits[: at[FOUND]].T
        yield records, Hits(record, order[region], kind)


def count_fragments(
    bam: str | Path, regions: Regions, threads: int = 1, chunk: int = CHUNK
) -> NDArray[np.int64]:
    """Count the fragments per region, see `hits_in_regions` for the parameters and what is refused.

    Returns
    -------
    NDArray[np.int64]
        Shape (regions, 3): fragments of A, of B, ambiguous.
    """
    counts = np.zeros(3 * len(regions), dtype=np.int64)
    for _, hits in hits_in_regions(bam, regions, threads, chunk):
        np.add.at(counts, 3 * hits.region + hits.kind, 1)
    return counts.reshape(-1, 3)


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
