import numpy as np
import pytest

from deepallele.dataset.ceiling import pearson
from deepallele.model.evaluate import mean_and_sd, spearman


def test_undefined_correlations_are_none():
    assert pearson([1, 1, 1], [1, 2, 3]) is None
    assert pearson([1, 2], [2, 1]) is None
    assert spearman([], []) is None


def test_spearman_sees_order_only():
    x = np.arange(1.0, 9.0)
    assert spearman(x, np.exp(x)) == pytest.approx(1)
    assert pearson(x, np.exp(x)) < 0.8


def test_mean_and_sd_skip_what_is_undefined():
    assert mean_and_sd([1.0, None, 3.0]) == (2.0, pytest.approx(2**0.5))
    assert mean_and_sd([None]) == (None, None)
    assert mean_and_sd([0.5]) == (0.5, None)
