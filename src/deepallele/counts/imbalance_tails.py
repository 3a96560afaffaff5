"""Tails of the beta-binomial around an even share: two-sided mid-p values."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

# Largest matrix of tail terms held at once.
CELLS = 1 << 20
# A p value is never 0: its logarithm is taken, and 0 would claim certainty.
SMALLEST = float(np.finfo(np.float64).tiny)


def p_values(
    smaller: NDArray[np.int64], total: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Two-sided mid-p values of a beta-binomial with mean share 0.5.

    Twice the probability of a smaller count below the one seen, plus once that of the one seen. The
    ordinary p value, which adds the latter twice, is too large on average where counts are few, so
    that the p values of balanced regions would not be uniform. Mid-p values have the mean 0.5 of a
    uniform variable whatever the depth (Lancaster 1961, J. Am. Stat. Assoc. 56:223), and in a single
    thin region exceed their nominal level only slightly.

    Parameters
    ----------
    smaller, total
        The smaller of the two counts, and both together, shape (n,).
    rho
        Overdispersion of each region, above 0 and below 1, shape (n,).

    Returns
    -------
    float64 (n,)
        2.2e-308 (the least normal number) to 1.
    """
    log_p = np.empty(len(total))
    order = np.argsort(-smaller, kind="stable")
    first = 0
    while first < len(order):
        # Regions of like width share a matrix, the widest of them first.
        rows = order[first : first + max(1, CELLS // (int(smaller[order[first]]) + 1))]
        chosen = smaller[rows], total[rows], rho[rows]
        log_p[rows] = log_pmf(*chosen) + np.log(2.0 * _tail_over_last(*chosen) - 1.0)
        first += len(rows)
    return np.clip(np.exp(np.minimum(log_p, 0.0)), SMALLEST, 1.0)


def _tail_over_last(
    k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum of the probabilities of 0 to k, over that of k: by the ratio of each to the next."""
    shape, n = ((1.0 - rho) / (2.0 * rho))[:, None], n[:, None]
    j = np.maximum(k[:, None] - np.arange(k.max()), 0)
    ratio = j / (n - j + 1.0) * (n - j + shape) / (np.maximum(j, 1) - 1.0 + shape)
    return 1.0 + np.cumprod(ratio, axis=1).sum(axis=1)


def log_pmf(
    k: NDArray[np.int64], n: NDArray[np.int64], rho: NDArray[np.float64] | float
) -> NDArray[np.float64]:
    """Log probability of k of n fragments at mean share 0.5 and overdispersion rho, shape (n,)."""
    shape = (1.0 - rho) / (2.0 * rho)
    choose = gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)
    return choose + betaln(k + shape, n - k + shape) - betaln(shape, shape)
