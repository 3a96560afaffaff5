"""Count fragments per region and haplotype from an allele-tagged BAM."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from deepallele.peaks.contigs import chunks_of_contigs

# Records that are counted at a time: so few that they stay in the processor's cache until then.
_CHUNK = 1 << 13


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


class _Sought(NamedTuple):
    """Regions by contig of the header.

    Attributes
    ----------
    order
        int64 (n,): number of each region in their file.
    border
        int64 (contigs + 1,): where those of each contig begin, and the last one's end.
    start, end
        int64 (n,): 0-based half-open.
    """

    order: NDArray[np.int64]
    border: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


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
    yield from _hits(chunks(stream, threads, chunk), _by_contig(stream.header, regions, bam), bam)


def count_fragments(
    bam: str | Path, regions: Regions, threads: int = 1, chunk: int = _CHUNK, index: str | Path | None = None
) -> NDArray[np.int64]:
    """Count the fragments per region, as `hits_in_regions` finds them.

    With an index, each thread counts one contig at a time (or small neighbours together), the largest ones
    first. Contigs without regions are not counted; those between small neighbours are read and must fit the
    index, others are not looked at. Neither index nor threads change a count.

    Parameters
    ----------
    bam, regions, chunk
        As for `hits_in_regions`.
    threads
        Threads. Without an index, and where there are more of them than contigs, one more for a contig
        decompresses ahead.
    index
        Index of the BAM, see `deepallele.allele.bam_index.find_index`; None: the whole file is read in order.

    Returns
    -------
    NDArray[np.int64]
        Shape (regions, 3): fragments of A, of B, ambiguous.

    Raises
    ------
    InputError
        As `hits_in_regions`, or if the index is damaged or not that of the BAM.
    """
    stream = open_bam(bam)
    header = stream.header
    sought = _by_contig(header, regions, bam)
    counts = np.zeros(3 * len(regions), dtype=np.int64)
    if index is None:
        sources: list[Iterator[Records]] = [chunks(stream, threads, chunk)]
    else:
        with_regions = np.flatnonzero(np.diff(sought.border)).tolist()
        sources = chunks_of_contigs(bam, header, index, with_regions, threads, chunk)

    def count(source: Iterator[Records]) -> None:
        # Contigs have no region in common, so two threads never add to the same place.
        for _, hits in _hits(source, sought, bam):
            np.add.at(counts, 3 * hits.region + hits.kind, 1)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        # The list raises what a thread raised, the first source's first.
        list(pool.map(count, sources))
    return counts.reshape(-1, 3)


def _hits(pieces: Iterable[Records], sought: _Sought, bam: str | Path) -> Iterator[tuple[Records, Hits]]:
    """Walk over sorted records; see `hits_in_regions`."""
    at, keys, waiting = start_walk()
    for records in pieces:
        keys, waiting, hits, index, reason = find_fragments(
            records.data, records.start, sought.border, sought.start, sought.end, at, keys, waiting
        )
        if reason != DONE:
            raise InputError(_why(records, index, reason, bam))
        record, region, kind = hits[: at[FOUND]].T
        yield records, Hits(record, sought.order[region], kind)


def _by_contig(header: Header, regions: Regions, bam: str | Path) -> _Sought:
    """Arrange the regions by contig of the header."""
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
    return _Sought(order, np.searchsorted(tids, np.arange(len(header.contigs) + 1)), start, end)


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
