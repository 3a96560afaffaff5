"""Expected numbers of read pairs per region and haplotype."""

import numpy as np
from numpy.typing import NDArray

_MAX_OVER_MEAN = 4.0


def expected_pairs(
    activity: NDArray[np.float64], shared: NDArray[np.float64], budget: float, floor: float
) -> NDArray[np.float64]:
    """Expected pairs of each region from each haplotype, summed over samples.

    The total of a region is proportional to (2^a + 2^b) 2^shared, clamped from below at `floor` and from
    above at 4 times the mean; it is split between the haplotypes by their activities, so the ratio is
    untouched by the clamp.

    Parameters
    ----------
    activity
        shape=(regions, 2), log2 activity of A and B.
    shared
        shape=(regions,), log2 regional level.
    budget
        Sum of the result.
    floor
        Smallest total of a region; at most half the mean is used.

    Returns
    -------
    NDArray
        shape=(regions, 2), float64.
    """
    mean = budget / len(shared)
    low, high = min(floor, mean / 2), _MAX_OVER_MEAN * mean
    level = np.logaddexp2(activity[:, 0], activity[:, 1]) + shared
    shift = np.array([-60.0, 60.0]) - np.median(level) + np.log2(mean)
    for _ in range(80):
        middle = shift.mean()
        enough = np.clip(2 ** (level + middle), low, high).sum() >= budget
        shift[int(enough)] = middle
    total = np.clip(2 ** (level + shift.mean()), low, high)
    share = 1 / (1 + 2 ** (activity[:, 1] - activity[:, 0]))
    return total[:, None] * np.stack([share, 1 - share], axis=1)


def overdispersed(
    rng: np.random.Generator, expected: NDArray[np.float64], squared_variation: float
) -> NDArray[np.float64]:
    """One sample's expectation: gamma factors per region, and a quarter as strong ones per haplotype."""
    if squared_variation <= 0:
        return expected
    regional = rng.gamma(1 / squared_variation, squared_variation, (len(expected), 1))
    allelic = rng.gamma(4 / squared_variation, squared_variation / 4, expected.shape)
    return expected * regional * allelic
