"""What the models learn: log2 counts of each haplotype and log2(A/B), from read counts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def log_ratio(a: ArrayLike, b: ArrayLike, pseudocount: float) -> NDArray[np.float32]:
    """Log ratio log2((A + c) / (B + c)) of informative counts.

    Parameters
    ----------
    a, b
        Informative fragments of the first and second haplotype, shape (n,).
    pseudocount
        c, above 0; shrinks the ratio of thinly covered regions towards 0.

    Returns
    -------
    NDArray[np.float32]
        Shape (n,); swapping `a` and `b` flips the sign exactly.

    Raises
    ------
    ValueError
        If the pseudocount is not above 0.
    """
    _check_pseudocount(pseudocount)
    first = np.asarray(a, dtype=np.float64) + pseudocount
    second = np.asarray(b, dtype=np.float64) + pseudocount
    return (np.log2(first) - np.log2(second)).astype(np.float32)


def log_counts(a: ArrayLike, b: ArrayLike, ambiguous: ArrayLike, pseudocount: float) -> NDArray[np.float32]:
    """Activity of each haplotype: log2(1 + T * share), T = all fragments, share from the informative ones.

    Informative counts alone would confuse activity with the density of variants in the region, so
    the total is shared out by p = (A + c) / (A + B + 2c).

    Parameters
    ----------
    a, b, ambiguous
        Fragments of the first haplotype, of the second, and of either, shape (n,).
    pseudocount
        c, above 0.

    Returns
    -------
    NDArray[np.float32]
        Shape (n, 2), log2, haplotypes in config order.

    Raises
    ------
    ValueError
        If the pseudocount is not above 0.
    """
    _check_pseudocount(pseudocount)
    informative = np.stack([np.asarray(a, np.float64), np.asarray(b, np.float64)], axis=-1)
    total = informative.sum(axis=-1) + np.asarray(ambiguous, np.float64)
    smoothed = informative + pseudocount
    share = smoothed / smoothed.sum(axis=-1, keepdims=True)
    return np.log2(1.0 + total[..., None] * share).astype(np.float32)


def _check_pseudocount(pseudocount: float) -> None:
    if not pseudocount > 0:
        raise ValueError(f"pseudocount must be above 0, not {pseudocount}")
