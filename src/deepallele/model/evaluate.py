"""How well predictions agree with measurements, and how well they could."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from deepallele.dataset import targets


def pearson(first: ArrayLike, second: ArrayLike) -> float | None:
    """Pearson correlation; None where it is undefined (fewer than 3 values, or a constant)."""
    x, y = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def spearman(first: ArrayLike, second: ArrayLike) -> float | None:
    """Spearman rank correlation; None where it is undefined."""
    return pearson(stats.rankdata(first), stats.rankdata(second))


def agreement(
    count: NDArray,
    log_ratio: NDArray,
    measured_count: NDArray,
    measured_ratio: NDArray,
    kept: NDArray[np.bool_],
) -> dict[str, float | int | None]:
    """Correlations of predicted and measured counts and log ratios.

    Parameters
    ----------
    count, measured_count
        (n, 2), log2.
    log_ratio, measured_ratio
        (n,), log2(A/B).
    kept
        (n,), regions whose ratio counts; the counts use all.
    """
    return {
        "n": len(kept),
        "n_ratio": int(kept.sum()),
        "ratio_pearson": pearson(log_ratio[kept], measured_ratio[kept]),
        "ratio_spearman": spearman(log_ratio[kept], measured_ratio[kept]),
        "count_a_pearson": pearson(count[:, 0], measured_count[:, 0]),
        "count_a_spearman": spearman(count[:, 0], measured_count[:, 0]),
        "count_b_pearson": pearson(count[:, 1], measured_count[:, 1]),
        "count_b_spearman": spearman(count[:, 1], measured_count[:, 1]),
    }


def ratio_ceiling(
    a: NDArray[np.integer], b: NDArray[np.integer], pseudocount: float, seed: int = 0, repeats: int = 10
) -> float | None:
    """Highest Pearson R with the measured log ratio that a perfect model could be expected to reach.

    The fragments of each region are split at random into two halves (hypergeometric draws of A and B,
    half of the fragments each); r is the correlation between the log ratios of the halves, averaged over
    `repeats`. Spearman-Brown gives the reliability of the whole, 2r / (1 + r), and its square root is
    the correlation of the measured log ratio with the true one. It knows the counting noise only:
    variation between animals or libraries would lower it.

    Parameters
    ----------
    a, b
        Informative fragments per region, (n,).
    pseudocount
        That of the log ratio.
    seed
        Of the random halves.
    repeats
        Number of random splits.

    Returns
    -------
    float | None
        None where there are too few regions, or the halves do not agree at all.
    """
    generator = np.random.default_rng(seed)
    correlations = []
    for _ in range(repeats):
        # A random bit decides where the odd fragment goes.
        half = (a + b + generator.integers(0, 2, len(a))) // 2
        first_a = generator.hypergeometric(a, b, half)
        first_b = half - first_a
        first = targets.log_ratio(first_a, first_b, pseudocount)
        second = targets.log_ratio(a - first_a, b - first_b, pseudocount)
        correlations.append(pearson(first, second))
    known = [value for value in correlations if value is not None]
    r = float(np.mean(known)) if known else 0.0
    return float(np.sqrt(2 * r / (1 + r))) if r > 0 else None


def mean_and_sd(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Mean and sample sd of the defined values; None where there are none (for the sd: fewer than two)."""
    known = [value for value in values if value is not None]
    mean = float(np.mean(known)) if known else None
    return mean, float(np.std(known, ddof=1)) if len(known) > 1 else None
