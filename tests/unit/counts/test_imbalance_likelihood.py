"""Likelihood interval of the log ratio: against a general root finder, its coverage, its ends."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, stats

from deepallele.counts.imbalance_likelihood import ratio_interval


def test_interval_equals_a_general_root_finder() -> None:
    grid = [(30, 20, 0.02), (3, 15, 0.05), (400, 100, 0.01), (7, 7, 0.3), (60, 1, 1e-6)]
    a, b, rho = (np.array(column) for column in zip(*grid, strict=True))
    low, high = ratio_interval(a, b, rho)
    for index, (k, other, r) in enumerate(grid):
        size = (1 - r) / r

        def cost(ratio: float, k: int = k, n: int = k + other, size: float = size) -> float:
            share = 1 / (1 + 2.0**-ratio)
            return -float(stats.betabinom.logpmf(k, n, share * size, (1 - share) * size))

        best = optimize.minimize_scalar(cost, bounds=(-9, 9), method="bounded", options={"xatol": 1e-9})
        limit = best.fun + stats.chi2.ppf(0.95, 1) / 2

        def above(ratio: float, cost: Callable[[float], float] = cost, limit: float = limit) -> float:
            return cost(ratio) - limit

        ends = [optimize.brentq(above, *bracket) for bracket in ((-12, best.x), (best.x, 12))]
        np.testing.assert_allclose([low[index], high[index]], ends, rtol=1e-4)


@pytest.mark.parametrize("true", [0.0, 0.5, 1.5, -3.0])
def test_interval_covers_its_portion_whatever_the_true_ratio(true: float) -> None:
    rng, rho = np.random.default_rng(1), np.array([0.02])
    n = rng.integers(10, 300, 6_000)
    share = 1 / (1 + 2.0**-true)
    a = rng.binomial(n, rng.beta(share * 49, (1 - share) * 49, len(n)))
    low, high = ratio_interval(a, n - a, np.broadcast_to(rho, n.shape))
    assert ((low <= true) & (true <= high)).mean() == pytest.approx(0.95, abs=0.015)


def test_interval_is_mirrored_and_open_where_a_haplotype_is_not_seen() -> None:
    a, b = np.array([0, 12, 10**6, 0, 40]), np.array([12, 0, 10**6, 10**6, 30])
    rho = np.array([0.02, 0.02, 1e-6, 0.01, 0.97])
    (low, high), (other_low, other_high) = ratio_interval(a, b, rho), ratio_interval(b, a, rho)
    np.testing.assert_array_equal(low, -other_high)
    np.testing.assert_array_equal(high, -other_low)
    assert np.isneginf(low).tolist() == [True, False, False, True, False]
    assert np.isposinf(high).tolist() == [False, True, False, False, False]
    assert (low < high).all()
