"""Likelihood of the share of A: ratio test of one share against two, and the interval of a log ratio."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, psi
from scipy.stats import chi2

from deepallele.counts.imbalance_tails import SMALLEST

# Shares are sought between this and 1 minus this, log2 ratios above the least one.
LEAST_SHARE, LEAST_RATIO, BISECTIONS = 1e-9, -64.0, 60
LEVEL = 0.95


def ratio_interval(
    a: NDArray[np.int64], b: NDArray[np.int64], rho: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % interval of log2(A/B): where twice the log likelihood is no more than 3.84 below its best.

    Parameters
    ----------
    a, b, rho
        Counts of the haplotypes and overdispersion of their sum, shape (n,); one fragment or more.

    Returns
    -------
    low, high
        float64 (n,), log2 units; -inf where `a` is 0, inf where `b` is 0. Swapping `a` and `b` mirrors them
        exactly.
    """
    return _least_ratio(a, a + b, rho), -_least_ratio(b, a + b, rho)


def _least_ratio(k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower end of the interval of log2(k / (n - k))."""
    best = best_share(k[None], n[None], rho[None])
    least = log_likelihood(best, k[None], n[None], rho[None]) - chi2.ppf(LEVEL, 1) / 2.0
    low, high = np.full(len(k), LEAST_RATIO), np.log2(best) - np.log2(1.0 - best)
    for _ in range(BISECTIONS):
        ratio = (low + high) / 2.0
        outside = log_likelihood(1.0 / (1.0 + 2.0**-ratio), k[None], n[None], rho[None]) < least
        low, high = np.where(outside, ratio, low), np.where(outside, high, ratio)
    return np.where(k > 0, (low + high) / 2.0, -np.inf)


def likelihood_ratio_p(
    a: NDArray[np.int64], b: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """P value of one share of A in two groups against one in each.

    Parameters
    ----------
    a, b, rho
        Counts of the haplotypes and overdispersion of each group, shape (2, n).

    Returns
    -------
    float64 (n,)
        2.2e-308 (the least normal number) to 1.
    """
    # Mirrored regions are turned alike, so that swapped haplotypes give the same bits.
    sum_a, sum_b = a.sum(axis=0), b.sum(axis=0)
    turned = (sum_a > sum_b) | ((sum_a == sum_b) & (a[0] > b[0]))
    k, n = np.where(turned, b, a), a + b
    apart = sum(
        log_likelihood(best_share(k[[i]], n[[i]], rho[[i]]), k[[i]], n[[i]], rho[[i]]) for i in (0, 1)
    )
    together = log_likelihood(best_share(k, n, rho), k, n, rho)
    statistic = 2.0 * np.maximum(apart - together, 0.0)
    return np.clip(chi2.sf(statistic, 1), SMALLEST, 1.0)


def best_share(k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]) -> NDArray[np.float64]:
    """Most likely share of groups that have one, by bisection: the log likelihood is concave in it."""
    size = (1.0 - rho) / rho
    low, high = np.full(k.shape[1], LEAST_SHARE), np.full(k.shape[1], 1.0 - LEAST_SHARE)
    for _ in range(BISECTIONS):
        share = (low + high) / 2.0
        x, y = size * share, size * (1.0 - share)
        slope = (size * (psi(k + x) - psi(x) - psi(n - k + y) + psi(y))).sum(axis=0)
        low, high = np.where(slope > 0, share, low), np.where(slope > 0, high, share)
    return (low + high) / 2.0


def log_likelihood(
    share: NDArray[np.float64], k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log likelihood of a share, summed over groups, but for a term that does not depend on it."""
    size = (1.0 - rho) / rho
    x, y = size * share, size * (1.0 - share)
    return (betaln(k + x, n - k + y) - betaln(x, y)).sum(axis=0)
