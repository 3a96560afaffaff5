"""Targets of the models, against numbers worked out by hand."""

import numpy as np
import pytest

from deepallele.dataset.targets import log_counts, log_ratio, make_targets, ratio_weights


def test_log_ratio_by_hand_and_mirrored() -> None:
    np.testing.assert_allclose(log_ratio([7, 0, 3], [1, 0, 3], 1.0), [2.0, 0.0, 0.0])
    np.testing.assert_allclose(log_ratio([1.5], [0.0], 0.5), [2.0])
    np.testing.assert_array_equal(log_ratio([5, 9], [2, 31], 1.0), -log_ratio([2, 31], [5, 9], 1.0))


def test_log_counts_share_the_total() -> None:
    # p = (2 + 1) / (2 + 0 + 2) = 3/4; T = 2 + 26 = 28: log2(1 + 21), log2(1 + 7)
    np.testing.assert_allclose(log_counts([2], [0], [26], 1.0), [[np.log2(22), 3.0]], rtol=1e-6)
    np.testing.assert_allclose(log_counts([0], [0], [0], 1.0), [[0.0, 0.0]])
    shares = 2.0 ** log_counts([10, 3], [4, 8], [6, 0], 2.0).astype(float) - 1
    np.testing.assert_allclose(shares.sum(axis=1), [20, 11], rtol=1e-5)


@pytest.mark.parametrize("pseudocount", [0.0, -1.0, float("nan")])
def test_pseudocount_must_be_positive(pseudocount: float) -> None:
    with pytest.raises(ValueError, match="pseudocount"):
        log_ratio([1], [1], pseudocount)
    with pytest.raises(ValueError, match="pseudocount"):
        log_counts([1], [1], [1], pseudocount)


def test_published_targets_split_the_ambiguous_and_are_natural_logarithms_but_for_a_factor() -> None:
    a, b, both = np.array([10, 0, 3]), np.array([4, 0, 9]), np.array([7, 1, 0])
    natural = np.log1p(np.stack([a + both / 2, b + both / 2], axis=1))
    count = log_counts(a, b, both, 1.0, "published")
    np.testing.assert_allclose(count * np.log(2), natural, rtol=1e-6)
    ratio = log_ratio(a, b, 1.0, both, "published")
    np.testing.assert_allclose(ratio, count[:, 0] - count[:, 1], atol=1e-6)
    with pytest.raises(ValueError, match="shared, published"):
        log_ratio(a, b, 1.0, both, "other")


def test_weights_are_the_information_in_the_fragments() -> None:
    n = np.array([[1], [11], [101], [0]])
    kept = n > 0
    np.testing.assert_allclose(ratio_weights(n, kept)[:, 0], np.array([1, 11, 101, 0]) / (113 / 3), rtol=1e-6)
    # The variance of a share of n fragments, overdispersed, is that of n / (1 + (n - 1) rho) fragments.
    share, rho = np.random.default_rng(0), 0.1
    wide = ratio_weights(n, kept, rho)[:, 0]
    precision = []
    for number in (11, 101):
        p = share.beta(0.5 * (1 / rho - 1), 0.5 * (1 / rho - 1), 200_000)
        precision.append(1 / (share.binomial(number, p) / number).var())
    assert wide[2] / wide[1] == pytest.approx(precision[1] / precision[0], rel=0.03)
    assert wide[3] == 0 and wide.sum() == pytest.approx(3)
    assert not ratio_weights(n, np.zeros_like(kept)).any()


def test_targets_of_several_tasks() -> None:
    count = np.random.default_rng(1).integers(0, 30, (40, 3, 3))
    made = make_targets(["x", "y", "z"], count, 0.5, min_informative=20)
    for task in range(3):
        a, b, both = count[:, task].T
        np.testing.assert_array_equal(made.log_ratio[:, task], log_ratio(a, b, 0.5))
        np.testing.assert_array_equal(made.activity[:, task], log_counts(a, b, both, 0.5))
        np.testing.assert_array_equal(made.kept[:, task], a + b >= 20)
        assert made.weight[made.kept[:, task], task].mean() == pytest.approx(1)
