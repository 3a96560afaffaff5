"""Ceilings against the correlation with a simulated truth."""

import numpy as np
import pytest

from deepallele.dataset.ceiling import best_r, ceiling_table, ceilings, ratio_ceiling, replicate_r


@pytest.mark.parametrize(("depth", "sd"), [(20, 1.0), (100, 1.0), (100, 0.3)])
def test_ceiling_is_the_correlation_with_the_truth(depth, sd):
    rng = np.random.default_rng(depth)
    truth = rng.normal(0, sd, 20000)
    n = rng.poisson(depth, len(truth)) + 5
    a = rng.binomial(n, 1 / (1 + 2**-truth))
    measured = np.log2((a + 1) / (n - a + 1))
    expected = np.corrcoef(truth, measured)[0, 1]
    assert ratio_ceiling(a, n - a, 1.0) == pytest.approx(expected, abs=0.015)


def test_ceiling_of_pure_noise_is_near_zero_and_of_nothing_none():
    rng = np.random.default_rng(5)
    a = rng.binomial(50, 0.5, 5000)
    assert (ratio_ceiling(a, 50 - a, 1.0) or 0) < 0.25
    assert ratio_ceiling(np.array([], dtype=np.int64), np.array([], dtype=np.int64), 1.0) is None


def test_ceiling_is_repeatable():
    a, b = np.array([5, 90, 30, 7]), np.array([50, 9, 20, 70])
    assert ratio_ceiling(a, b, 1.0) == ratio_ceiling(a, b, 1.0)


def simulated(n, samples, depth, between, seed=0):
    """Counts (n, samples, 3) whose log2 ratio is the truth, sd 1, plus each sample's own deviation."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, n)
    ratio = truth[:, None] + rng.normal(0, between, (n, samples))
    total = rng.poisson(depth, (n, samples))
    a = rng.binomial(total, 1 / (1 + 2**-ratio))
    return truth, np.stack([a, total - a, rng.poisson(depth, (n, samples))], axis=2)


@pytest.mark.parametrize(("samples", "between"), [(2, 0.0), (2, 0.7), (4, 0.7)])
def test_replicates_show_what_differs_between_samples(samples, between):
    truth, count = simulated(20000, samples, 60, between)
    a, b = count[:, :, :2].sum(axis=1).T
    expected = np.corrcoef(truth, np.log2((a + 1) / (b + 1)))[0, 1]
    found = ceilings(count, 1.0)
    assert found["replicate_ceiling"] == pytest.approx(expected, abs=0.015)
    if between:
        assert found["split_half_ceiling"] > expected + 0.01
    else:
        assert found["split_half_ceiling"] == pytest.approx(expected, abs=0.015)


def test_spearman_brown_by_hand():
    assert best_r(0.5, 2) == pytest.approx((2 / 3) ** 0.5)
    assert best_r(0.5, 1) == pytest.approx(0.5**0.5)
    assert best_r(0.25, 3) == pytest.approx(0.5**0.5)
    assert best_r(0.0, 2) is None and best_r(None, 2) is None


def test_published_targets_have_the_ceiling_of_their_own_noise():
    """Half of the ambiguous fragments pull the ratio towards 0 and change its noise."""
    truth, count = simulated(20000, 1, 100, 0.0)
    a, b, both = count[:, 0].T
    measured = np.log2(1 + a + both / 2) - np.log2(1 + b + both / 2)
    expected = np.corrcoef(truth, measured)[0, 1]
    assert ceilings(count, 1.0, "published")["split_half_ceiling"] == pytest.approx(expected, abs=0.02)


def test_one_sample_has_no_replicate():
    _, count = simulated(100, 1, 30, 0.0)
    assert replicate_r(count, 1.0) is None


def test_the_table_has_a_row_per_task_with_its_own_regions():
    _, count = simulated(500, 4, 10, 0.5)
    count[:100, 3] = 0
    table = ceiling_table(count, ["a", "b", "c", "d"], ["x", "x", "y", ""], 5, 1.0)
    assert table["task"].tolist() == ["all", "x", "y", "a", "b", "c", "d"]
    assert table["samples"].tolist() == [4, 2, 1, 1, 1, 1, 1]
    assert table["regions"].iloc[0] == 500 and table["regions"].iloc[6] <= 400
    assert table["replicate_r"].notna().tolist() == [True, True, False, False, False, False, False]
    np.testing.assert_allclose(
        table["replicate_r"][1], replicate_r(count[count[:, :2, :2].sum((1, 2)) >= 5][:, :2], 1.0)
    )
    alone = ceiling_table(count[:, :1], ["a"], [""], 0, 1.0)
    assert alone["task"].tolist() == ["all"]
