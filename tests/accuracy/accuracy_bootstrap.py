"""Intervals of correlations over groups of rows that are not independent, by the bootstrap."""

import numpy as np
from numpy.typing import NDArray

LEVELS = (2.5, 97.5)
VALUES = NDArray[np.float64]


def resamples(groups: int, repeats: int, seed: int) -> NDArray[np.int64]:
    """How often each group is drawn in each resample, (repeats, groups)."""
    return np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=repeats)


def bootstrap_r(x: VALUES, y: VALUES, group: NDArray[np.int64], drawn: NDArray[np.int64]) -> VALUES:
    """Pearson R of x and y in each resample.

    Parameters
    ----------
    x, y
        Values, (n,).
    group
        Group of each value, 0, 1, ..., (n,): its values are drawn together.
    drawn
        From `resamples`, (repeats, groups).

    Returns
    -------
    VALUES
        (repeats,).
    """
    # Centred first: sums of squares of large numbers would lose digits.
    x, y = x - x.mean(), y - y.mean()
    parts = (np.ones_like(x), x, y, x * x, y * y, x * y)
    sums = np.stack([np.bincount(group, part, minlength=drawn.shape[1]) for part in parts], axis=1)
    number, sx, sy, xx, yy, xy = (drawn @ sums).T
    covariance = xy - sx * sy / number
    return covariance / np.sqrt((xx - sx * sx / number) * (yy - sy * sy / number))


def interval(values: VALUES) -> list[float]:
    """95 % interval of resampled values: their percentiles."""
    return [float(value) for value in np.percentile(values, LEVELS)]
