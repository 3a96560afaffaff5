"""One pass over the tagged BAM of a sample: everything the quality control counts."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx
import pysam
from numpy.typing import NDArray

from deepallele.allele.bam import PAIRED, Records, open_bam
from deepallele.allele.cigar import Segments, read_cigars, segments
from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.genome.fasta import fetch
from deepallele.quality.checks import (
    SUSPECT_COLUMNS,
    Evidence,
    check_differences,
    check_snps,
    in_order,
)
from deepallele.quality.counts import COLUMNS, COUNT_COLUMNS, Totals, VariantCounts
from deepallele.quality.cover import find_hits, reaches
from deepallele.quality.fragments import Mates, by_contig, haplotypes
from deepallele.quality.pileup import Pileup
from deepallele.quality.variants import VariantFile

CHUNK_RECORDS = 1 << 16
MIN_BASE_QUALITY = 20
# Reads that may lie elsewhere show differences that are no variants of this place.
MIN_MAPQ = 20
_PIECE = 1 << 24


@dataclass
class SampleCounts:
    """What one pass over a sample gives: sums over its reads, and the evidence about the VCF."""

    totals: Totals = field(default_factory=Totals)
    evidence: Evidence = field(default_factory=Evidence)


class TableFile:
    """A bgzip-compressed table written in parts; tabix can index it.

    Parameters
    ----------
    path
        Where to write.
    columns
        Its columns.
    """

    def __init__(self, path: Path, columns: list[str]) -> None:
        self._file = pysam.BGZFile(str(path), "wb", None)  # type: ignore[arg-type]
        self._file.write(("\t".join(columns) + "\n").encode())

    def add(self, table: pd.DataFrame) -> None:
        """Append rows; missing values are written NA."""
        text = table.to_csv(sep="\t", index=False, header=False, na_rep="NA", lineterminator="\n")
        self._file.write(text.encode())

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class Contig:
    """Collects the counts of one contig while its reads stream by."""

    def __init__(
        self,
        name: str,
        reference: NDArray[np.uint8],
        variants: VariantFile,
        result: SampleCounts,
    ) -> None:
        self.name, self._reference, self._result = name, reference, result
        self._counts = VariantCounts(variants.contig(name), MIN_BASE_QUALITY)
        self._pileup = Pileup(reference, MIN_BASE_QUALITY)
        self._mates = Mates()
        self._suspects: list[pd.DataFrame] = []

    def add(self, records: Records) -> None:
        """Count the next records."""
        cigars = read_cigars(records)
        stretch = segments(cigars)
        start = records.fixed["pos"].astype(np.int64)
        haplotype = haplotypes(records)
        end = start + cigars.span()
        reach = reaches(cigars, end)
        mate = self._mates.join(records, end, reach)
        hits = find_hits(records, stretch, reach, mate, self._counts.variants)
        totals = self._result.totals
        self._counts.add(hits, haplotype, totals)
        whole, mask = self._mates.settle(self._counts.masks(hits, len(records)))
        paired = bool(records.fixed["flag"][0] & PAIRED)
        totals.add_fragments(records, haplotype, whole, mask, paired)
        unique = records.fixed["mapq"] >= MIN_MAPQ
        self._pile(records, _choose(stretch, unique[stretch.alignment]), mate[0], int(start[-1]))

    def _pile(self, records: Records, stretch: Segments, mate_end: NDArray[np.int64], limit: int) -> None:
        found = self._pileup.add(records, stretch, mate_end, limit)
        variants = self._counts.variants
        evidence, missing = check_differences(found, variants, self._reference, self.name)
        self._result.evidence.add(evidence)
        self._suspects.append(missing)

    def finish(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Close the contig; give the table of its variants, and that of the suspects of the VCF."""
        nothing = Records(np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.int64))
        none = np.zeros(0, dtype=np.int64)
        self._pile(nothing, Segments(*[none] * 6), none, len(self._reference))
        evidence, false = check_snps(self._counts, self.name)
        evidence.bases = self._pileup.bases
        self._result.evidence.add(evidence)
        self._result.totals.mates_missing += self._mates.waiting
        return self._counts.table(self.name), in_order(iter([*self._suspects, false]))


def _choose(stretch: Segments, chosen: NDArray[np.bool_]) -> Segments:
    return Segments(
        stretch.alignment[chosen],
        stretch.query[chosen],
        stretch.target[chosen],
        stretch.aligned[chosen],
        stretch.length[chosen],
        stretch.introns[chosen],
    )


def count_sample(
    bam: Path,
    variants: Path,
    fasta: Path,
    out_counts: Path,
    out_suspects: Path,
    left_out: Iterable[str] = (),
) -> SampleCounts:
    """Read a sample once and count all that the quality control needs.

    Parameters
    ----------
    bam
        Coordinate-sorted BAM on the reference; tag HP 1 (A) or 2 (B) on informative pairs.
    variants
        Indexed BCF of the two haplotypes: biallelic, one sample, phased A|B.
    fasta
        The reference.
    out_counts
        Table of the variants between the haplotypes that any pair covers: `VariantCounts.table`.
    out_suspects
        Table of the variants that the reads contradict or miss: `deepallele.quality.checks`.
    left_out
        Contigs that are not looked at, as they are hemizygous in this sample.

    Raises
    ------
    InputError
        If the BAM is damaged or not sorted, or a contig of the BAM is not in the reference.
    """
    result, hidden = SampleCounts(), set(left_out)
    stream, source = open_bam(bam), VariantFile(variants)
    with ExitStack() as stack:
        sequences = stack.enter_context(pyfaidx.Fasta(str(fasta)))
        paths = [stack.enter_context(atomic_path(path)) for path in (out_counts, out_suspects)]
        files = [TableFile(paths[0], COLUMNS + COUNT_COLUMNS), TableFile(paths[1], SUSPECT_COLUMNS)]
        contig: Contig | None = None
        for tid, records in by_contig(stream, chunk=CHUNK_RECORDS):
            name = stream.header.contigs[tid]
            if name in hidden:
                result.totals.left_out += len(records)
                continue
            if contig is None or contig.name != name:
                _close(contig, files)
                contig = Contig(name, _sequence(sequences, name), source, result)
            contig.add(records)
        _close(contig, files)
        for file in files:
            file.close()
    return result


def _close(contig: Contig | None, files: list[TableFile]) -> None:
    if contig is not None:
        for file, table in zip(files, contig.finish(), strict=True):
            file.add(table)


def _sequence(fasta: pyfaidx.Fasta, contig: str) -> NDArray[np.uint8]:
    """Read a whole contig as codes, piece by piece: as text it would need several times the memory."""
    if contig not in fasta:
        raise InputError(f"{fasta.filename}: no contig '{contig}', which the BAM has; is it the same genome?")
    length = len(fasta[contig])
    codes = np.empty(length, dtype=np.uint8)
    for start in range(0, length, _PIECE):
        codes[start : start + _PIECE] = fetch(fasta, contig, start, min(start + _PIECE, length))
    return codes
