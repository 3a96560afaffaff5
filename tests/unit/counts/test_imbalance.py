"""Test of allelic imbalance: against scipy, and calibrated where counts are overdispersed."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from deepallele.counts import imbalance_replicates as replicates
from deepallele.counts import imbalance_tails as module
from deepallele.counts.imbalance import find_imbalance, imbalance_table
from deepallele.counts.imbalance_mixture import rho_from_regions
from deepallele.counts.imbalance_replicates import rho_from_replicates, rho_of_samples, rho_of_sum
from deepallele.counts.imbalance_tails import p_values
from deepallele.errors import InputError

BINOMIAL = 1e-6


def simulate(
    rho: float,
    n: int,
    seed: int,
    mean: float | np.ndarray = 0.5,
    samples: int = 2,
    reads: tuple[int, int] = (15, 200),
) -> tuple[np.ndarray, np.ndarray]:
    """Counts (n, samples); every sample of a region draws its own share around the region's mean."""
    rng = np.random.default_rng(seed)
    total = rng.integers(*reads, (n, samples))
    size = (1 - rho) / max(rho, 1e-9)
    mean = np.broadcast_to(np.asarray(mean, dtype=float).reshape(-1, 1), total.shape)
    a = rng.binomial(total, rng.beta(mean * size, (1 - mean) * size))
    return a, total - a


def smaller_and_total(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = a.sum(axis=1), b.sum(axis=1)
    return np.minimum(a, b), a + b


def anywhere(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.02, 0.98, n)


def long_table(a: np.ndarray, b: np.ndarray) -> pd.DataFrame:
    rows = [
        (f"r{i}", "1", 9 * i, 9 * i + 9, f"s{s}", a[i, s], b[i, s], 1)
        for s in range(a.shape[1])
        for i in range(len(a))
    ]
    names = ["region", "chrom", "start", "end", "sample", "count_a", "count_b", "count_ambiguous"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize("cells", [1, 300, 1 << 20])
def test_p_values_equal_scipys_beta_binomial(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CELLS", cells)
    pairs = [(0, 1), (1, 2), (0, 7), (3, 7), (10, 50), (25, 50), (120, 333), (0, 900), (0, 1)]
    grid = [(*pair, rho) for pair in pairs for rho in (1e-6, 0.003, 0.02, 1 / 3, 0.5)]
    smaller, total, rho = (np.array(column) for column in zip(*grid, strict=True))
    shape = (1 - rho) / (2 * rho)
    expected = [
        2 * stats.betabinom.cdf(smallest, n, s, s) - stats.betabinom.pmf(smallest, n, s, s)
        for smallest, n, s in zip(smaller, total, shape, strict=True)
    ]
    np.testing.assert_allclose(p_values(smaller, total, rho), expected, rtol=1e-6)


def test_without_overdispersion_it_is_the_binomial_test() -> None:
    smaller, total = smaller_and_total(*simulate(0.0, 300, 1))
    exact = [stats.binomtest(int(k), int(n)).pvalue for k, n in zip(smaller, total, strict=True)]
    expected = np.where(smaller < total / 2, exact - stats.binom.pmf(smaller, total, 0.5), 1.0)
    np.testing.assert_allclose(p_values(smaller, total, np.full(300, BINOMIAL)), expected, rtol=2e-3)


@pytest.mark.parametrize("reads", [(0, 25), (15, 200)])
@pytest.mark.parametrize("rho", [0.005, 0.02, 0.1])
def test_replicates_give_the_overdispersion_whatever_the_shares(rho: float, reads: tuple[int, int]) -> None:
    found = [
        rho_from_replicates(*simulate(rho, 4_000, seed, anywhere(4_000, seed), samples, reads))
        for seed, samples in itertools.product(range(10), (2, 3))
    ]
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(rho, abs=max(3 * error, 0.01 * rho))
    assert error < max(0.05 * rho, 0.001)


def test_replicates_that_vary_no_more_than_a_binomial() -> None:
    assert rho_from_replicates(*simulate(0.0, 4_000, 1, anywhere(4_000, 1))) < 5e-4
    alike = np.array([[20, 20], [30, 30]])
    assert rho_from_replicates(alike, 3 * alike) == pytest.approx(BINOMIAL)


def test_replicates_that_tell_nothing() -> None:
    assert rho_from_replicates(np.array([[5], [9]]), np.array([[50], [3]])) is None
    one_sample_empty, one_haplotype_empty, single_fragments = [9, 0], [7, 8], [1, 0]
    a = np.array([one_sample_empty, one_haplotype_empty, single_fragments])
    assert rho_from_replicates(a, np.array([[5, 0], [0, 0], [0, 1]])) is None


def test_a_sample_without_fragments_counts_for_nothing() -> None:
    a, b = simulate(0.05, 300, 1, anywhere(300, 1))
    with_empty = [np.pad(counts, ((0, 0), (0, 1))) for counts in (a, b)]
    assert rho_from_replicates(*with_empty) == pytest.approx(rho_from_replicates(a, b), rel=1e-12)


def test_overdispersion_of_the_sum_is_that_of_simulated_sums() -> None:
    n = np.array([[30, 90, 60]])
    rho = rho_of_sum(n, 0.05)[0]
    share = np.random.default_rng(3).beta(9.5, 9.5, (400_000, 3))
    variance = np.random.default_rng(4).binomial(n, share).sum(axis=1).var()
    assert variance == pytest.approx(180 / 4 * (1 + rho * 179), rel=0.01)
    np.testing.assert_allclose(rho_of_sum(np.array([[40], [2]]), 0.05), 0.05)
    np.testing.assert_allclose(rho_of_sum(np.array([[1, 1], [1, 0]]), 0.05), BINOMIAL)


@pytest.mark.parametrize("rho", [0.005, 0.02, 0.1])
def test_regions_give_the_overdispersion_where_few_are_imbalanced(rho: float) -> None:
    a, b = simulate(rho, 4_000, 2, samples=1, reads=(30, 400))
    found, imbalanced = rho_from_regions(a[:, 0], b[:, 0])
    assert found == pytest.approx(rho, rel=0.1)
    assert imbalanced < 0.02


@pytest.mark.parametrize("samples", [1, 2, 4])
@pytest.mark.parametrize("seed", [3, 4, 5])
def test_null_is_calibrated_where_the_binomial_test_is_not(seed: int, samples: int) -> None:
    a, b = simulate(0.02, 5_000, seed, samples=samples)
    result = find_imbalance(a, b, 10)
    assert result.overdispersion.found == ("regions" if samples == 1 else "replicates")
    assert 0.03 < (result.p_value < 0.05).mean() < 0.07
    assert (result.fdr < 0.05).mean() < 0.001
    assert (p_values(*smaller_and_total(a, b), np.full(5_000, BINOMIAL)) < 0.05).mean() > 0.08


def test_imbalance_is_found_where_most_regions_are_imbalanced() -> None:
    rng = np.random.default_rng(6)
    true = np.where(rng.random(3_000) < 0.6, rng.normal(0, 1.2, 3_000), 0.0)
    a, b = simulate(0.01, 3_000, 7, 1 / (1 + 2.0**-true))
    result = find_imbalance(a, b, 10)
    found = result.fdr < 0.05
    assert result.overdispersion.common == pytest.approx(0.01, rel=0.1)
    strong = (np.abs(true) > 1) & ((a + b).sum(axis=1) >= 100)
    assert strong.sum() > 300
    assert found[strong].mean() > 0.8
    assert found[true == 0].sum() < 0.05 * found.sum()


def test_one_sample_falls_back_on_the_regions() -> None:
    null = simulate(0.01, 1_600, 6, 0.5, 1, (30, 400))
    shifted = simulate(0.01, 400, 7, anywhere(400, 9), 1, (30, 400))
    a, b = (np.concatenate(pair) for pair in zip(null, shifted, strict=True))
    result = find_imbalance(a, b, 10)
    assert result.overdispersion.found == "regions"
    assert result.overdispersion.common == pytest.approx(0.01, rel=0.2)
    assert result.overdispersion.imbalanced == pytest.approx(0.2, abs=0.04)
    found = result.fdr < 0.1
    assert found[1_600:].mean() > 0.6
    assert found[:1_600].sum() < 0.1 * found.sum()
    with_empty = find_imbalance(*(np.pad(counts, ((0, 0), (1, 0))) for counts in (a, b)), 10)
    np.testing.assert_array_equal(with_empty.p_value, result.p_value)
    assert with_empty.overdispersion.found == "regions"


def test_replicates_of_a_single_haplotype_fall_back_on_the_regions() -> None:
    a = np.array([[20, 10], [8, 9], [30, 40]])
    result = find_imbalance(a, 0 * a, 10)
    assert result.overdispersion.found == "regions"
    summed = find_imbalance(a.sum(axis=1, keepdims=True), np.zeros((3, 1), int), 10)
    np.testing.assert_array_equal(result.p_value, summed.p_value)


@pytest.mark.parametrize("samples", [1, 3])
def test_swapped_haplotypes_give_the_same_test(samples: int) -> None:
    a, b = simulate(0.05, 200, 8, anywhere(200, 8), samples)
    one, other = find_imbalance(a, b, 10), find_imbalance(b, a, 10)
    np.testing.assert_array_equal(one.p_value, other.p_value)
    np.testing.assert_array_equal(one.fdr, other.fdr)
    np.testing.assert_array_equal(one.effect.mean, -other.effect.mean)
    np.testing.assert_array_equal(one.effect.low, -other.effect.high)
    np.testing.assert_array_equal(one.effect.high, -other.effect.low)
    np.testing.assert_array_equal(one.low, -other.high)
    np.testing.assert_array_equal(one.high, -other.low)
    assert one.overdispersion.common == other.overdispersion.common
    assert one.share_a == pytest.approx(1 - other.share_a)


def test_order_of_samples_does_not_matter() -> None:
    a, b = simulate(0.05, 200, 8, anywhere(200, 8), 3)
    one = find_imbalance(a, b, 10)
    for order in itertools.permutations(range(3)):
        other = find_imbalance(a[:, order], b[:, order], 10)
        np.testing.assert_array_equal(one.p_value, other.p_value)
        assert one.overdispersion.common == other.overdispersion.common


def test_true_differences_between_conditions_are_no_overdispersion() -> None:
    a, b = simulate(0.01, 3_000, 11, samples=4)
    shifted = simulate(0.01, 3_000, 12, anywhere(3_000, 11), samples=2)
    a, b = (np.concatenate([one[:, :2], other], axis=1) for one, other in zip((a, b), shifted, strict=True))
    groups = [np.array([0, 1]), np.array([2, 3])]
    told, untold = find_imbalance(a, b, 10, groups), find_imbalance(a, b, 10)
    assert told.overdispersion.common == pytest.approx(0.01, rel=0.1)
    assert untold.overdispersion.common > 0.05
    alone = find_imbalance(a[:, [0, 2]], b[:, [0, 2]], 10, [np.array([0]), np.array([1])])
    assert alone.overdispersion.found == "conditions"
    assert alone.overdispersion.common > 0.05


def test_groups_name_every_sample() -> None:
    counts = long_table(*simulate(0.02, 30, 5))
    told = imbalance_table(counts, 1.0, 10, {"s0": "x", "s1": "x"})
    assert told[1] == imbalance_table(counts, 1.0, 10)[1]
    with pytest.raises(InputError, match="sample 's1' is in none"):
        imbalance_table(counts, 1.0, 10, {"s0": "x"})


def test_noisier_sample_is_told_and_equal_ones_keep_the_common_value() -> None:
    parts = [simulate(rho, 6_000, seed, 0.5, 1) for seed, rho in enumerate((0.01, 0.01, 0.08))]
    a, b = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    found = rho_of_samples(a, b, rho_from_replicates(a, b))
    np.testing.assert_allclose(found, [0.01, 0.01, 0.08], rtol=0.2)
    a, b = simulate(0.02, 300, 4, anywhere(300, 4), 4)
    common = rho_from_replicates(a, b)
    np.testing.assert_allclose(rho_of_samples(a, b, common), common, rtol=0.25)
    np.testing.assert_array_equal(rho_of_samples(a[:, :2], b[:, :2], 0.03), 0.03)


def test_samples_that_are_hardly_seen_are_drawn_to_the_common_value() -> None:
    errors = {}
    for seed in range(12):
        a, b = simulate(0.02, 60, seed, anywhere(60, seed), 4, (10, 40))
        common = rho_from_replicates(a, b)
        solved = replicates._solve_samples(a, a + b, common)
        errors[seed] = np.abs(solved[0] - 0.02).mean(), np.abs(rho_of_samples(a, b, common) - 0.02).mean()
    raw, shrunken = np.mean(list(errors.values()), axis=0)
    assert shrunken < 0.8 * raw


def test_a_sample_without_fragments_has_the_common_value() -> None:
    parts = [simulate(rho, 2_000, seed, 0.5, 1) for seed, rho in enumerate((0.01, 0.01, 0.08))]
    a, b = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    padded = [np.pad(counts, ((0, 0), (1, 0))) for counts in (a, b)]
    np.testing.assert_allclose(rho_of_samples(*padded, 0.03), [0.03, *rho_of_samples(a, b, 0.03)])


def test_extreme_counts_have_finite_p_values_above_zero() -> None:
    million = 10**6
    a = np.array([[0, 0], [million, million], [million, 0], [million, million - 1], [1, 0], [million, 900]])
    b = np.array([[million, million], [million, million], [0, million], [1, 0], [million, 9], [million, 800]])
    with np.errstate(all="raise", under="ignore"):
        result = find_imbalance(a, b, 10)
    for values in (result.p_value, result.fdr):
        assert ((values > 0) & (values <= 1)).all()
    assert result.p_value[1] == pytest.approx(1.0, abs=1e-6)
    assert np.isfinite([result.effect.mean, result.effect.low, result.effect.high]).all()
    least = p_values(np.array([0, million // 2]), np.array([million, million]), np.full(2, BINOMIAL))
    np.testing.assert_allclose(least, [np.finfo(float).tiny, 1.0], atol=0, rtol=1e-6)


def test_deep_tail_equals_the_normal_one() -> None:
    # The standard deviation is 500 for a binomial million; rho doubles the variance.
    total, rho = 10**6, 1e-6
    deviation = np.sqrt(total / 4 * (1 + rho * (total - 1)))
    smaller = (total / 2 - np.array([1.0, 3.0, 4.5]) * deviation).astype(int)
    found = p_values(smaller, np.full(3, total), np.full(3, rho))
    np.testing.assert_allclose(found, 2 * stats.norm.sf((total / 2 - smaller) / deviation), rtol=1e-3)


def test_thin_regions_are_not_tested_and_nothing_to_test_is_no_error() -> None:
    result = find_imbalance(np.array([[0, 0], [5, 0], [20, 20]]), np.array([[0, 0], [4, 0], [5, 5]]), 10)
    assert result.tested.tolist() == [False, False, True]
    assert np.isnan(result.p_value).tolist() == [True, True, False]
    empty = find_imbalance(np.zeros((2, 2), int), np.zeros((2, 2), int), 0)
    assert np.isnan(empty.fdr).all()
    assert (empty.overdispersion, empty.prior, empty.share_a) == (None, None, None)


def test_table_sums_over_samples() -> None:
    counts = long_table(np.array([[30, 33], [0, 1]]), np.array([[3, 4], [0, 0]]))
    counts["region"] = counts["region"].map({"r0": "r2", "r1": "r1"})
    table, summary = imbalance_table(counts, 1.0, 10)
    assert table["region"].tolist() == ["r2", "r1"]
    assert table[["count_a", "count_b", "count_ambiguous"]].to_numpy().tolist() == [[63, 7, 2], [1, 0, 2]]
    np.testing.assert_allclose(table["log_ratio"], [3.0, 1.0])
    assert table["shrunken_log_ratio"].isna().tolist() == [False, True]
    low, mean, high = table.loc[0, ["shrunken_low", "shrunken_log_ratio", "shrunken_high"]]
    assert low < mean < high
    assert table.loc[0, "log_ratio_low"] < np.log2(9.0) < table.loc[0, "log_ratio_high"]
    assert table["p_value"].isna().tolist() == [False, True]
    assert (summary["regions"], summary["tested"], summary["share_a"]) == (2, 1, 0.9)
    assert imbalance_table(counts, 1.0, 1000)[1]["overdispersion"] is None


def test_region_without_informative_fragments_has_no_log_ratio() -> None:
    table, _ = imbalance_table(long_table(np.array([[9, 9], [0, 0]]), np.array([[9, 8], [0, 0]])), 1.0, 10)
    assert table.loc[1, "count_ambiguous"] == 2
    assert table.drop(columns=["region", "chrom"]).loc[1].isna().sum() == 8
    assert table.loc[0].notna().all()


def test_summary_says_where_the_overdispersion_is_from() -> None:
    counts = long_table(*simulate(0.02, 300, 5))
    assert imbalance_table(counts, 1.0, 10)[1]["overdispersion_from"] == "replicates"
    one = imbalance_table(counts[counts["sample"] == "s1"], 1.0, 10)[1]
    assert (one["samples"], one["overdispersion_from"]) == (1, "regions")
    assert one["imbalanced_portion"] < 0.5
    assert list(one["overdispersion_of_samples"]) == ["s1"]
    assert sum(one["effect_prior"]["weight"]) == pytest.approx(1.0)


def test_region_missing_in_a_sample_is_an_error() -> None:
    counts = long_table(*simulate(0.02, 3, 5))
    with pytest.raises(InputError, match="region r1 has 0 rows for sample s1"):
        imbalance_table(counts.drop(index=4), 1.0, 10)
