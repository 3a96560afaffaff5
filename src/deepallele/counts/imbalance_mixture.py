"""Overdispersion of allele counts from one sample alone: of the regions that seem balanced."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from deepallele.counts.imbalance_replicates import LOG10_RHO
from deepallele.counts.imbalance_tails import log_pmf

# Variances of true shares of imbalanced regions over the largest possible one, 1/4: from the middle two
# thirds of the shares in 0.48 to 0.52 to shares that are mostly near 0 or 1.
SPREADS = 0.6 / 2.0 ** np.arange(0.0, 9.0, 0.5)
# Log likelihood that may be given up for a larger rho, half the 95 % point of chi-squared with one
# degree of freedom; how finely log10 rho is sought, and where its likeliest value is looked for.
MARGIN, PRECISION = 1.92, 0.01
DECADES, POINTS = 2.0, 9


def rho_from_regions(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[float, float]:
    """Overdispersion of the balanced regions by likelihood, imbalanced ones set aside.

    The counts are taken for a mixture: balanced regions, whose share of A follows a beta distribution
    with mean 0.5 and both parameters (1 - rho) / (2 rho), and imbalanced ones, whose shares follow any
    mixture of wider symmetric beta distributions, as effects do in adaptive shrinkage (Stephens 2017,
    Biostatistics 18:275). Regions that are hardly imbalanced and noise pass for each other, so that a rho
    below the true one fits as well as the true one, while one above it lacks regions near an even
    share. The result therefore is the upper end of the 95 % interval by profile likelihood: the largest
    rho that the counts allow, never above the likeliest without imbalanced regions. The limit: where
    most regions are imbalanced, they do pass for overdispersion and the test has hardly any power. Only
    replicates mend that.

    Parameters
    ----------
    a, b
        Counts of the two haplotypes, shape (n,).

    Returns
    -------
    rho, imbalanced
        Intra-class correlation, 1e-6 or more; portion of imbalanced regions at that value, 0 to 1.
    """
    pairs, weight = np.unique(np.sort(np.stack([a, b]), axis=0), axis=1, return_counts=True)
    smaller, total = pairs[0], pairs.sum(axis=0)

    def profile(log10_rho: float) -> tuple[float, float]:
        return _fit_weights(_log_density(smaller, total, 10.0**log10_rho), weight)

    def unmixed(log10_rho: float) -> float:
        return -float(weight @ log_pmf(smaller, total, 10.0**log10_rho))

    high = float(minimize_scalar(unmixed, bounds=LOG10_RHO, method="bounded").x)
    grid = np.maximum(high - np.linspace(DECADES, 0.0, POINTS), LOG10_RHO[0])
    found = [profile(point) for point in grid]
    best = max(range(POINTS), key=lambda index: found[index][0])
    least, low, imbalanced = found[best][0] - MARGIN, float(grid[best]), found[best][1]
    # The likelihood falls from the likeliest value on.
    if found[-1][0] >= least:
        return float(10.0**high), found[-1][1]
    while high - low > PRECISION:
        middle = (low + high) / 2.0
        likelihood, portion = profile(middle)
        if likelihood >= least:
            low, imbalanced = middle, portion
        else:
            high = middle
    return float(10.0**low), imbalanced


def _log_density(smaller: NDArray[np.int64], total: NDArray[np.int64], rho: float) -> NDArray[np.float64]:
    """Log probability of each pair of counts in balanced regions and at each spread, (n, 1 + spreads)."""
    correlations = [rho, *(rho + (1.0 - rho) * SPREADS)]
    return np.stack([log_pmf(smaller, total, value) for value in correlations], axis=1)


def _fit_weights(log_density: NDArray[np.float64], count: NDArray[np.int64]) -> tuple[float, float]:
    """Likeliest mixture: its log likelihood, and the weight of all parts but the first.

    Without a constraint on the sum: adding it to the mean log likelihood makes it 1 at the optimum (Kim
    et al. 2020, J. Comput. Graph. Stat. 29:261), and the problem is convex.
    """
    largest = log_density.max(axis=1)
    density = np.exp(log_density - largest[:, None])
    portion = count / count.sum()

    def cost(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        mixed = density @ x
        return float(x.sum() - portion @ np.log(mixed)), 1.0 - (portion / mixed) @ density

    size = density.shape[1]
    start = np.full(size, 1.0 / size)
    options = {"ftol": 1e-12, "gtol": 1e-8, "maxiter": 1000}
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=[(1e-12, None)] * size, options=options)
    x = found.x / found.x.sum()
    likelihood = float(count @ (np.log(density @ x) + largest))
    return likelihood, float(1.0 - x[0])
