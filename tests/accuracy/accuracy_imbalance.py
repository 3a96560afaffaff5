"""Made allele counts with known truth, and how well a test of imbalance does on them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2, rankdata


class Counts(NamedTuple):
    """Counts (n, samples) of both haplotypes, and the true log2(A/B) of each region (n,)."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    truth: NDArray[np.float64]


def simulate(
    regions: int, samples: int, imbalanced: float, seed: int, rho: float | list[float] = 0.02, sd: float = 1.0
) -> Counts:
    """Draw beta-binomial counts; the depth is log-normal, as it is in peaks, and differs between samples.

    Parameters
    ----------
    regions, samples, seed
        Sizes of the arrays; seed.
    imbalanced
        Portion of regions whose true log2(A/B) is normal with standard deviation `sd`; the others' is 0.
    rho
        Overdispersion of all samples, or of each one.
    """
    rng = np.random.default_rng(seed)
    truth = np.where(rng.random(regions) < imbalanced, rng.normal(0.0, sd, regions), 0.0)
    mean = draw_depth(rng, regions)[:, None] * rng.uniform(0.6, 1.4, samples)
    a, b = draw_counts(rng, rng.poisson(mean), truth, np.broadcast_to(rho, samples))
    return Counts(a, b, truth)


def draw_depth(rng: np.random.Generator, regions: int) -> NDArray[np.float64]:
    """Mean informative fragments of each region: median 40, 5 to 95 % of regions between 8 and 210."""
    return rng.lognormal(np.log(40.0), 1.0, regions)


def draw_counts(
    rng: np.random.Generator, n: NDArray[np.int64], truth: NDArray[np.float64], rho: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw counts of both haplotypes given fragments (n, samples), log2(A/B) (n,), and rho (samples,)."""
    share = 1.0 / (1.0 + 2.0 ** -truth[:, None])
    size = (1.0 - rho) / rho
    a = rng.binomial(n, rng.beta(share * size, (1.0 - share) * size))
    return a, n - a


def binomial_p(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
    """Two-sided binomial test of an even share, counts summed over samples."""
    a, b = a.sum(axis=1), b.sum(axis=1)
    return np.minimum(1.0, 2.0 * binom.cdf(np.minimum(a, b), a + b, 0.5))


def auroc(p: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    """How often a region that is imbalanced has a lower p value than one that is not."""
    rank = rankdata(-p)
    return float((rank[true].sum() - true.sum() * (true.sum() + 1) / 2) / (true.sum() * (~true).sum()))


def roc(p: NDArray[np.float64], true: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False and true positive rate at every threshold of the p value."""
    order = np.argsort(p, kind="stable")
    last = np.append(np.diff(p[order]) > 0, True)
    rates = [np.append(0.0, np.cumsum(kind[order])[last] / kind.sum()) for kind in (~true, true)]
    return rates[0], rates[1]


def simulate_groups(
    regions: int, design: tuple[int, int], different: float, seed: int, rho: float = 0.02
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
    """Draw counts of two conditions.

    The log ratio is normal with standard deviation 0.7, the same in both conditions except in the
    portion `different` of regions, where another normal draw of standard deviation 1 is added in one.

    Returns
    -------
    a, b, first, truth
        Counts (n, samples), samples of the first condition, true log2(A/B) of the first minus the second.
    """
    rng = np.random.default_rng(seed)
    first = np.arange(sum(design)) < design[0]
    shared = rng.normal(0.0, 0.7, regions)
    truth = np.where(rng.random(regions) < different, rng.normal(0.0, 1.0, regions), 0.0)
    n = rng.poisson(draw_depth(rng, regions)[:, None] * rng.uniform(0.6, 1.4, len(first)))
    parts = [
        draw_counts(rng, n[:, group], shared + shift, np.full(int(group.sum()), rho))
        for group, shift in ((first, truth), (~first, 0.0))
    ]
    a, b = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    return a, b, first, truth


def compare_p(a: NDArray[np.int64], b: NDArray[np.int64], first: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Chi-squared test of the 2 x 2 table of condition and haplotype, fragments taken as independent."""
    table = np.stack([[counts[:, group].sum(axis=1) for counts in (a, b)] for group in (first, ~first)])
    table = table.astype(np.float64)
    expected = table.sum(axis=0) * table.sum(axis=1)[:, None] / np.maximum(table.sum(axis=(0, 1)), 1.0)
    return chi2.sf(((table - expected) ** 2 / np.maximum(expected, 1e-9)).sum(axis=(0, 1)), 1)
