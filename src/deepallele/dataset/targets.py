"""What the models learn, from read counts: log2 activity of each haplotype, log2(A/B), and their weights.

All logarithms are to base 2. The published targets are natural logarithms: ln = 0.693 log2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

KINDS = ("shared", "published")


class Targets(NamedTuple):
    """Targets of n regions in t tasks (all samples together, each condition, or each sample).

    Attributes
    ----------
    task
        Names of the tasks.
    activity
        float32 (n, t, 2), log2 activity of each haplotype; NaN where it was not measured.
    log_ratio
        float32 (n, t), measured log2(A/B); NaN where it was not measured.
    counts
        int64 (n, t, 3), fragments of A, of B, ambiguous: for likelihood losses.
    kept
        bool (n, t), whether there are enough informative fragments for the ratio to count.
    weight
        float32 (n, t), weight of the ratio: the information in its fragments; mean 1 over `kept` of a task,
        0 elsewhere.
    """

    task: list[str]
    activity: NDArray[np.float32]
    log_ratio: NDArray[np.float32]
    counts: NDArray[np.int64]
    kept: NDArray[np.bool_]
    weight: NDArray[np.float32]


def make_targets(
    task: list[str],
    count: NDArray[np.integer],
    pseudocount: float,
    kind: str = "shared",
    min_informative: int = 0,
    overdispersion: float = 0.0,
) -> Targets:
    """Compute the targets from counts.

    Parameters
    ----------
    task
        Names of the t tasks.
    count
        (n, t, 3): A, B, ambiguous.
    pseudocount
        c of the log ratio, above 0; not used by "published".
    kind
        "shared": ambiguous fragments are shared out in the proportion of the informative ones, and the log
        ratio is that of the informative ones alone. "published": half of the ambiguous fragments go to
        each haplotype, activity is log2(1 + count), and the log ratio is the difference of the two.
    min_informative
        Smallest number of informative fragments with which a log ratio counts.
    overdispersion
        rho of the weights n / (1 + (n - 1) rho), n the informative fragments.

    Raises
    ------
    ValueError
        If the kind is unknown, or the pseudocount not above 0.
    """
    counts = np.asarray(count, dtype=np.int64)
    a, b, ambiguous = np.moveaxis(counts, -1, 0)
    total = a + b
    kept = total >= min_informative
    return Targets(
        task,
        log_counts(a, b, ambiguous, pseudocount, kind),
        log_ratio(a, b, pseudocount, ambiguous, kind),
        counts,
        kept,
        ratio_weights(total, kept, overdispersion),
    )


def of_activities(task: list[str], activity: list[NDArray[np.float32]]) -> Targets:
    """Targets of measured activities (log2), for each task (n, samples, 2): the mean over samples."""
    mean = np.stack([mean_activity(values) for values in activity], axis=1)
    shape, kept = mean.shape[:2], measured(mean)
    return Targets(
        task,
        mean.astype(np.float32),
        (mean[..., 0] - mean[..., 1]).astype(np.float32),
        np.zeros((*shape, 3), dtype=np.int64),
        kept,
        kept.astype(np.float32),
    )


def mean_activity(activity: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of activities (n, samples, 2) over the samples in which both haplotypes were measured, (n, 2).

    NaN where there is none.
    """
    known = measured(activity)[..., None]
    total = np.where(known, activity, 0).sum(axis=1, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / known.sum(axis=1))


def measured(activity: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Where activities of both haplotypes, (n, samples or tasks, 2), are known: (n, samples or tasks)."""
    return np.asarray(np.isfinite(activity).all(axis=2))


def log_ratio(
    a: ArrayLike, b: ArrayLike, pseudocount: float, ambiguous: ArrayLike = 0, kind: str = "shared"
) -> NDArray[np.float32]:
    """Log ratio log2((A + c) / (B + c)) of informative counts; see `make_targets` for "published".

    Parameters
    ----------
    a, b, ambiguous
        Fragments of the first haplotype, of the second, and of either, any one shape.
    pseudocount
        c, above 0; shrinks the ratio of thinly covered regions towards 0.
    kind
        As in `make_targets`.

    Returns
    -------
    NDArray[np.float32]
        Same shape; swapping `a` and `b` flips the sign exactly.

    Raises
    ------
    ValueError
        If the pseudocount is not above 0, or the kind is unknown.
    """
    if _published(kind):
        first, second = np.moveaxis(_log_halves(a, b, ambiguous), -1, 0)
        return np.asarray(first - second, dtype=np.float32)
    _check_pseudocount(pseudocount)
    first = np.log2(np.asarray(a, dtype=np.float64) + pseudocount)
    second = np.log2(np.asarray(b, dtype=np.float64) + pseudocount)
    return np.asarray(first - second, dtype=np.float32)


def log_counts(
    a: ArrayLike, b: ArrayLike, ambiguous: ArrayLike, pseudocount: float, kind: str = "shared"
) -> NDArray[np.float32]:
    """Activity of each haplotype: log2(1 + T * share), T = all fragments, share from the informative ones.

    Informative counts alone would confuse activity with the density of variants in the region, so
    the total is shared out by p = (A + c) / (A + B + 2c).

    Parameters
    ----------
    a, b, ambiguous
        Fragments of the first haplotype, of the second, and of either, any one shape.
    pseudocount
        c, above 0.
    kind
        As in `make_targets`.

    Returns
    -------
    NDArray[np.float32]
        Shape (..., 2), log2, haplotypes in config order.

    Raises
    ------
    ValueError
        If the pseudocount is not above 0, or the kind is unknown.
    """
    if _published(kind):
        return _log_halves(a, b, ambiguous).astype(np.float32)
    _check_pseudocount(pseudocount)
    informative = np.stack([np.asarray(a, np.float64), np.asarray(b, np.float64)], axis=-1)
    total = informative.sum(axis=-1) + np.asarray(ambiguous, np.float64)
    smoothed = informative + pseudocount
    share = smoothed / smoothed.sum(axis=-1, keepdims=True)
    return np.log2(1.0 + total[..., None] * share).astype(np.float32)


def ratio_weights(
    informative: NDArray[np.integer], kept: NDArray[np.bool_], overdispersion: float = 0.0
) -> NDArray[np.float32]:
    """Weights of log ratios: n / (1 + (n - 1) rho), the information in n fragments of beta-binomial shares.

    Parameters
    ----------
    informative
        n, shape (regions, tasks).
    kept
        Which of them count, same shape.
    overdispersion
        rho, from 0 (all noise is that of counting) to below 1.

    Returns
    -------
    NDArray[np.float32]
        Same shape; mean 1 over the kept ones of each task, 0 elsewhere.
    """
    number = informative.astype(np.float64)
    weight = np.where(kept, number / (1 + np.maximum(number - 1, 0) * overdispersion), 0.0)
    mean = weight.sum(axis=0) / np.maximum(kept.sum(axis=0), 1)
    return (weight / np.where(mean > 0, mean, 1.0)).astype(np.float32)


def _log_halves(a: ArrayLike, b: ArrayLike, ambiguous: ArrayLike) -> NDArray[np.float64]:
    half = np.asarray(ambiguous, np.float64) / 2
    both = [np.asarray(a, np.float64) + half, np.asarray(b, np.float64) + half]
    return np.asarray(np.log2(1.0 + np.stack(both, axis=-1)))


def _published(kind: str) -> bool:
    if kind not in KINDS:
        raise ValueError(f"targets must be one of {', '.join(KINDS)}, not {kind!r}")
    return kind == "published"


def _check_pseudocount(pseudocount: float) -> None:
    if not pseudocount > 0:
        raise ValueError(f"pseudocount must be above 0, not {pseudocount}")
