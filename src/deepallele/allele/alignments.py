"""Alignments of the read pairs of a chunk to one haplotype, and where they lie on the reference."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.bam import FIRST, LAST, PAIRED, REVERSE, SECONDARY, SUPPLEMENTARY, UNMAPPED, Records
from deepallele.allele.cigar import Cigars, read_cigars
from deepallele.allele.layout import first_difference
from deepallele.allele.lift import Lift
from deepallele.allele.likelihood import Explanation, explain
from deepallele.allele.sites import Sites
from deepallele.errors import InputError


class SiteCosts(NamedTuple):
    """What the bases at sites (substitutions between the haplotypes) cost their reads.

    Attributes
    ----------
    pair, site
        int64 (k,): index of the pair, and of the site; sites where the read fits the haplotype are left out.
    cost
        float64 (k,): part of the log likelihood, below 0.
    """

    pair: NDArray[np.int64]
    site: NDArray[np.int64]
    cost: NDArray[np.float64]


@dataclass(frozen=True)
class Alignments:
    """Alignments of n pairs (m = 2 mates) or single reads (m = 1) to one haplotype.

    Attributes
    ----------
    records, cigars
        As read; n * m records, the mates of a pair next to each other. `cigars` are lifted.
    aligned, reverse, lifted
        bool (n, m); `lifted`: has a place on the reference.
    haplotype_tid, haplotype_start, haplotype_end
        int64 (n, m): place on the haplotype, 0-based half-open.
    tid, start, end
        int64 (n, m): place on the reference.
    clip_left, clip_right
        int64 (n, m): soft-clipped bases of the lifted alignment.
    mapq
        int64 (n, m).
    log_likelihood
        float64 (n, m).
    site_costs
        Parts of it that sites are to blame for.
    """

    records: Records
    cigars: Cigars
    aligned: NDArray[np.bool_]
    reverse: NDArray[np.bool_]
    lifted: NDArray[np.bool_]
    haplotype_tid: NDArray[np.int64]
    haplotype_start: NDArray[np.int64]
    haplotype_end: NDArray[np.int64]
    tid: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    clip_left: NDArray[np.int64]
    clip_right: NDArray[np.int64]
    mapq: NDArray[np.int64]
    log_likelihood: NDArray[np.float64]
    site_costs: SiteCosts

    @property
    def complete(self) -> NDArray[np.bool_]:
        """Whether all mates are aligned; bool (n,)."""
        return np.logical_and.reduce(self.aligned, axis=1)

    @property
    def best_mapq(self) -> NDArray[np.int64]:
        """MAPQ of the pair, the larger of its mates': one unique mate places a concordant pair; (n,)."""
        return np.where(self.aligned, self.mapq, 0).max(axis=1)

    def concordant(self, min_insert: int, max_insert: int) -> NDArray[np.bool_]:
        """Tell which pairs face each other on one contig at a length within the limits; bool (n,).

        Judged on the haplotype itself, from positions alone: the outer ends of both mates are at least
        `min_insert` and at most `max_insert` bases apart. Single reads only need to be aligned.
        """
        if self.aligned.shape[1] == 1:
            return self.complete
        start, end = self.haplotype_start, self.haplotype_end
        reverse = self.reverse
        forward_start = np.where(reverse[:, 0], start[:, 1], start[:, 0])
        reverse_end = np.where(reverse[:, 0], end[:, 0], end[:, 1])
        insert = end.max(axis=1) - start.min(axis=1)
        return (
            self.complete
            & (self.haplotype_tid[:, 0] == self.haplotype_tid[:, 1])
            & (reverse[:, 0] != reverse[:, 1])
            & (forward_start < reverse_end)
            & (insert >= min_insert)
            & (insert <= max_insert)
        )


def describe(records: Records, mates: int, lift: Lift, sites: Sites | None = None) -> Alignments:
    """Work out everything the comparison needs from a chunk of records of one haplotype.

    Parameters
    ----------
    records
        Whole pairs, mates next to each other.
    mates
        1 for single-end, 2 for paired-end reads.
    lift
        Lift from this haplotype to the reference.
    sites
        Substitutions between the haplotypes; None: `site_costs` stays empty.

    Raises
    ------
    InputError
        As `explain`.
    """
    fixed = records.fixed
    cigars = read_cigars(records)
    aligned = (fixed["flag"] & UNMAPPED) == 0
    if not aligned.all():
        # Unaligned mates carry the position of the other mate.
        cigars = Cigars(cigars.word[aligned[cigars.alignment]], np.where(aligned, cigars.count, 0))
    lifted = lift(np.where(aligned, fixed["tid"], -1), fixed["pos"], cigars, fixed["length"])
    span = cigars.span()

    def by_pair(values: NDArray) -> NDArray:
        return values.reshape(-1, mates)

    start = fixed["pos"].astype(np.int64)
    explanation = explain(records)
    return Alignments(
        records,
        lifted.cigars,
        by_pair(aligned),
        by_pair((fixed["flag"] & REVERSE) != 0),
        by_pair(lifted.tid >= 0),
        by_pair(fixed["tid"].astype(np.int64)),
        by_pair(start),
        by_pair(start + span),
        by_pair(lifted.tid),
        by_pair(lifted.start),
        by_pair(lifted.end),
        by_pair(lifted.clip_left),
        by_pair(lifted.clip_right),
        by_pair(fixed["mapq"].astype(np.int64)),
        by_pair(explanation.log_likelihood),
        _site_costs(explanation, records, mates, lift, sites or Sites.none()),
    )


def _site_costs(
    explanation: Explanation, records: Records, mates: int, lift: Lift, sites: Sites
) -> SiteCosts:
    record = explanation.record
    start = records.fixed["pos"][record].astype(np.int64)
    site = sites.find(*lift.positions(records.fixed["tid"][record], start + explanation.offset))
    known = site >= 0
    return SiteCosts(record[known] // mates, site[known], explanation.cost[known])


def order_mates(records: Records) -> Records:
    """Put the first mate of each pair first.

    Records of a pair stand next to each other, but bowtie2 writes the aligned one first where only
    one is. The number of records must be even.
    """
    start = records.start.reshape(-1, 2).copy()
    swapped = ((records.fixed["flag"][::2] & LAST) != 0) & ((records.fixed["flag"][1::2] & FIRST) != 0)
    start[swapped] = start[swapped, ::-1]
    return Records(records.data, start.ravel())


def check_order(one: Records, other: Records, mates: int, sources: tuple[str, str], done: int) -> None:
    """See that two chunks list the same reads in the same order, mates next to each other.

    Parameters
    ----------
    one, other
        Chunks of the same number of records.
    mates
        1 for single-end, 2 for paired-end reads.
    sources
        What error messages call the two BAMs.
    done
        Records before these chunks, for error messages.

    Raises
    ------
    InputError
        Naming the first read that differs, is not paired as the first read of the file is, or is
        listed more than once.
    """
    for records, source in zip((one, other), sources, strict=True):
        _check_flags(records, mates, source, done)
    index = first_difference(one.data, one.start, other.data, other.start)
    if index >= 0:
        raise InputError(
            f"record {done + index + 1}: {sources[0]} has read {one.name(index)}, {sources[1]} has"
            f" {other.name(index)}; both must list the same reads in the same order (bowtie2 --reorder)"
        )
    index = first_difference(one.data, one.start[::2], one.data, one.start[1::2], False) if mates == 2 else -1
    if index >= 0:
        index *= 2
        raise InputError(
            f"{sources[0]}: record {done + index + 1}: read {one.name(index)} is not followed by its mate"
            f" but by {one.name(index + 1)}; the BAM must be in the order of the FASTQ files"
        )


def _check_flags(records: Records, mates: int, source: str, done: int) -> None:
    flag = records.fixed["flag"].astype(np.int64)
    expected = np.resize([PAIRED | FIRST, PAIRED | LAST] if mates == 2 else [0], len(flag))
    multiple = (flag & (SECONDARY | SUPPLEMENTARY)) != 0
    wrong = multiple | ((flag & (PAIRED | FIRST | LAST)) != expected)
    if not wrong.any():
        return
    index = int(np.argmax(wrong))
    reason = (
        "is a secondary or supplementary alignment; align with one alignment per read"
        if multiple[index]
        else f"has flag {flag[index]}, which does not fit {('single-end', 'paired-end')[mates - 1]} reads"
        " in the order of the FASTQ files; do not mix the two kinds in one sample"
    )
    raise InputError(f"{source}: record {done + index + 1}: read {records.name(index)} {reason}")
