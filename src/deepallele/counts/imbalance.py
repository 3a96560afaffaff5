"""Test of allelic imbalance: beta-binomial around an even share, one overdispersion for all regions."""

from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, gammaln
from scipy.stats import false_discovery_control

from deepallele.counts.tables import COUNTS, count_array
from deepallele.dataset.targets import log_ratio

# Overdispersion below the lower bound cannot be told from binomial sampling.
LOG10_RHO = (-6.0, -0.01)
LOWEST_RHO, HIGHEST_RHO = (10.0**bound for bound in LOG10_RHO)
IMBALANCED = (1e-9, 0.5)
STARTS = [(-3.0, 0.05), (-1.5, 0.05), (-1.5, 0.3)]
# The weights of the regions settle in a few rounds; any weights give an unbiased equation.
FIRST_RHO, ROUNDS = 0.01, 20
# Largest matrix of tail terms held at once.
CELLS = 1 << 20


@dataclass(frozen=True)
class Imbalance:
    """Result of the test.

    Attributes
    ----------
    p_value, fdr, tested
        float64 (n,), NaN where the region was not tested; bool (n,).
    rho
        Overdispersion (intra-class correlation), 0 to 1, of one sample; None if nothing was tested.
    rho_from
        Which estimate it is: `rho_from_replicates` or `rho_from_regions`; None if nothing was tested.
    imbalanced
        Estimated portion of imbalanced regions, at most 0.5; None unless `rho_from` is "regions".
    share_a
        Overall share of A among the informative fragments of the tested regions; 0.5 expected.
    """

    p_value: NDArray[np.float64]
    fdr: NDArray[np.float64]
    tested: NDArray[np.bool_]
    rho: float | None = None
    rho_from: Literal["replicates", "regions"] | None = None
    imbalanced: float | None = None
    share_a: float | None = None


def find_imbalance(a: NDArray[np.integer], b: NDArray[np.integer], min_informative: int) -> Imbalance:
    """Two-sided beta-binomial test of each region, with Benjamini and Hochberg's false discovery rate.

    Counts are summed over samples. The mean share is 0.5, not the observed one: reads are compared
    with both genomes alike, so that a genome-wide preference would be a finding or a fault, and either
    must show. `share_a` tells. One overdispersion serves all tested regions: from replicates where
    regions have two samples with fragments, else from the regions, which is far weaker.

    Samples must be replicates: true differences between them count as overdispersion. What shifts a
    region alike in all samples, be it biology or mapping bias, counts as imbalance.

    Parameters
    ----------
    a, b
        Informative fragments of the first and second haplotype, shape (n, samples).
    min_informative
        Regions with fewer (at least 1) over all samples are not tested.

    Returns
    -------
    Imbalance
        Swapping `a` and `b` changes nothing but `share_a`, which becomes 1 - `share_a`; the order of
        the samples changes nothing.
    """
    a, b = a.astype(np.int64), b.astype(np.int64)
    sum_a, sum_b = a.sum(axis=1), b.sum(axis=1)
    total = sum_a + sum_b
    tested = total >= max(min_informative, 1)
    p_value, fdr = np.full(len(a), np.nan), np.full(len(a), np.nan)
    if not tested.any():
        return Imbalance(p_value, fdr, tested)
    smaller, n = np.minimum(sum_a, sum_b)[tested], (a + b)[tested]
    rho, imbalanced = rho_from_replicates(a[tested], b[tested]), None
    rho_from: Literal["replicates", "regions"] = "regions" if rho is None else "replicates"
    if rho is None:
        rho, imbalanced = rho_from_regions(sum_a[tested], sum_b[tested])
        n = n.sum(axis=1, keepdims=True)
    p_value[tested] = p_values(smaller, total[tested], rho_of_sum(n, rho))
    fdr[tested] = false_discovery_control(p_value[tested])
    share_a = float(sum_a[tested].sum() / total[tested].sum())
    return Imbalance(p_value, fdr, tested, rho, rho_from, imbalanced, share_a)


def imbalance_table(
    counts: pd.DataFrame, pseudocount: float, min_informative: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Sum a counts table over samples and test every region.

    Parameters
    ----------
    counts
        As from `tables.read_counts`.
    pseudocount
        Added to both counts in the log ratio.
    min_informative
        Regions with fewer informative fragments are not tested.

    Returns
    -------
    table
        region chrom start end count_a count_b count_ambiguous log_ratio p_value fdr, in the order of
        `counts`; log_ratio is log2((A + c) / (B + c)), p_value and fdr are missing where not tested.
    summary
        regions, samples, tested, significant (fdr below 0.05), overdispersion (of one sample),
        overdispersion_from ("replicates", or "regions": see the limits of `rho_from_regions`),
        imbalanced_portion (only estimated from regions), share_a.

    Raises
    ------
    InputError
        If a region has no count, or two, in a sample.
    """
    table = counts[["region", "chrom", "start", "end"]].drop_duplicates("region", ignore_index=True)
    array, samples = count_array(counts, table["region"].tolist())
    table[COUNTS] = array.sum(axis=1, dtype=np.int64)
    result = find_imbalance(array[..., 0], array[..., 1], min_informative)
    ratio = log_ratio(table["count_a"].to_numpy(), table["count_b"].to_numpy(), pseudocount)
    table = table.assign(log_ratio=ratio, p_value=result.p_value, fdr=result.fdr)
    summary = {
        "regions": len(table),
        "samples": len(samples),
        "tested": int(result.tested.sum()),
        "significant": int((result.fdr < 0.05).sum()),
        "overdispersion": result.rho,
        "overdispersion_from": result.rho_from,
        "imbalanced_portion": result.imbalanced,
        "share_a": result.share_a,
    }
    return table, summary


def rho_from_replicates(a: NDArray[np.int64], b: NDArray[np.int64]) -> float | None:
    """Overdispersion from the variation between samples of the same region, by moments.

    Whatever the true share p of a region, balanced or not, its samples vary around it. With n_s
    fragments in sample s, N in all, a_s of mean n_s p and variance n_s pq (1 + rho (n_s - 1)), S
    samples with fragments and the pooled share P = sum a_s / N:

    - Q = sum (a_s - n_s P)^2 / n_s has mean pq (S - 1 + rho K), K = sum (n_s - 1)(1 - n_s / N);
    - V = P (1 - P) N / (N - 1) has mean pq (1 - rho c), c = sum n_s (n_s - 1) / (N (N - 1)).

    Hence Q (1 - rho c) - V (S - 1 + rho K) has mean 0 in every region, and the sum over regions,
    weighted by w, is solved by rho = sum w (Q - (S - 1) V) / sum w (c Q + K V). This is the Pearson
    statistic of Williams (1982, Applied Statistics 31:144) set to its mean, but Q is not divided by
    the estimated pq, which would be biased in thin regions and impossible where P is 0 or 1; for the
    kin of such estimators see Ridout, Demetrio and Firth (1999, Biometrics 55:137). The weights
    (S - 1) K / (S - 1 + rho K)^2, slope over variance of Q for normal counts, are refined with rho.

    Parameters
    ----------
    a, b
        Counts of the two haplotypes, shape (n, samples).

    Returns
    -------
    float or None
        Intra-class correlation within a sample; its lower bound 1e-6 stands for binomial sampling.
        None if no region has fragments of both haplotypes from two samples, two of one of them.
    """
    n = a + b
    total, sum_a, sum_b = n.sum(axis=1), a.sum(axis=1), b.sum(axis=1)
    slope = (np.maximum(n - 1, 0) * (total[:, None] - n)).sum(axis=1)
    usable = (slope > 0) & (sum_a > 0) & (sum_b > 0)
    if not usable.any():
        return None
    a, n, total, sum_a, sum_b = a[usable], n[usable], total[usable], sum_a[usable], sum_b[usable]
    slope = slope[usable] / total
    free = (n > 0).sum(axis=1) - 1
    # Whole numbers up to here, and sorted terms: neither swapped haplotypes nor samples change a bit.
    deviation = (a * total[:, None] - n * sum_a[:, None]).astype(np.float64)
    between = np.sort(deviation**2 / np.maximum(n, 1), axis=1).sum(axis=1) / total.astype(np.float64) ** 2
    variance = sum_a * sum_b / (total * (total - 1.0))
    excess = between - free * variance
    scale = _same_sample(n) * between + slope * variance
    rho = FIRST_RHO
    for _ in range(ROUNDS):
        weight = free * slope / (free + rho * slope) ** 2
        rho = float(np.clip((weight @ excess) / (weight @ scale), LOWEST_RHO, HIGHEST_RHO))
    return rho


def rho_of_sum(n: NDArray[np.int64], rho: float) -> NDArray[np.float64]:
    """Overdispersion of counts summed over samples: the correlation of any two fragments of the sum.

    Fragments of the same sample correlate by rho, of different samples not at all. The sum of independent
    beta-binomials is approximated by one of the same mean and variance; exact with one sample.

    Parameters
    ----------
    n, rho
        Fragments, shape (regions, samples); overdispersion within a sample.

    Returns
    -------
    float64 (regions,)
        rho sum n_s (n_s - 1) / (N (N - 1)), N = sum n_s; at least 1e-6.
    """
    return np.maximum(rho * _same_sample(n), LOWEST_RHO)


def _same_sample(n: NDArray[np.int64]) -> NDArray[np.float64]:
    """Portion of pairs of fragments whose two fragments are of the same sample."""
    total = n.sum(axis=1)
    return (n * (n - 1)).sum(axis=1) / np.maximum(total * (total - 1), 1)


def rho_from_regions(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[float, float]:
    """Maximum-likelihood overdispersion of the balanced regions, imbalanced ones set aside.

    The counts are taken for a mixture: balanced regions, whose share of A follows a beta
    distribution with mean 0.5 and both parameters (1 - rho) / (2 rho), and at most half of regions
    that are imbalanced, with any share equally likely. Without the second part, truly imbalanced
    regions would pass for overdispersion and hide themselves. The limits: a uniform share is a crude
    picture of imbalance, and where most regions are imbalanced, or many of them slightly, they do
    pass for overdispersion and the test has hardly any power. Only replicates mend that.

    Parameters
    ----------
    a, b
        Counts of the two haplotypes, shape (n,).

    Returns
    -------
    rho, imbalanced
        Intra-class correlation, 1e-6 or more; portion of imbalanced regions, 0 to 0.5.
    """
    pairs, weight = np.unique(np.sort(np.stack([a, b]), axis=0), axis=1, return_counts=True)
    smaller, total = pairs[0], pairs.sum(axis=0)
    uniform = -np.log(total + 1.0)

    def negative_log_likelihood(parameters: NDArray[np.float64]) -> float:
        log10_rho, imbalanced = parameters
        balanced = _log_pmf(smaller, total, 10.0**log10_rho)
        mixed = np.logaddexp(np.log1p(-imbalanced) + balanced, np.log(imbalanced) + uniform)
        return -float(weight @ mixed) / weight.sum()

    fits = [
        minimize(negative_log_likelihood, start, method="L-BFGS-B", bounds=[LOG10_RHO, IMBALANCED])
        for start in STARTS
    ]
    best: OptimizeResult = min(fits, key=attrgetter("fun"))
    return float(10.0 ** best.x[0]), float(best.x[1])


def p_values(
    smaller: NDArray[np.int64], total: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Two-sided p values of a beta-binomial with mean share 0.5: twice the lower tail, at most 1.

    Parameters
    ----------
    smaller, total
        The smaller of the two counts, and both together, shape (n,).
    rho
        Overdispersion of each region, above 0 and below 1, shape (n,).
    """
    result = np.empty(len(total))
    order = np.argsort(-smaller, kind="stable")
    first = 0
    while first < len(order):
        # Regions of like width share a matrix, the widest of them first.
        rows = order[first : first + max(1, CELLS // (int(smaller[order[first]]) + 1))]
        result[rows] = np.exp(_log_pmf(smaller[rows], total[rows], rho[rows]))
        result[rows] *= _tail_over_last(smaller[rows], total[rows], rho[rows])
        first += len(rows)
    return np.minimum(2.0 * result, 1.0)


def _tail_over_last(
    k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum of the probabilities of 0 to k, over that of k: by the ratio of each to the next."""
    shape, n = ((1.0 - rho) / (2.0 * rho))[:, None], n[:, None]
    j = np.maximum(k[:, None] - np.arange(k.max()), 0)
    ratio = j / (n - j + 1.0) * (n - j + shape) / (np.maximum(j, 1) - 1.0 + shape)
    return 1.0 + np.cumprod(ratio, axis=1).sum(axis=1)


def _log_pmf(
    k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    shape = (1.0 - rho) / (2.0 * rho)
    choose = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return choose + betaln(k + shape, n - k + shape) - betaln(shape, shape)
