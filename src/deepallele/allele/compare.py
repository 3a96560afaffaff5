"""Compare each pair's alignments to both haplotypes, and give it one fate.

Every rule treats both haplotypes alike, so swapping them swaps the results exactly. These are the rules of
mode likelihood; for the other one see `deepallele.allele.published`. The filters (5) are those of both.

1. The posterior that a pair comes from A is the logistic function of the difference of the two log
   likelihoods (prior 1/2). At or above `min_posterior` for one haplotype the pair is informative, if one
   of its alignments covers a variant between the haplotypes. Where none does, nothing but chance can
   tell the haplotypes apart: the posterior is 0.5 again.
2. An informative pair is placed where its haplotype's alignment lies. An ambiguous pair takes, of its two
   alignments, a concordant one that can be lifted, then the likelier, then the leftmost on the
   reference; mostly both are the same.
3. The alignment chosen must be complete (`one_mate` otherwise; `unaligned` where no mate is aligned on either
   haplotype), concordant (`discordant`), and have a place on the reference (`unlifted`).
4. A pair whose two concordant alignments do not overlap on the reference must be informative (the
   better place is clearly better); else it is `different_place`. The best MAPQ of all complete alignments
   of the pair counts, whichever haplotype it is from (`low_mapq`).
5. Then come `excluded_contig`, `blacklisted` (the fragment overlaps an interval) and `hemizygous`: on a
   contig of which the sample has one copy there is nothing to compare.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deepallele.allele.alignments import Alignments
from deepallele.allele.informative import covers_variant
from deepallele.allele.intervals import IntervalSet
from deepallele.allele.likelihood import LOG_LOST
from deepallele.allele.outcome import Fate, Mode, Settings
from deepallele.allele.placement import overlap, second_is_better
from deepallele.allele.published import compare_scores
from deepallele.allele.verdict import Verdict


@dataclass(frozen=True)
class Places:
    """Places of the reference that matter for the fate of a pair.

    Attributes
    ----------
    excluded
        bool (contigs,): contigs whose pairs are dropped.
    hemizygous
        bool (contigs,): contigs of which the sample has one copy.
    blacklist
        Intervals whose pairs are dropped.
    variants
        Where the haplotypes differ; None if that is not known: then every pair counts as covering a variant.
    """

    excluded: NDArray[np.bool_]
    hemizygous: NDArray[np.bool_]
    blacklist: IntervalSet
    variants: IntervalSet | None = None


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
    no_variant
        bool (n,): no alignment of the pair covers a variant between the haplotypes.
    overruled
        bool (n,): would be informative, did it cover a variant.
    apart
        bool (n,): both alignments are concordant and lifted, but do not overlap on the reference.
    """

    fate: NDArray[np.uint8]
    side: NDArray[np.int64]
    posterior: NDArray[np.float64]
    mapq: NDArray[np.int64]
    no_variant: NDArray[np.bool_]
    overruled: NDArray[np.bool_]
    apart: NDArray[np.bool_]


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


def pair_log_likelihoods(a: Alignments, b: Alignments) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log likelihood of pairs on A and on B, mates together; a read aligned on one of them only is no proof.

    Parameters
    ----------
    a, b
        The same n pairs aligned to each haplotype.

    Returns
    -------
    tuple of NDArray[np.float64]
        (n,) each; see `deepallele.allele.likelihood` for reads that are lost on one haplotype.
    """
    of_a, of_b = (
        np.where(
            other.aligned & ~one.aligned,
            np.maximum(one.log_likelihood, other.log_likelihood + LOG_LOST),
            one.log_likelihood,
        ).sum(axis=1)
        for one, other in ((a, b), (b, a))
    )
    return of_a, of_b


def decide(a: Alignments, b: Alignments, settings: Settings, places: Places) -> Decision:
    """Give each pair its fate, before duplicates are looked for.

    Parameters
    ----------
    a, b
        The same n pairs aligned to each haplotype.
    settings
        Thresholds and mode.
    places
        Places of the reference that matter.
    """
    number = len(a.aligned)
    covered = (
        np.ones(number, dtype=bool) if places.variants is None else covers_variant(a, b, places.variants)
    )
    limits = (settings.min_insert, settings.max_insert)
    concordant = np.stack([a.concordant(*limits), b.concordant(*limits)])
    usable = concordant & np.stack([a.lifted.all(axis=1), b.lifted.all(axis=1)])
    apart = usable.all(axis=0) & ~overlap(a, b)
    verdict = (
        compare_scores(a, b, settings)
        if settings.mode is Mode.PUBLISHED
        else _compare_likelihoods(a, b, settings, covered, concordant, usable, apart)
    )
    tid = _chosen(verdict.side, a.tid, b.tid)[:, 0]
    start = _chosen(verdict.side, a.start, b.start).min(axis=1)
    end = _chosen(verdict.side, a.end, b.end).max(axis=1)
    rules = [
        *verdict.lost,
        (Fate.EXCLUDED_CONTIG, places.excluded[tid]),
        (Fate.BLACKLISTED, places.blacklist.overlaps(tid, start, end)),
        (Fate.HEMIZYGOUS, places.hemizygous[tid]),
        (Fate.INFORMATIVE_A, verdict.from_a),
        (Fate.INFORMATIVE_B, verdict.from_b),
    ]
    fate = np.select([rule for _, rule in rules], [int(name) for name, _ in rules], Fate.AMBIGUOUS)
    best = np.maximum(np.where(a.aligned, a.mapq, 0), np.where(b.aligned, b.mapq, 0))
    return Decision(
        fate.astype(np.uint8), verdict.side, verdict.posterior, best, ~covered, verdict.overruled, apart
    )


def _chosen(side: NDArray[np.int64], of_a: NDArray, of_b: NDArray) -> NDArray:
    return np.where(side.reshape((-1,) + (1,) * (of_a.ndim - 1)) == 1, of_b, of_a)


def _compare_likelihoods(
    a: Alignments,
    b: Alignments,
    settings: Settings,
    covered: NDArray[np.bool_],
    concordant: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    apart: NDArray[np.bool_],
) -> Verdict:
    posterior = posterior_of_first(*pair_log_likelihoods(a, b))
    from_a, from_b = posterior >= settings.min_posterior, 1 - posterior >= settings.min_posterior
    overruled = (from_a | from_b) & ~covered
    from_a, from_b = from_a & covered, from_b & covered
    informative = from_a | from_b
    side = np.where(informative, from_b, second_is_better(a, b, concordant, usable)).astype(np.int64)
    mapq = np.stack([np.where(x.complete, x.best_mapq, -1) for x in (a, b)]).max(axis=0)
    lost = [
        (Fate.UNALIGNED, ~(a.aligned | b.aligned).any(axis=1)),
        (Fate.ONE_MATE, ~_chosen(side, a.complete, b.complete)),
        (Fate.DISCORDANT, ~_chosen(side, *concordant)),
        (Fate.UNLIFTED, ~_chosen(side, *usable)),
        (Fate.DIFFERENT_PLACE, apart & ~informative),
        (Fate.LOW_MAPQ, mapq < settings.min_mapq),
    ]
    return Verdict(np.where(covered, posterior, 0.5), from_a, from_b, overruled, side, lost)
