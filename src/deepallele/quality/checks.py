"""Does the VCF fit the reads? Evidence from the bases of one contig, summed over a sample.

Nothing here uses the haplotype that a pair was assigned to, which itself rests on the VCF.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binom

from deepallele.quality.counts import VariantCounts
from deepallele.quality.pileup import BASES, Differences
from deepallele.quality.variants import ContigVariants, Kind

# A SNP with fewer bases says nothing about whether both alleles are there.
DEEP = 8
# An allele is seen where it has more than this share of the bases: fewer may be errors.
SEEN = 0.05
# SNPs up to this far apart (bases) share what makes a locus one-sided in truth.
NEIGHBOURHOOD = 500
NEIGHBOUR_BASES = 10
# Chance under the neighbours' balance, below which a lacking allele is no accident.
FALSE_CHANCE = 1e-3
FALSE_SHARE = 0.02
# A base that so many reads, and such a share of all, show is no sequencing error.
MISSING_COUNT = 3
MISSING_SHARE = 0.25

SUSPECT_COLUMNS = ["chrom", "pos", "ref", "alt", "problem", "count", "depth"]


@dataclass
class Evidence:
    """Sums over contigs.

    Attributes
    ----------
    variants, covered
        Variants between the haplotypes on contigs with reads; those that a pair covers.
    deep, both
        SNPs between the haplotypes with at least 8 bases; those with both alleles.
    tested, false
        SNPs where a lacking allele would be told from chance; those that lack one.
    known, missing
        SNPs that reads show, of the VCF and not of the VCF, by the same rule.
    errors, bases
        Bases unlike the reference outside variants, known or missing; all bases of good quality.
    """

    variants: int = 0
    covered: int = 0
    deep: int = 0
    both: int = 0
    tested: int = 0
    false: int = 0
    known: int = 0
    missing: int = 0
    errors: int = 0
    bases: int = 0

    def add(self, other: "Evidence") -> None:
        """Add the sums of another contig."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Contradiction(NamedTuple):
    """Which of n SNPs could be seen to lack an allele, which do, and which allele (0 A's, 1 B's)."""

    tested: NDArray[np.bool_]
    false: NDArray[np.bool_]
    lacking: NDArray[np.int64]


def contradicted(position: NDArray[np.int64], alleles: NDArray[np.int64]) -> Contradiction:
    """Look for SNPs that the bases contradict.

    A SNP is tested where it has bases enough that an allele as frequent as at the other SNPs within 500
    bases (10 bases there at least) would be lacking with a probability below 0.001, whichever allele it is.
    It is likely false where one allele has at most 2 % of the bases and so few with a probability below
    0.001. Where a whole neighbourhood lacks an allele, as an imprinted one does, nothing is tested.

    Parameters
    ----------
    position
        int64 (n,): of the SNPs of one contig, ascending.
    alleles
        int64 (n, 2): bases of A's allele and of B's.
    """
    total, rarer = alleles.sum(axis=1), alleles.min(axis=1)
    near = _neighbours(position, alleles)
    # Half a base more of each, so that neighbours without one allele do not make it impossible.
    balance = (near + 0.5) / (near.sum(axis=1, keepdims=True) + 1)
    enough = near.sum(axis=1) >= NEIGHBOUR_BASES
    tested = enough & ((1 - balance.min(axis=1)) ** total < FALSE_CHANCE)
    lacking = alleles.argmin(axis=1)
    chance = binom.cdf(rarer, total, balance[np.arange(len(alleles)), lacking])
    false = tested & (rarer <= FALSE_SHARE * total) & (chance < FALSE_CHANCE)
    return Contradiction(tested, false, lacking)


def check_snps(counts: VariantCounts, contig: str) -> tuple[Evidence, pd.DataFrame]:
    """Look for SNPs of a contig that the reads contradict, see `contradicted`.

    Returns
    -------
    Evidence, pd.DataFrame
        The likely false ones: chrom, pos, ref, alt, problem (`alt_not_seen` or `ref_not_seen`), count (bases
        of that allele), depth (bases of both alleles).
    """
    variants = counts.variants
    between = variants.between
    rows = np.flatnonzero(between & (variants.kind == Kind.SNP))
    alleles = counts.bases[rows, :2].astype(np.int64)
    total, rarer = alleles.sum(axis=1), alleles.min(axis=1)
    tested, false, lacking = contradicted(variants.start[rows], alleles)
    deep = total >= DEEP
    evidence = Evidence(
        variants=int(between.sum()),
        covered=int((between & (counts.pairs.sum(axis=1) > 0)).sum()),
        deep=int(deep.sum()),
        both=int((deep & (rarer > SEEN * total)).sum()),
        tested=int(tested.sum()),
        false=int(false.sum()),
    )
    chosen = rows[false]
    lacks_alt = variants.carries[chosen, lacking[false]] == 1
    table = pd.DataFrame(
        {
            "chrom": contig,
            "pos": variants.start[chosen],
            "ref": variants.ref[chosen],
            "alt": variants.alt[chosen],
            "problem": np.where(lacks_alt, "alt_not_seen", "ref_not_seen"),
            "count": rarer[false],
            "depth": total[false],
        }
    )
    return evidence, table


def _neighbours(position: NDArray[np.int64], alleles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sum the alleles of the other SNPs within the neighbourhood; int64 (n, 2)."""
    running = np.concatenate([np.zeros((1, 2), dtype=np.int64), np.cumsum(alleles, axis=0)])
    first = np.searchsorted(position, position - NEIGHBOURHOOD, side="left")
    last = np.searchsorted(position, position + NEIGHBOURHOOD, side="right")
    near: NDArray[np.int64] = running[last] - running[first] - alleles
    return near


def check_differences(
    found: Differences, variants: ContigVariants, reference: NDArray[np.uint8], contig: str
) -> tuple[Evidence, pd.DataFrame]:
    """Sort differences from the reference into known variants, missing ones, and errors.

    Parameters
    ----------
    found
        Differences from the reference.
    variants
        Variants of the contig, those that both haplotypes carry included.
    reference
        uint8 (contig length,): bases of the reference.
    contig
        Name of the contig.

    Returns
    -------
    Evidence, pd.DataFrame
        The missing ones: chrom, pos, ref, alt, problem (`not_in_vcf`), count (reads that show alt), depth.
    """
    often = (found.count >= MISSING_COUNT) & (found.count >= MISSING_SHARE * found.depth)
    snp = variants.kind == Kind.SNP
    known_keys = variants.start[snp] * len(BASES) + variants.alt_base[snp]
    known = np.isin(found.position * len(BASES) + found.base, known_keys)
    masked = variants.masks(found.position)
    missing = np.flatnonzero(often & ~masked)
    evidence = Evidence(
        known=int((often & known).sum()),
        missing=len(missing),
        errors=int(found.count[~often & ~masked].sum()),
    )
    letters = np.array(list(BASES + "N"), dtype=object)
    table = pd.DataFrame(
        {
            "chrom": contig,
            "pos": found.position[missing],
            "ref": letters[reference[found.position[missing]]],
            "alt": letters[found.base[missing]],
            "problem": "not_in_vcf",
            "count": found.count[missing],
            "depth": found.depth[missing],
        }
    )
    return evidence, table


def in_order(tables: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """Join the suspects of one contig, by position."""
    parts = [table for table in tables if len(table)]
    if not parts:
        return pd.DataFrame(columns=SUSPECT_COLUMNS)
    return pd.concat(parts).sort_values(["pos", "alt"], kind="stable", ignore_index=True)
