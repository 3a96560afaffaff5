"""Tn5 cut sites of a BAM file, as the peak caller's input."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pysam

from deepallele.errors import InputError
from deepallele.files import atomic_path

# Tn5 cuts the two strands 9 bases apart and both ends are filled in: the centre of the cut lies
# 4 bases inside either end of the fragment.
# Buenrostro et al. 2013, Nature Methods 10:1213, doi:10.1038/nmeth.2688.
CENTRE_OF_CUT = 4
SKIPPED = pysam.FUNMAP | pysam.FSECONDARY | pysam.FQCFAIL | pysam.FDUP | pysam.FSUPPLEMENTARY


def genome_size(bam: str | Path, exclude: list[str]) -> int:
    """Number of bases of the contigs in the BAM header, without the excluded ones.

    Raises
    ------
    InputError
        If no contig is left.
    """
    with pysam.AlignmentFile(str(bam)) as file:
        lengths = dict(zip(file.references, file.lengths, strict=True))
    size = sum(length for contig, length in lengths.items() if contig not in set(exclude))
    if size == 0:
        raise InputError(f"{bam}: reference.exclude_contigs leaves no contig; shorten that list")
    return size


def write_cuts(bam: str | Path, path: str | Path, exclude: list[str], threads: int = 1) -> int:
    """Write the cut sites of every read as one-base BED lines, in the order of the BAM.

    Each read gives the cut at its own 5' end: both ends of a pair's fragment, one end of a
    single-end read. All lines are on the plus strand, so that a caller's shift moves all alike.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM with an index, reference coordinates.
    path
        The BED (gzip) to write: chrom start end . 0 +; 0-based half-open.
    exclude
        Contigs to leave out.
    threads
        Threads for decompression.

    Returns
    -------
    int
        Number of cuts written.

    Raises
    ------
    InputError
        If there is no cut at all.
    """
    written = 0
    with (
        pysam.AlignmentFile(str(bam), threads=threads) as reads,
        atomic_path(path) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=1, mtime=0) as out,
    ):
        for contig, length in zip(reads.references, reads.lengths, strict=True):
            if contig in exclude:
                continue
            lines = [f"{contig}\t{cut}\t{cut + 1}\t.\t0\t+\n" for cut in _cuts(reads, contig, length)]
            out.write("".join(lines).encode())
            written += len(lines)
        if not written:
            raise InputError(f"{bam}: no mapped read outside the excluded contigs; no peak can be called")
    return written


def _cuts(reads: pysam.AlignmentFile, contig: str, length: int) -> Iterator[int]:
    for read in reads.fetch(contig):
        end = read.reference_end
        if read.flag & SKIPPED or end is None:
            continue
        reverse = read.flag & pysam.FREVERSE
        cut = end - 1 - CENTRE_OF_CUT if reverse else read.reference_start + CENTRE_OF_CUT
        if 0 <= cut < length:
            yield cut
