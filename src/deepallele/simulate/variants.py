"""Variants between the two haplotypes, and the second haplotype built from them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genome import Genome

MAX_INDEL = 20
_WIDTH = MAX_INDEL + 2
_CLUSTER_SHARE = 0.12
_MNV_SHARE = 0.03


@dataclass(frozen=True)
class Variants:
    """Variants in VCF style: insertions and deletions hold the base before them.

    Attributes
    ----------
    pos
        shape=(n,), int64: global 0-based reference position of the first base of the reference allele.
    ref_length, alt_length
        shape=(n,), int64: lengths of the two alleles, at least 1.
    alt
        shape=(n, width), uint8: codes of the alternative allele, padded with N (4).
    """

    pos: NDArray[np.int64]
    ref_length: NDArray[np.int64]
    alt_length: NDArray[np.int64]
    alt: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pos)

    @classmethod
    def from_alleles(cls, pos: list[int], ref_length: list[int], alt: list[NDArray[np.uint8]]) -> Self:
        """Variants from one alternative allele (codes) per position."""
        table = np.full((len(pos), _WIDTH), 4, dtype=np.uint8)
        for row, allele in enumerate(alt):
            table[row, : len(allele)] = allele
        lengths = np.array([len(allele) for allele in alt], dtype=np.int64)
        return cls(np.array(pos, dtype=np.int64), np.array(ref_length, dtype=np.int64), lengths, table)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """The variants of `rows` (indices or mask)."""
        return type(self)(self.pos[rows], self.ref_length[rows], self.alt_length[rows], self.alt[rows])

    def allele(self, row: int) -> NDArray[np.uint8]:
        """Codes of the alternative allele of one variant."""
        return self.alt[row, : self.alt_length[row]]


def concatenate(first: Variants, second: Variants) -> Variants:
    """All variants of both, unsorted."""
    return Variants(
        np.concatenate([first.pos, second.pos]),
        np.concatenate([first.ref_length, second.ref_length]),
        np.concatenate([first.alt_length, second.alt_length]),
        np.concatenate([first.alt, second.alt]),
    )


def left_align(codes: NDArray[np.uint8], variants: Variants) -> Variants:
    """Shift insertions and deletions as far left as the reference allows (Tan et al. 2015, the VCF habit)."""
    pos, alt = variants.pos.copy(), variants.alt.copy()
    for row in np.flatnonzero(variants.ref_length != variants.alt_length):
        deleted, inserted = int(variants.ref_length[row]) - 1, int(variants.alt_length[row]) - 1
        if deleted and inserted:
            continue
        extra = (
            list(codes[pos[row] + 1 : pos[row] + 1 + deleted])
            if deleted
            else list(alt[row, 1 : 1 + inserted])
        )
        at = int(pos[row])
        while codes[at] == extra[-1] and codes[at] != 4:
            extra = [extra[-1], *extra[:-1]]
            at -= 1
        pos[row] = at
        alt[row, 0] = codes[at]
        if inserted:
            alt[row, 1 : 1 + inserted] = extra
    return Variants(pos, variants.ref_length, variants.alt_length, alt)


def settle(
    codes: NDArray[np.uint8], variants: Variants, first: int, kept: NDArray[np.bool_] | None = None
) -> Variants:
    """Sort the variants and drop those that overlap another, touch N or a kept base, or change nothing.

    Parameters
    ----------
    codes
        Reference codes.
    variants
        Candidates; the first `first` of them take precedence over the rest.
    first
        Number of candidates with precedence.
    kept
        shape=(bases,): bases that no variant may touch; None: there are none.
    """
    priority = np.arange(len(variants)) >= first
    taken = np.zeros(len(codes) + 1, dtype=bool)
    if kept is not None:
        taken[: len(codes)] = kept
    good = []
    for late in (False, True):
        rows = np.flatnonzero(priority == late)
        for row in rows[np.argsort(variants.pos[rows], kind="stable")]:
            start, end = int(variants.pos[row]), int(variants.pos[row] + variants.ref_length[row])
            ref, alt = codes[start:end], variants.allele(row)
            if taken[start:end].any() or (ref == 4).any() or np.array_equal(ref, alt):
                continue
            taken[start:end] = True
            good.append(row)
    keep = np.array(good, dtype=np.int64)
    return variants.take(keep[np.argsort(variants.pos[keep], kind="stable")])


def swap_alleles(rng: np.random.Generator, codes: NDArray[np.uint8], variants: Variants) -> Variants:
    """Exchange the two alleles of half the substitutions, in `codes` (in place) as in the variants.

    Without this the reference would carry the intact site wherever a random variant hits one, and haplotype
    A would be the more active on average.
    """
    alt = variants.alt.copy()
    same_length = variants.ref_length == variants.alt_length
    for row in np.flatnonzero(same_length & (rng.random(len(variants)) < 0.5)):
        start, size = int(variants.pos[row]), int(variants.ref_length[row])
        alt[row, :size] = codes[start : start + size]
        codes[start : start + size] = variants.alt[row, :size]
    return Variants(variants.pos, variants.ref_length, variants.alt_length, alt)


def random_variants(
    rng: np.random.Generator, codes: NDArray[np.uint8], length: int, snp_rate: float, indel_rate: float
) -> Variants:
    """Draw single-base variants (some in clusters), multi-base variants and indels over `codes[:length]`.

    Rates are per base pair; indel lengths are geometric, 1 to 20 bases.
    """
    snps = rng.integers(1, length, rng.poisson(length * snp_rate / (1 + _CLUSTER_SHARE)))
    close = snps[rng.random(len(snps)) < _CLUSTER_SHARE]
    close = np.clip(close + rng.integers(1, 9, len(close)), 1, length - 1)
    single = _substitutions(rng, codes, np.concatenate([snps, close]), 1)
    several = _substitutions(rng, codes, rng.integers(1, length - 3, int(len(snps) * _MNV_SHARE)), 2)
    triple = _substitutions(rng, codes, rng.integers(1, length - 3, int(len(snps) * _MNV_SHARE / 3)), 3)
    indels = _indels(rng, codes, rng.integers(1, length - _WIDTH, rng.poisson(length * indel_rate)))
    return concatenate(concatenate(single, several), concatenate(triple, indels))


def _substitutions(
    rng: np.random.Generator, codes: NDArray[np.uint8], pos: NDArray[np.int64], size: int
) -> Variants:
    """Replace `size` neighbouring bases, each by another base."""
    ref = codes[pos[:, None] + np.arange(size)]
    alt = np.full((len(pos), _WIDTH), 4, dtype=np.uint8)
    # Transitions (A-G, C-T: distance 2 in the code) are twice as likely as transversions together.
    step = rng.choice(np.array([1, 2, 3], dtype=np.uint8), (len(pos), size), p=[1 / 6, 2 / 3, 1 / 6])
    alt[:, :size] = (ref + step) % 4
    lengths = np.full(len(pos), size, dtype=np.int64)
    return Variants(pos.astype(np.int64), lengths, lengths, alt)


def _indels(rng: np.random.Generator, codes: NDArray[np.uint8], pos: NDArray[np.int64]) -> Variants:
    size = np.minimum(rng.geometric(0.3, len(pos)), MAX_INDEL)
    insertion = rng.random(len(pos)) < 0.5
    alt = np.full((len(pos), _WIDTH), 4, dtype=np.uint8)
    alt[:, 0] = codes[pos]
    fill = insertion[:, None] & (np.arange(1, _WIDTH) <= size[:, None])
    alt[:, 1:][fill] = rng.integers(0, 4, int(fill.sum()))
    return Variants(
        pos.astype(np.int64), np.where(insertion, 1, size + 1), np.where(insertion, size + 1, 1), alt
    )


@dataclass(frozen=True)
class SecondHaplotype:
    """Haplotype B: its genome, and the way between its coordinates and the reference's (all global, 0-based).

    Attributes
    ----------
    genome
        Contigs of the haplotype, in the reference's order.
    reference_start, haplotype_start, length
        shape=(blocks,), int64: ungapped blocks, sorted.
    variant_start
        shape=(n,), int64: haplotype position of each variant's first base.
    """

    genome: Genome
    reference_start: NDArray[np.int64]
    haplotype_start: NDArray[np.int64]
    length: NDArray[np.int64]
    variant_start: NDArray[np.int64]

    def from_reference(self, position: NDArray[np.int64]) -> NDArray[np.int64]:
        """Haplotype position of reference positions; a deleted base gives the next kept base."""
        block = np.searchsorted(self.reference_start, position, side="right") - 1
        inside = np.minimum(position - self.reference_start[block], self.length[block])
        past = (inside == self.length[block]) & (block + 1 < len(self.length))
        following = self.haplotype_start[np.minimum(block + 1, len(self.length) - 1)]
        return np.where(past, following, self.haplotype_start[block] + inside)

    def to_reference(self, position: NDArray[np.int64], following: bool) -> NDArray[np.int64]:
        """Reference position of haplotype positions; an inserted base gives its next or previous partner."""
        block = np.searchsorted(self.haplotype_start, position, side="right") - 1
        inside = position - self.haplotype_start[block]
        kept = self.reference_start[block] + np.minimum(inside, self.length[block] - 1)
        if not following:
            return kept
        after = self.reference_start[np.minimum(block + 1, len(self.length) - 1)]
        return np.where(inside < self.length[block], kept, after)


def build_haplotype(genome: Genome, variants: Variants) -> SecondHaplotype:
    """Put every variant (sorted, not overlapping) into the reference."""
    pieces = []
    at = 0
    for row in range(len(variants)):
        start = int(variants.pos[row])
        pieces += [genome.codes[at:start], variants.allele(row)]
        at = start + int(variants.ref_length[row])
    pieces.append(genome.codes[at:])
    gain = variants.alt_length - variants.ref_length
    before = np.concatenate([[0], np.cumsum(gain)])
    variant_start = variants.pos + before[:-1]
    offset = genome.offset + before[np.searchsorted(variants.pos, genome.offset)]
    # Within a variant the first min(ref, alt) bases are partners; only length changes end a block.
    cut = gain != 0
    paired = np.minimum(variants.ref_length, variants.alt_length)
    reference_start = np.concatenate([[0], (variants.pos + variants.ref_length)[cut]])
    haplotype_start = np.concatenate([[0], (variant_start + variants.alt_length)[cut]])
    block_end = np.concatenate([(variants.pos + paired)[cut], [len(genome.codes)]])
    whole = Genome(genome.names, offset.astype(np.int64), np.concatenate(pieces))
    return SecondHaplotype(
        whole, reference_start, haplotype_start, block_end - reference_start, variant_start.astype(np.int64)
    )
