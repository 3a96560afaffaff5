"""Comparison of two conditions: symmetry, extremes, and the step's tables and errors."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepallele.counts.imbalance_differential import difference_table, find_difference
from deepallele.errors import InputError
from deepallele.files import read_table, write_table

STEP = Path(__file__).resolve().parents[3] / "src" / "differential_imbalance.py"
FIRST = np.array([True, True, False, False])


def made(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    total = rng.integers(10, 200, (n, 4))
    a = rng.binomial(total, rng.beta(20, 20, (n, 4)))
    return a, total - a


def long_table(a: np.ndarray, b: np.ndarray) -> pd.DataFrame:
    rows = [
        (f"r{i}", "1", 9 * i, 9 * i + 9, f"s{s}", a[i, s], b[i, s], 1)
        for s in range(a.shape[1])
        for i in range(len(a))
    ]
    names = ["region", "chrom", "start", "end", "sample", "count_a", "count_b", "count_ambiguous"]
    return pd.DataFrame(rows, columns=names)


def test_swapped_haplotypes_mirror_the_result_bit_for_bit() -> None:
    a, b = made(300, 1)
    a[0], b[0] = [30, 20, 10, 10], [10, 10, 30, 20]
    one, other = find_difference(a, b, FIRST, 10), find_difference(b, a, FIRST, 10)
    np.testing.assert_array_equal(one.p_value, other.p_value)
    np.testing.assert_array_equal(one.fdr, other.fdr)
    np.testing.assert_array_equal(one.effect, -other.effect)
    np.testing.assert_array_equal(one.low, -other.high)


def test_swapped_conditions_flip_the_effect() -> None:
    a, b = made(300, 2)
    one, other = find_difference(a, b, FIRST, 10), find_difference(a, b, ~FIRST, 10)
    np.testing.assert_allclose(one.p_value, other.p_value, rtol=1e-6)
    np.testing.assert_array_equal(one.effect, -other.effect)


def test_extreme_counts_have_finite_p_values_above_zero() -> None:
    million = 10**6
    a = np.array([[million, million, 0, 0], [million] * 4, [5, 5, 0, 0], [million, million, 20, 20]])
    b = np.array([[0, 0, million, million], [million] * 4, [9, 5, 20, 20], [million, million, 1, 2]])
    result = find_difference(a, b, FIRST, 10)
    for values in (result.p_value, result.fdr):
        assert ((values > 0) & (values <= 1)).all()
    assert result.p_value[1] == pytest.approx(1.0, abs=1e-3)
    assert np.isfinite([result.effect, result.low, result.high]).all()


def test_regions_thin_in_either_condition_are_not_tested() -> None:
    a, b = made(50, 3)
    a[0, :2] = b[0, :2] = 2
    a[1, 2:] = b[1, 2:] = 0
    result = find_difference(a, b, FIRST, 10)
    assert result.tested[:3].tolist() == [False, False, True]
    assert np.isnan(result.p_value).tolist()[:3] == [True, True, False]
    empty = find_difference(0 * a, 0 * b, FIRST, 10)
    assert np.isnan(empty.fdr).all() and empty.overdispersion is None


def test_overdispersion_is_from_within_conditions() -> None:
    a, b = made(2_000, 4)
    shifted = np.concatenate([a[:, :2], b[:, 2:] + 200], axis=1)
    result = find_difference(shifted, np.concatenate([b[:, :2], a[:, 2:]], axis=1), FIRST, 10)
    assert result.overdispersion.found == "replicates"
    assert (result.fdr < 0.05).mean() > 0.9


def test_step_writes_table_and_summary_and_leaves_other_samples_out(tmp_path: Path) -> None:
    a, b = made(40, 5)
    write_table(long_table(a, b), tmp_path / "counts.tsv.gz")
    command = ["--counts", tmp_path / "counts.tsv.gz", "--first=-/- t", "--first-samples", "s2", "s3"]
    command += ["--second", "control", "--second-samples", "s0"]
    command += ["--out", tmp_path / "out.tsv", "--summary", tmp_path / "out.json"]
    subprocess.run([sys.executable, STEP, *command], check=True, capture_output=True)
    table = read_table(tmp_path / "out.tsv")
    np.testing.assert_array_equal(table["count_a_1"], a[:, 2] + a[:, 3])
    np.testing.assert_array_equal(table["count_b_2"], b[:, 0])
    groups = {"-/- t": ["s2", "s3"], "control": ["s0"]}
    expected, summary = difference_table(long_table(a, b), groups, 1.0, 10)
    assert list(table.columns) == list(expected.columns)
    np.testing.assert_allclose(table["p_value"], expected["p_value"], rtol=1e-5)
    assert json.loads((tmp_path / "out.json").read_text()) == summary
    assert summary["condition_1"] == {"name": "-/- t", "samples": ["s2", "s3"]}
    assert summary["samples_left_out"] == ["s1"]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"x": ["s0"], "y": ["other"]}, "sample 'other' has no counts; one of s0, s1, s2, s3"),
        ({"x": ["s0"], "y": ["s1", "s0"]}, "sample 's0' is named twice"),
        ({"x": ["s0"]}, "two different conditions"),
        ({"x": ["s0"], "y": []}, "two different conditions"),
    ],
)
def test_bad_groups_are_an_error(groups: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        difference_table(long_table(*made(3, 1)), groups, 1.0, 10)
