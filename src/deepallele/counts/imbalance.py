"""Test of allelic imbalance: beta-binomial around an even share, one overdispersion for all regions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, gammaln
from scipy.stats import false_discovery_control

from deepallele.counts.tables import COUNTS
from deepallele.dataset.targets import log_ratio

# Overdispersion below the lower bound cannot be told from binomial sampling.
LOG10_RHO = (-6.0, -0.01)
IMBALANCED = (1e-9, 0.5)
STARTS = [(-3.0, 0.05), (-1.5, 0.05), (-1.5, 0.3)]


@dataclass(frozen=True)
class Imbalance:
    """Result of the test.

    Attributes
    ----------
    p_value, fdr
        float64 (n,); NaN where the region was not tested.
    tested
        bool (n,).
    rho
        Overdispersion (intra-class correlation) of balanced regions, 0 to 1; None if nothing was tested.
    imbalanced
        Estimated portion of imbalanced regions, at most 0.5; None if nothing was tested.
    share_a
        Overall share of A among the informative fragments of the tested regions; 0.5 expected.
    """

    p_value: NDArray[np.float64]
    fdr: NDArray[np.float64]
    tested: NDArray[np.bool_]
    rho: float | None
    imbalanced: float | None
    share_a: float | None


def find_imbalance(a: NDArray[np.int64], b: NDArray[np.int64], min_informative: int) -> Imbalance:
    """Two-sided beta-binomial test of each region, with Benjamini and Hochberg's false discovery rate.

    The mean share is 0.5, not the observed one: reads are compared with both genomes alike, so that
    a genome-wide preference would be a finding or a fault, and either must show. `share_a` tells.
    One overdispersion is estimated from all tested regions; see `estimate_rho`.

    Parameters
    ----------
    a, b
        Informative fragments of the first and second haplotype, shape (n,).
    min_informative
        Regions with fewer (at least 1) are not tested.

    Returns
    -------
    Imbalance
        Swapping `a` and `b` changes nothing but `share_a`, which becomes 1 - `share_a`.
    """
    total = a + b
    tested = total >= max(min_informative, 1)
    p_value = np.full(len(a), np.nan)
    fdr = np.full(len(a), np.nan)
    if not tested.any():
        return Imbalance(p_value, fdr, tested, None, None, None)
    rho, imbalanced = estimate_rho(a[tested], b[tested])
    p_value[tested] = p_values(np.minimum(a, b)[tested], total[tested], rho)
    fdr[tested] = false_discovery_control(p_value[tested])
    share_a = float(a[tested].sum() / total[tested].sum())
    return Imbalance(p_value, fdr, tested, rho, imbalanced, share_a)


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
        regions, tested, significant (fdr below 0.05), overdispersion, imbalanced_portion, share_a.
    """
    table = counts.groupby(["region", "chrom", "start", "end"], sort=False, as_index=False)[COUNTS].sum()
    a, b = table["count_a"].to_numpy(), table["count_b"].to_numpy()
    result = find_imbalance(a, b, min_informative)
    table = table.assign(log_ratio=log_ratio(a, b, pseudocount), p_value=result.p_value, fdr=result.fdr)
    summary = {
        "regions": len(table),
        "tested": int(result.tested.sum()),
        "significant": int((result.fdr < 0.05).sum()),
        "overdispersion": result.rho,
        "imbalanced_portion": result.imbalanced,
        "share_a": result.share_a,
    }
    return table, summary


def estimate_rho(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[float, float]:
    """Maximum-likelihood overdispersion of the balanced regions, imbalanced ones set aside.

    The counts are taken for a mixture: balanced regions, whose share of A follows a beta
    distribution with mean 0.5 and both parameters (1 - rho) / (2 rho), and at most half of regions
    that are imbalanced, with any share equally likely. Without the second part, truly imbalanced
    regions would pass for overdispersion and hide themselves.

    Parameters
    ----------
    a, b
        Counts of the two haplotypes, shape (n,).

    Returns
    -------
    rho
        Intra-class correlation; its lower bound 1e-6 stands for binomial sampling.
    imbalanced
        Estimated portion of imbalanced regions, 0 to 0.5.
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
    best = min(fits, key=_misfit)
    return float(10.0 ** best.x[0]), float(best.x[1])


def _misfit(fit: OptimizeResult) -> float:
    return float(fit.fun)


def p_values(smaller: NDArray[np.int64], total: NDArray[np.int64], rho: float) -> NDArray[np.float64]:
    """Two-sided p values of a beta-binomial with mean share 0.5: twice the lower tail, at most 1.

    Parameters
    ----------
    smaller
        The smaller of the two counts, shape (n,).
    total
        Both counts together, shape (n,).
    rho
        Overdispersion, above 0 and below 1.
    """
    result = np.empty(len(total))
    order = np.argsort(total, kind="stable")
    values, first = np.unique(total[order], return_index=True)
    for n, rows in zip(values, np.split(order, first[1:]), strict=True):
        # One cumulative sum serves all regions with the same number of fragments.
        tail = np.cumsum(np.exp(_log_pmf(np.arange(smaller[rows].max() + 1), n, rho)))
        result[rows] = tail[smaller[rows]]
    return np.minimum(2.0 * result, 1.0)


def _shape(rho: float) -> float:
    return (1.0 - rho) / (2.0 * rho)


def _log_pmf(k: NDArray[np.int64], n: NDArray[np.int64], rho: float) -> NDArray[np.float64]:
    shape = _shape(rho)
    choose = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return choose + betaln(k + shape, n - k + shape) - betaln(shape, shape)
