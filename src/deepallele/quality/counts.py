"""Counts per variant of one contig, and numbers of a whole sample that reads and variants give."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.allele.bam import Records
from deepallele.quality.cover import NO_BASE, Hits
from deepallele.quality.variants import ContigVariants, Kind

# What a pair covers, as bits; base substitutions of any length are SNP here.
SNP, INSERTION, DELETION, COMPLEX = 1, 2, 4, 8
BIT_OF_KIND = np.array([SNP, SNP, INSERTION, DELETION, COMPLEX], dtype=np.uint8)
MASKS = 16

MAX_INSERT = 2000
COLUMNS = ["chrom", "pos", "ref", "alt", "class", "haplotype_alt"]
COUNT_COLUMNS = ["count_a", "count_b", "count_ambiguous", "base_a", "base_b", "base_other"]


@dataclass
class Totals:
    """Sums over the reads of a sample.

    Attributes
    ----------
    fragments
        int64 (3, 16): fragments by haplotype (A, B, ambiguous) and bits of what they cover.
    inserts
        int64 (3, 2001): pairs by haplotype and fragment length on the reference, longer ones in the last.
    bases
        int64 (3, 3): bases at SNPs between the haplotypes, by haplotype of the pair and base (allele of
        A, of B, other).
    errors
        Sum of the error probabilities of these bases, from their qualities.
    shared_bases
        int64 (3,): bases at SNPs that both haplotypes carry: theirs, the reference's, other.
    shared_errors
        As `errors`, of these.
    mates_missing
        Paired reads whose mate is not in the BAM; not counted elsewhere as fragments.
    left_out
        Reads on contigs that are left out.
    """

    fragments: NDArray[np.int64] = field(default_factory=lambda: np.zeros((3, MASKS), dtype=np.int64))
    inserts: NDArray[np.int64] = field(default_factory=lambda: np.zeros((3, MAX_INSERT + 1), dtype=np.int64))
    bases: NDArray[np.int64] = field(default_factory=lambda: np.zeros((3, 3), dtype=np.int64))
    errors: float = 0.0
    shared_bases: NDArray[np.int64] = field(default_factory=lambda: np.zeros(3, dtype=np.int64))
    shared_errors: float = 0.0
    mates_missing: int = 0
    left_out: int = 0

    def add_fragments(
        self,
        records: Records,
        haplotype: NDArray[np.int8],
        whole: NDArray[np.int64],
        mask: NDArray[np.uint8],
        paired: bool,
    ) -> None:
        """Count fragments; `whole` (k,) are the records that complete them, `mask` (k,) what they cover."""
        group = haplotype[whole].astype(np.int64)
        self.fragments += np.bincount(group * MASKS + mask, minlength=3 * MASKS).reshape(3, MASKS)
        if paired:
            length = np.abs(records.fixed["template_length"][whole].astype(np.int64))
            cell = group * (MAX_INSERT + 1) + np.minimum(length, MAX_INSERT)
            self.inserts += np.bincount(cell, minlength=self.inserts.size).reshape(self.inserts.shape)


class VariantCounts:
    """Counts per variant of one contig.

    Parameters
    ----------
    variants
        The variants, v.
    min_quality
        Least base quality (Phred) of a base that counts.

    Attributes
    ----------
    pairs, bases
        int32 (v, 3): pairs that cover a variant, by haplotype (A, B, ambiguous); bases at a SNP (allele
        of A, of B, other; for variants that both carry theirs, the reference's, other).
    """

    def __init__(self, variants: ContigVariants, min_quality: int) -> None:
        self.variants = variants
        self._min_quality = min_quality
        self.pairs = np.zeros((len(variants), 3), dtype=np.int32)
        self.bases = np.zeros((len(variants), 3), dtype=np.int32)

    def add(self, hits: Hits, haplotype: NDArray[np.int8], totals: Totals) -> None:
        """Count hits; `haplotype` (records,) is that of each record."""
        if len(hits.variant) == 0:
            return
        group = haplotype[hits.record].astype(np.int64)
        _count(self.pairs, hits.variant, group)
        seen = np.flatnonzero((hits.base != NO_BASE) & (hits.quality >= self._min_quality))
        variant, group, base = hits.variant[seen], group[seen], hits.base[seen]
        pair = self.variants.bases[variant]
        allele = np.where(base == pair[:, 0], 0, np.where(base == pair[:, 1], 1, 2))
        _count(self.bases, variant, allele)
        error = 10.0 ** (-0.1 * hits.quality[seen].astype(np.float64))
        between = self.variants.between[variant]
        totals.bases += np.bincount(group[between] * 3 + allele[between], minlength=9).reshape(3, 3)
        totals.errors += float(error[between].sum())
        totals.shared_bases += np.bincount(allele[~between], minlength=3)
        totals.shared_errors += float(error[~between].sum())

    def masks(self, hits: Hits, records: int) -> NDArray[np.uint8]:
        """Give the bits of the variants between the haplotypes that each record covers; uint8 (records,)."""
        bits = np.where(self.variants.between, BIT_OF_KIND[self.variants.kind], 0)[hits.variant]
        mask = np.zeros(records, dtype=np.uint8)
        for bit in (SNP, INSERTION, DELETION, COMPLEX):
            mask[hits.record[bits == bit]] |= bit
        return mask

    def table(self, contig: str) -> pd.DataFrame:
        """List the variants between the haplotypes that any pair covers, by position.

        Columns: chrom, pos (0-based), ref, alt, class, haplotype_alt (A or B, whichever carries alt),
        pairs by haplotype, bases by allele (None unless class is snp).
        """
        rows = np.flatnonzero(self.variants.between & (self.pairs.sum(axis=1) > 0))
        variants = self.variants
        kinds = np.array([kind.name.lower() for kind in Kind], dtype=object)
        columns = {
            "chrom": contig,
            "pos": variants.start[rows],
            "ref": variants.ref[rows],
            "alt": variants.alt[rows],
            "class": kinds[variants.kind[rows]],
            "haplotype_alt": np.where(variants.carries[rows, 0] == 1, "A", "B"),
        }
        table = pd.DataFrame(columns, index=range(len(rows)))
        table[COUNT_COLUMNS[:3]] = self.pairs[rows]
        table[COUNT_COLUMNS[3:]] = self.bases[rows]
        table[COUNT_COLUMNS[3:]] = table[COUNT_COLUMNS[3:]].astype("Int32")
        table.loc[variants.kind[rows] != Kind.SNP, COUNT_COLUMNS[3:]] = pd.NA
        return table


def _count(table: NDArray[np.int32], row: NDArray[np.int64], column: NDArray[np.int64]) -> None:
    """Add 1 to table[row, column], each time it is named; the rows of a chunk lie close together."""
    if len(row) == 0:
        return
    first, last = int(row.min()), int(row.max()) + 1
    width = table.shape[1]
    added = np.bincount((row - first) * width + column, minlength=(last - first) * width)
    table[first:last] += added.reshape(-1, width).astype(table.dtype)
