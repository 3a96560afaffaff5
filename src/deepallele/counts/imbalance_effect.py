"""Effect size log2(A/B) of every region: estimate, and adaptive shrinkage with a credible interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

# Narrowest part of the prior, log2 units: shares of 0.491 to 0.509, which no experiment tells from 0.5.
NARROWEST = 0.05
# Regions that the prior is given for free in its narrowest part, and one in each other part: few regions
# alone cannot widen it (the penalty of Stephens 2017, supplement).
FREE_NARROW, FREE_OTHER = 10.0, 1.0
ROUNDS, SETTLED = 500, 1e-6
BISECTIONS = 60


@dataclass(frozen=True)
class Prior:
    """Distribution of the true log2(A/B): a mixture of normals around 0.

    Attributes
    ----------
    sd, weight
        float64 (k,): standard deviations in log2 units, rising; weights that sum to 1.
    """

    sd: NDArray[np.float64]
    weight: NDArray[np.float64]


@dataclass(frozen=True)
class Effect:
    """Shrunken log2(A/B), float64 (n,): posterior mean, and the ends of the central credible interval."""

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def raw_effect(
    a: NDArray[np.int64], b: NDArray[np.int64], rho: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log ratio of counts that are overdispersed, and its standard error.

    Half a fragment is added to both counts, which leaves the least bias (Haldane 1956, Ann. Hum.
    Genet. 20:309). The variance of a binomial log ratio, 1 / A + 1 / B, is multiplied by
    1 + rho (N - 1), as that of the beta-binomial is.

    Parameters
    ----------
    a, b, rho
        Counts of the haplotypes and overdispersion of their sum, shape (n,).

    Returns
    -------
    estimate, error
        float64 (n,), log2 units. Swapping `a` and `b` flips the sign of `estimate` exactly.
    """
    estimate = np.log2(a + 0.5) - np.log2(b + 0.5)
    variance = (1.0 / (a + 0.5) + 1.0 / (b + 0.5)) * (1.0 + rho * (a + b - 1.0))
    return estimate, np.sqrt(variance) / np.log(2.0)


def fit_prior(estimate: NDArray[np.float64], error: NDArray[np.float64]) -> Prior:
    """Find the distribution of true log ratios under which the estimates are most likely, by EM.

    Adaptive shrinkage of Stephens (2017, Biostatistics 18:275): a mixture of normals around 0 on a
    grid of standard deviations, here by factors of 2 from 0.05 to beyond the largest estimate.
    Instead of a point mass at 0 the narrowest normal stands for balanced regions.

    Parameters
    ----------
    estimate, error
        As from `raw_effect`, of the regions that are tested, shape (n,).
    """
    widest = max(2.0, float(np.abs(estimate).max(initial=0.0)))
    steps = int(np.ceil(np.log2(widest / NARROWEST)))
    sd = NARROWEST * 2.0 ** np.arange(steps + 1, dtype=np.float64)
    likelihood = _likelihood(estimate, error, sd)
    free = np.full(len(sd), FREE_OTHER - 1.0)
    free[0] = FREE_NARROW - 1.0
    weight = np.full(len(sd), 1.0 / len(sd))
    for _ in range(ROUNDS):
        joint = likelihood * weight
        found = (joint / joint.sum(axis=1, keepdims=True)).sum(axis=0) + free
        found /= found.sum()
        moved = float(np.abs(found - weight).max())
        weight = found
        if moved < SETTLED:
            break
    return Prior(sd, weight)


def _likelihood(
    estimate: NDArray[np.float64], error: NDArray[np.float64], sd: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Likelihood of each estimate under each part of the prior (n, k), the largest of a row being 1."""
    variance = error[:, None] ** 2 + sd**2
    log_density = -0.5 * (estimate[:, None] ** 2 / variance + np.log(variance))
    return np.exp(log_density - log_density.max(axis=1, keepdims=True))


def shrink(
    estimate: NDArray[np.float64], error: NDArray[np.float64], prior: Prior, level: float = 0.95
) -> Effect:
    """Posterior mean and central credible interval of every log ratio, estimates taken as normal.

    Intervals hold their level on average over all regions, not in each: those of balanced regions
    nearly always hold, those of imbalanced ones less often, as with any shrinkage.

    Parameters
    ----------
    estimate, error, prior
        As from `raw_effect`, shape (n,), and `fit_prior`.
    level
        Portion of the posterior inside the interval, above 0 and below 1.

    Returns
    -------
    Effect
        Flipping the sign of `estimate` mirrors it exactly.
    """
    size = np.abs(estimate)[:, None]
    variance, narrow = error[:, None] ** 2, prior.sd**2
    weight = _likelihood(estimate, error, prior.sd) * prior.weight
    weight /= weight.sum(axis=1, keepdims=True)
    mean = size * narrow / (narrow + variance)
    spread = np.sqrt(variance * narrow / (narrow + variance))
    low, high = (_quantile(at, weight, mean, spread) for at in ((1.0 - level) / 2, (1.0 + level) / 2))
    # All is found for a positive estimate and then mirrored; around 0 it must be its own mirror image.
    low = np.where(estimate == 0.0, -high, low)
    flipped = estimate < 0.0
    return Effect(
        np.sign(estimate) * (weight * mean).sum(axis=1),
        np.where(flipped, -high, low),
        np.where(flipped, -low, high),
    )


def _quantile(
    at: float, weight: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Quantile of each row's mixture of normals, by bisection."""
    low, high = (mean - 9.0 * spread).min(axis=1), (mean + 9.0 * spread).max(axis=1)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2.0
        below = (weight * ndtr((middle[:, None] - mean) / spread)).sum(axis=1) < at
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2.0
