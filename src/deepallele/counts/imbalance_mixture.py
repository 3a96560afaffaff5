"""Overdispersion of allele counts from one sample alone: of the regions that seem balanced."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar, nnls

from deepallele.counts.imbalance_replicates import LOG10_RHO
from deepallele.counts.imbalance_tails import log_pmf

# Variances of true shares of imbalanced regions over the largest possible one, 1/4: from the middle two
# thirds of the shares in 0.48 to 0.52 to shares that are mostly near 0 or 1.
SPREADS = 0.6 / 2.0 ** np.arange(0.0, 9.0, 0.5)
# Regions that are taken for balanced for free (the null-biased penalty of Stephens 2017, with his weight 10).
FREE = 10.0
# Where log10 rho is sought: so far below the likeliest value of no imbalance, at so many points, then finely.
DECADES, POINTS, PRECISION = 2.0, 17, 0.002
# Log likelihood that the weights may lack of their best, most steps towards it and the shortest, and what
# keeps parts that are hardly told apart solvable.
GAIN, STEPS, SHORTEST, RIDGE = 0.01, 200, 1e-8, 1e-9


def rho_from_regions(a: NDArray[np.int64], b: NDArray[np.int64]) -> tuple[float, float]:
    """Overdispersion of the balanced regions by penalised likelihood, imbalanced ones set aside.

    The counts are taken for a mixture as in adaptive shrinkage (Stephens 2017, Biostatistics 18:275):
    balanced regions, whose share of A follows a beta distribution with mean 0.5 and both parameters
    (1 - rho) / (2 rho), and imbalanced ones, whose shares follow any mixture of wider symmetric beta
    distributions. Regions that are hardly imbalanced and noise pass for each other, so that any rho below
    the true one fits as well, with more imbalanced regions; one above it lacks regions near an even
    share. The penalty of the same paper, ten more balanced regions, prefers the fits in which most regions
    are balanced. Rho is rather too large than too small, never above the likeliest without imbalanced
    regions. The limit: where most regions are imbalanced, they do pass for overdispersion and the test has
    hardly any power. Only replicates mend that.

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

    def cost(log10_rho: float) -> float:
        return -_fit_weights(_log_density(smaller, total, 10.0**log10_rho), weight)[0]

    def unmixed(log10_rho: float) -> float:
        return -float(weight @ log_pmf(smaller, total, 10.0**log10_rho))

    high = float(minimize_scalar(unmixed, bounds=LOG10_RHO, method="bounded").x)
    grid = np.maximum(high - np.linspace(DECADES, 0.0, POINTS), LOG10_RHO[0])
    best = int(np.argmin([cost(point) for point in grid]))
    around = grid[max(best - 1, 0)], grid[min(best + 1, POINTS - 1)]
    options = {"xatol": PRECISION}
    log10_rho = float(minimize_scalar(cost, bounds=around, method="bounded", options=options).x)
    _, imbalanced = _fit_weights(_log_density(smaller, total, 10.0**log10_rho), weight)
    return 10.0**log10_rho, imbalanced


def _log_density(smaller: NDArray[np.int64], total: NDArray[np.int64], rho: float) -> NDArray[np.float64]:
    """Log probability of each pair of counts in balanced regions and at each spread, (n, 1 + spreads)."""
    correlations = [rho, *(rho + (1.0 - rho) * SPREADS)]
    return np.stack([log_pmf(smaller, total, value) for value in correlations], axis=1)


def _fit_weights(log_density: NDArray[np.float64], count: NDArray[np.int64]) -> tuple[float, float]:
    """Likeliest mixture: its penalised log likelihood, and the weight of all parts but the first.

    Sequential quadratic programming (Kim et al. 2020, J. Comput. Graph. Stat. 29:261): each step solves the
    quadratic approximation under non-negative weights. The sum of the weights, added to the mean negative
    log likelihood, makes them sum to 1 at the optimum. The problem is convex; what the gradient says that
    could still be gained ends the search.
    """
    size = log_density.shape[1]
    largest = log_density.max(axis=1)
    density = np.vstack([np.exp(log_density - largest[:, None]), np.eye(1, size)])
    count = np.append(count, FREE - 1.0)
    portion = count / count.sum()

    def cost(x: NDArray[np.float64]) -> float:
        # A weight of 0 can make counts impossible; such a step is too long.
        with np.errstate(divide="ignore"):
            return float(x.sum() - portion @ np.log(density @ x))

    x = np.full(size, 1.0 / size)
    for _ in range(STEPS):
        relative = density / (density @ x)[:, None]
        gradient = 1.0 - portion @ relative
        if -gradient.min() * count.sum() < GAIN:
            break
        curvature = (relative * portion[:, None]).T @ relative
        root = np.linalg.cholesky(curvature + RIDGE * np.trace(curvature) * np.eye(size)).T
        step = nnls(root, root @ x - np.linalg.solve(root.T, gradient))[0] - x
        length, now, slope = 1.0, cost(x), float(gradient @ step)
        while length > SHORTEST and cost(x + length * step) > now + 0.01 * length * slope:
            length /= 2.0
        x = x + length * step
    x = x / x.sum()
    likelihood = float(count @ np.log(density @ x) + count[:-1] @ largest)
    return likelihood, float(1.0 - x[0])
