import math

import numpy as np
import pandas as pd
import pytest

from deepallele.report.blocks import number, percent, probability, word


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1234567, "1,234,567"),
        (np.int64(12), "12"),
        (0.12345, "0.123"),
        (-0.0001, "0.000"),
        (-0.12, "-0.120"),
        (np.float32(2.5), "2.500"),
        (None, "NA"),
        (math.nan, "NA"),
        (math.inf, "NA"),
    ],
)
def test_numbers(value, expected):
    assert number(value) == expected


def test_small_probabilities_have_an_exponent():
    assert probability(3.2e-9) == "3.2e-09"
    assert probability(0.02) == "0.020"
    assert probability(0.0) == "0.000"
    assert probability(math.nan) == "NA"


def test_shares():
    assert percent(0.1234) == "12.3 %"
    assert percent(None) == "NA"


@pytest.mark.parametrize("missing", [None, math.nan, pd.NA])
def test_missing_names(missing):
    assert word(missing) == "NA"


def test_names_stay():
    assert word("CTCF") == "CTCF"
