"""Targets of the models, against numbers worked out by hand."""

import numpy as np
import pytest

from deepallele.dataset.targets import log_counts, log_ratio


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
