"""Test of allelic imbalance: against scipy, and calibrated where counts are overdispersed."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepallele.counts.imbalance import estimate_rho, find_imbalance, imbalance_table, p_values


def simulate(rho: float, n: int, seed: int, mean: float | np.ndarray = 0.5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    total = rng.integers(30, 400, n)
    size = (1 - rho) / max(rho, 1e-9)
    share = rng.beta(mean * size, (1 - mean) * size, n)
    a = rng.binomial(total, share)
    return a, total - a


@pytest.mark.parametrize("rho", [1e-6, 0.02, 0.5])
def test_p_values_equal_scipys_beta_binomial(rho: float) -> None:
    total = np.array([1, 2, 7, 7, 50, 50, 333])
    smaller = np.array([0, 1, 0, 3, 10, 25, 120])
    shape = (1 - rho) / (2 * rho)
    expected = np.minimum(2 * stats.betabinom.cdf(smaller, total, shape, shape), 1)
    np.testing.assert_allclose(p_values(smaller, total, rho), expected, rtol=1e-6)


def test_without_overdispersion_it_is_the_binomial_test() -> None:
    a, b = simulate(0.0, 300, 1)
    assert estimate_rho(a, b)[0] < 5e-4
    expected = [stats.binomtest(int(x), int(x + y)).pvalue for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(p_values(np.minimum(a, b), a + b, 1e-6), expected, rtol=2e-3)


@pytest.mark.parametrize("rho", [0.005, 0.02, 0.1])
def test_overdispersion_is_found(rho: float) -> None:
    found, imbalanced = estimate_rho(*simulate(rho, 4_000, 2))
    assert found == pytest.approx(rho, rel=0.1)
    assert imbalanced < 0.02


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_null_is_calibrated_where_the_binomial_test_is_not(seed: int) -> None:
    a, b = simulate(0.02, 5_000, seed)
    result = find_imbalance(a, b, 10)
    assert 0.03 < (result.p_value < 0.05).mean() < 0.07
    assert (result.fdr < 0.05).mean() < 0.001
    assert (p_values(np.minimum(a, b), a + b, 1e-6) < 0.05).mean() > 0.08


def test_power_and_false_discoveries() -> None:
    anywhere = np.random.default_rng(9).uniform(0.02, 0.98, 400)
    null, shifted = simulate(0.01, 1_600, 6), simulate(0.01, 400, 7, mean=anywhere)
    a, b = (np.concatenate(pair) for pair in zip(null, shifted, strict=True))
    result = find_imbalance(a, b, 10)
    assert result.rho == pytest.approx(0.01, rel=0.2)
    assert result.imbalanced == pytest.approx(0.2, abs=0.04)
    found = result.fdr < 0.1
    assert found[1_600:].mean() > 0.6
    assert found[:1_600].sum() < 0.1 * found.sum()


def test_swapped_haplotypes_give_the_same_test() -> None:
    a, b = simulate(0.05, 200, 8)
    one, other = find_imbalance(a, b, 10), find_imbalance(b, a, 10)
    np.testing.assert_array_equal(one.p_value, other.p_value)
    assert one.rho == other.rho
    assert one.share_a == pytest.approx(1 - other.share_a)


def test_thin_regions_are_not_tested_and_nothing_to_test_is_no_error() -> None:
    result = find_imbalance(np.array([0, 5, 40]), np.array([0, 4, 10]), 10)
    assert result.tested.tolist() == [False, False, True]
    assert np.isnan(result.p_value).tolist() == [True, True, False]
    empty = find_imbalance(np.array([0, 0]), np.array([0, 0]), 0)
    assert np.isnan(empty.fdr).all()
    assert empty.rho is None


def test_table_sums_over_samples() -> None:
    counts = pd.DataFrame(
        {
            "region": ["r2", "r1", "r2", "r1"],
            "chrom": "1",
            "start": [9, 0, 9, 0],
            "end": [12, 3, 12, 3],
            "sample": ["x", "x", "y", "y"],
            "count_a": [30, 0, 33, 1],
            "count_b": [3, 0, 4, 0],
            "count_ambiguous": [1, 2, 3, 4],
        }
    )
    table, summary = imbalance_table(counts, 1.0, 10)
    assert table["region"].tolist() == ["r2", "r1"]
    assert table[["count_a", "count_b", "count_ambiguous"]].to_numpy().tolist() == [[63, 7, 4], [1, 0, 6]]
    np.testing.assert_allclose(table["log_ratio"], [3.0, 1.0])
    assert table["p_value"].isna().tolist() == [False, True]
    assert (summary["regions"], summary["tested"], summary["share_a"]) == (2, 1, 0.9)
    assert imbalance_table(counts, 1.0, 1000)[1]["overdispersion"] is None
