"""Compare each pair's alignments to both haplotypes, and give it one fate.

Every rule treats both haplotypes alike, so swapping them swaps the results exactly.

1. The posterior that a pair comes from A is the logistic function of the difference of the two log
   likelihoods (prior 1/2). At or above `min_posterior` for one haplotype the pair is informative.
2. An informative pair is placed where its haplotype's alignment lies. An ambiguous pair takes, of its two
   alignments, a concordant one that can be lifted, then the likelier, then the leftmost on the
   reference; mostly both are the same.
3. The alignment chosen must be complete (`one_mate` otherwise; `unaligned` where no mate is aligned on either
   haplotype), concordant (`discordant`), and have a place on the reference (`unlifted`).
4. A pair whose two concordant alignments do not overlap on the reference must be informative (the
   better place is clearly better); else it is `different_place`.
5. Then come the filters: `low_mapq` (the best MAPQ of all complete alignments of the pair counts, whichever
   haplotype it is from), `excluded_contig`, `blacklisted` (the fragment overlaps an interval).
"""

from dataclasses import dataclass
from enum import IntEnum, auto

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.intervals import IntervalSet


class Fate(IntEnum):
    """What became of a pair; each has exactly one."""

    INFORMATIVE_A = 0
    INFORMATIVE_B = auto()
    AMBIGUOUS = auto()
    UNALIGNED = auto()
    ONE_MATE = auto()
    DISCORDANT = auto()
    DIFFERENT_PLACE = auto()
    UNLIFTED = auto()
    LOW_MAPQ = auto()
    EXCLUDED_CONTIG = auto()
    BLACKLISTED = auto()
    DUPLICATES = auto()


@dataclass(frozen=True)
class Settings:
    """Thresholds of the assignment.

    Attributes
    ----------
    min_posterior
        Smallest posterior of a haplotype that makes a pair informative; above 0.5, up to 1.
    min_mapq
        Smallest MAPQ of a pair.
    min_insert, max_insert
        Limits of the fragment length of a concordant pair, in bases.
    remove_duplicates
        Whether to drop all but one pair of each fragment.
    """

    min_posterior: float = 0.95
    min_mapq: int = 2
    min_insert: int = 0
    max_insert: int = 1000
    remove_duplicates: bool = True


@dataclass(frozen=True)
class Decision:
    """Outcome of the comparison for n pairs.

    Attributes
    ----------
    fate
        uint8 (n,), values of `Fate` (never DUPLICATES).
    side
        int64 (n,): 0 or 1, the haplotype whose alignment places the pair.
    posterior
        float64 (n,): probability that the pair comes from A, a multiple of 2**-20.
    mapq
        int64 (n, mates): the better of both haplotypes, for each mate.
    """

    fate: NDArray[np.uint8]
    side: NDArray[np.int64]
    posterior: NDArray[np.float64]
    mapq: NDArray[np.int64]


def posterior_of_first(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Posterior of the first of two explanations with equal priors from their log likelihoods.

    Rounded to multiples of 2**-20 (1e-6), which float32 holds exactly on both sides of 0.5: so
    swapping the arguments gives exactly 1 - posterior.
    """
    difference = first - second
    with np.errstate(over="ignore"):
        better = 1.0 / (1.0 + np.exp(-np.abs(difference)))
    better = np.round(better * 2**20) / 2**20
    return np.where(difference >= 0, better, 1.0 - better)


def decide(
    a: Alignments,
    b: Alignments,
    settings: Settings,
    excluded: NDArray[np.bool_],
    blacklist: IntervalSet,
) -> Decision:
    """Give each pair its fate, before duplicates are looked for.

    Parameters
    ----------
    a, b
        The same n pairs aligned to each haplotype.
    settings
        Thresholds.
    excluded
        bool (contigs,): reference contigs whose pairs are dropped.
    blacklist
        Intervals on the reference whose pairs are dropped.
    """
    posterior = posterior_of_first(a.log_likelihood, b.log_likelihood)
    from_a, from_b = posterior >= settings.min_posterior, 1 - posterior >= settings.min_posterior
    informative = from_a | from_b
    limits = (settings.min_insert, settings.max_insert)
    concordant = np.stack([a.concordant(*limits), b.concordant(*limits)])
    usable = concordant & np.stack([a.lifted.all(axis=1), b.lifted.all(axis=1)])
    side = np.where(informative, from_b, _second_is_better(a, b, concordant, usable)).astype(np.int64)

    def chosen(of_a: NDArray, of_b: NDArray) -> NDArray:
        return np.where(side.reshape((-1,) + (1,) * (of_a.ndim - 1)) == 1, of_b, of_a)

    tid = chosen(a.tid, b.tid)[:, 0]
    start, end = chosen(a.start, b.start).min(axis=1), chosen(a.end, b.end).max(axis=1)
    mapq = np.stack([np.where(x.complete, x.best_mapq, -1) for x in (a, b)]).max(axis=0)
    rules = [
        (Fate.UNALIGNED, ~(a.aligned | b.aligned).any(axis=1)),
        (Fate.ONE_MATE, ~chosen(a.complete, b.complete)),
        (Fate.DISCORDANT, ~chosen(*concordant)),
        (Fate.UNLIFTED, ~chosen(*usable)),
        (Fate.DIFFERENT_PLACE, usable.all(axis=0) & ~_overlap(a, b) & ~informative),
        (Fate.LOW_MAPQ, mapq < settings.min_mapq),
        (Fate.EXCLUDED_CONTIG, excluded[tid]),
        (Fate.BLACKLISTED, blacklist.overlaps(tid, start, end)),
        (Fate.INFORMATIVE_A, from_a),
        (Fate.INFORMATIVE_B, from_b),
    ]
    fate = np.select([rule for _, rule in rules], [int(name) for name, _ in rules], Fate.AMBIGUOUS)
    best = np.maximum(np.where(a.aligned, a.mapq, 0), np.where(b.aligned, b.mapq, 0))
    return Decision(fate.astype(np.uint8), side, posterior, best)


def _overlap(a: Alignments, b: Alignments) -> NDArray[np.bool_]:
    return (
        (a.tid[:, 0] == b.tid[:, 0])
        & (a.start.min(axis=1) < b.end.max(axis=1))
        & (b.start.min(axis=1) < a.end.max(axis=1))
    )


def _second_is_better(
    a: Alignments, b: Alignments, concordant: NDArray[np.bool_], usable: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Order of preference for ambiguous pairs: by content only, never by which haplotype is first."""
    keys = [
        (~usable[0], ~usable[1]),
        (~concordant[0], ~concordant[1]),
        (-a.log_likelihood, -b.log_likelihood),
    ]
    for mate in range(a.tid.shape[1]):
        for name in ("tid", "start", "end", "reverse", "clip_left"):
            keys.append((getattr(a, name)[:, mate], getattr(b, name)[:, mate]))
    second, open_ = np.zeros(len(a.tid), dtype=bool), np.ones(len(a.tid), dtype=bool)
    for of_a, of_b in keys:
        second |= open_ & (of_b < of_a)
        open_ &= of_a == of_b
    # Same ends, but the gaps may lie elsewhere between them.
    index = np.flatnonzero(open_)
    second[index] = _cigar_key(b, index) < _cigar_key(a, index)
    return second


def _cigar_key(alignments: Alignments, pairs: NDArray[np.int64]) -> NDArray[np.uint64]:
    mates = alignments.tid.shape[1]
    index = (pairs[:, None] * mates + np.arange(mates)).ravel()
    cigars = alignments.cigars.select(index)
    place = np.arange(len(cigars.word), dtype=np.int64) - cigars.first[cigars.alignment]
    # A polynomial with fixed odd multipliers modulo 2**64; wraps on purpose.
    power = np.uint64(0x9E3779B97F4A7C15) ** (place + 1).astype(np.uint64)
    term = (power * cigars.word.astype(np.uint64)).view(np.int64)
    each = cigars.total(term).view(np.uint64).reshape(-1, mates)
    key: NDArray[np.uint64] = (each * np.array([1, 0xC2B2AE3D27D4EB4F][:mates], dtype=np.uint64)).sum(axis=1)
    return key
