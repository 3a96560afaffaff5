"""How well predictions agree with measurements."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from deepallele.dataset.ceiling import pearson


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


def mean_and_sd(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    """Mean and sample sd of the defined values; None where there are none (for the sd: fewer than two)."""
    known = [value for value in values if value is not None]
    mean = float(np.mean(known)) if known else None
    return mean, float(np.std(known, ddof=1)) if len(known) > 1 else None
