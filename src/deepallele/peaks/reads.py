"""Reads of a BAM file, as the peak caller's input."""

import tempfile
from pathlib import Path

import pysam

from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.peaks.chunks import SKIPPED


def write_reads(bam: str | Path, path: str | Path, exclude: list[str], threads: int = 1) -> int:
    """Write the reads on contigs that are not excluded, in the order of the BAM.

    What lies on the mitochondrial genome differs much between a sample and its control, and would shift the
    scale between them.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM, reference coordinates.
    path
        The BAM to write.
    exclude
        Contigs to leave out.
    threads
        Threads for decompression and compression.

    Returns
    -------
    int
        Number of reads (mates of pairs are two) written.

    Raises
    ------
    InputError
        If there is no read at all.
    """
    with pysam.AlignmentFile(str(bam)) as file:
        kept = [
            f"{contig}\t0\t{length}\n"
            for contig, length in zip(file.references, file.lengths, strict=True)
            if contig not in exclude
        ]
    with tempfile.NamedTemporaryFile("w", suffix=".bed") as bed, atomic_path(path) as temporary:
        bed.write("".join(kept))
        bed.flush()
        options = ["--no-PG", "--bam", "--threads", str(threads - 1), "--excl-flags", str(SKIPPED)]
        # A BED of whole contigs: names with a colon cannot be told from a region's.
        pysam.samtools.view(
            *options, "--target-file", bed.name, "--output", str(temporary), str(bam), catch_stdout=False
        )
        written = int(str(pysam.samtools.view("--count", "--threads", str(threads - 1), str(temporary))))
        if not written:
            raise InputError(f"{bam}: no mapped read outside the excluded contigs; no peak can be called")
    return written
