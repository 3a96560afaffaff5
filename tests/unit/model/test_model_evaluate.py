import numpy as np
import pytest

from deepallele.model.evaluate import mean_and_sd, pearson, ratio_ceiling, spearman


def test_undefined_correlations_are_none():
    assert pearson([1, 1, 1], [1, 2, 3]) is None
    assert pearson([1, 2], [2, 1]) is None
    assert spearman([], []) is None


def test_spearman_sees_order_only():
    x = np.arange(1.0, 9.0)
    assert spearman(x, np.exp(x)) == pytest.approx(1)
    assert pearson(x, np.exp(x)) < 0.8


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


def test_mean_and_sd_skip_what_is_undefined():
    assert mean_and_sd([1.0, None, 3.0]) == (2.0, pytest.approx(2**0.5))
    assert mean_and_sd([None]) == (None, None)
    assert mean_and_sd([0.5]) == (0.5, None)
