"""Errors of predictions whose true log ratios are known."""

from dataclasses import replace

import numpy as np
import pytest
from model_world import planted_dataset

from deepallele.evaluation.uncertainty import (
    LN2_SQUARED,
    Calibration,
    Measured,
    coverage,
    fit_calibration,
    interval,
    measured_log_ratio,
)

EVEN = np.zeros(0, dtype=np.int64)


def counted(truth, depth, generator):
    """A dataset whose regions have these true log ratios, with fragments of about this depth."""
    n = len(truth)
    total = 10 + generator.poisson(generator.gamma(2, depth / 2, n))
    a = generator.binomial(total, 1 / (1 + 2.0**-truth))
    count = np.stack([a, total - a, total], axis=1)[:, None].astype(np.int32)
    return replace(planted_dataset(n, length=32), count=count)


def simulate(n, seeds, sd, seed_sd, generator, depth=50):
    """True and predicted log ratios, the variance over seeds, and the measured ones.

    All seeds share an error; each has its own besides, whose size differs between regions.
    """
    truth = generator.normal(0, 1, n)
    own = seed_sd * generator.gamma(2, 0.5, n)
    shared = truth + generator.normal(0, sd, n)
    ratios = shared + own * generator.normal(0, 1, (seeds, n))
    spread = ratios.var(axis=0, ddof=1) if seeds > 1 else None
    return truth, ratios.mean(axis=0), spread, measured_log_ratio(counted(truth, depth, generator))


@pytest.mark.parametrize(("seeds", "depth"), [(1, 50), (3, 50), (3, 150)])
def test_intervals_hold_for_true_and_for_measured_ratios(seeds, depth):
    generator = np.random.default_rng(3)
    fit = fit_calibration(*simulate(4000, seeds, 0.5, 0.5, generator, depth)[1:])
    truth, predicted, spread, measured = simulate(12000, seeds, 0.5, 0.5, generator, depth)
    error = fit.error(predicted, spread)
    low, high = interval(predicted, error)
    assert 0.93 < ((low <= truth) & (truth <= high)).mean() < 0.97
    held = coverage(measured.log_ratio - predicted, error, measured.variance)["observed"]
    assert 0.47 < held[0] < 0.54 and 0.77 < held[1] < 0.84 and 0.93 < held[2] < 0.97


def test_thinly_covered_regions_do_not_widen_the_error():
    generator = np.random.default_rng(0)
    errors = []
    for depth in (10, 400):
        fit = fit_calibration(*simulate(8000, 1, 0.6, 0, generator, depth)[1:])
        errors.append(np.sqrt(np.mean(fit.error(generator.normal(0, 1, 4000), None) ** 2)))
    assert errors == pytest.approx([0.6, 0.6], abs=0.06)


def test_errors_are_larger_where_seeds_disagree_and_where_predictions_are_large():
    generator = np.random.default_rng(1)
    _, predicted, spread, measured = simulate(4000, 3, 0.1, 1.0, generator)
    fit = fit_calibration(predicted, spread, measured)
    assert fit.per_seed_variance > 0.1
    assert np.diff(fit.error(np.zeros(2), np.array([0.0, 1.0])))[0] > 0
    assert fit_calibration(predicted, None, measured).per_seed_variance == 0
    truth = generator.normal(0, 1, 4000)
    predicted = truth + generator.normal(0, 0.1 + 0.5 * np.abs(truth))
    fit = fit_calibration(predicted, None, measured_log_ratio(counted(truth, 200, generator)))
    small, large = np.abs(predicted) < 0.2, np.abs(predicted) > 1.5
    for rows, allowed in ((small, 0.12), (large, 0.35)):
        seen = np.sqrt(np.mean((predicted - truth)[rows] ** 2))
        assert fit.error(predicted[rows], None).mean() == pytest.approx(seen, abs=allowed)
    assert fit.error(np.array([2.0]), None)[0] > 2 * fit.error(np.array([0.0]), None)[0]


def test_few_regions_give_one_cautious_error_and_fewer_none():
    generator = np.random.default_rng(2)
    fits = [fit_calibration(*simulate(12, 3, 0.0, 0.0, generator)[1:]) for _ in range(20)]
    assert all(fit.constant > 0.01 for fit in fits), "the noise cannot be told from an error"
    assert {(fit.per_root, fit.per_seed_variance) for fit in fits} == {(0.0, 0.0)}
    none = fit_calibration(*(values for values in simulate(2, 1, 0.5, 0, generator)[1:]))
    assert none == Calibration(2, None)
    assert np.isnan(none.error(np.zeros(4), None)).all()


def test_of_activities_the_residuals_are_the_error():
    generator = np.random.default_rng(4)
    activity = generator.normal(0, 1, (3000, 1, 2)).astype(np.float32)
    dataset = replace(planted_dataset(3000, length=32), activity=activity)
    measured = measured_log_ratio(dataset)
    assert not measured.variance.any()
    np.testing.assert_array_equal(measured.log_ratio, dataset.log_ratio())
    residual = generator.normal(0, 0.4, 3000)
    fit = fit_calibration(measured.log_ratio - residual, None, measured)
    assert fit.error(measured.log_ratio, None).mean() == pytest.approx(0.4, abs=0.02)
    exact = fit_calibration(measured.log_ratio, None, measured)
    assert exact.error(measured.log_ratio, None).max() < 1e-3


@pytest.mark.parametrize(("truth", "total"), [(0.0, 20), (1.0, 20), (2.0, 60)])
def test_measured_ratio_and_its_variance_have_hardly_any_bias(truth, total):
    a = np.random.default_rng(5).binomial(total, 1 / (1 + 2.0**-truth), 40000)
    count = np.stack([a, total - a, 0 * a], axis=1)[:, None].astype(np.int32)
    measured = measured_log_ratio(replace(planted_dataset(40000, length=32), count=count))
    assert measured.log_ratio.mean() == pytest.approx(truth, abs=0.02)
    assert measured.variance.mean() == pytest.approx(measured.log_ratio.var(), rel=0.03)
    assert measured.at_even[0] == pytest.approx(4 / (total + 1) / LN2_SQUARED)


def test_published_targets_have_their_own_ratio_and_noise():
    a = np.random.default_rng(6).binomial(80, 0.3, 20000)
    count = np.stack([a, 80 - a, 0 * a + 40], axis=1)[:, None].astype(np.int32)
    dataset = replace(planted_dataset(20000, length=32), count=count)
    published = replace(dataset, attributes={**dataset.attributes, "targets": "published"})
    measured = measured_log_ratio(published)
    np.testing.assert_array_equal(measured.log_ratio, published.log_ratio())
    assert measured.variance.mean() == pytest.approx(measured.log_ratio.var(), rel=0.03)


def test_regions_without_fragments_have_no_noise_that_is_known():
    dataset = planted_dataset(5, length=32)
    count = dataset.count.copy()
    count[2] = 0
    for targets in ("shared", "published"):
        attributes = {**dataset.attributes, "targets": targets}
        measured = measured_log_ratio(replace(dataset, count=count, attributes=attributes))
        assert np.isnan(measured.variance).tolist() == [False, False, True, False, False]


def test_coverage_by_hand():
    residual = np.array([0.0, 0.6, -1.0, 1.9, 2.5, -4.0])
    found = coverage(residual, np.full(6, 0.6), np.full(6, 0.64))  # both together: sd 1
    assert found == {"n": 6, "observed": [2 / 6, 3 / 6, 4 / 6]}  # within 0.674, 1.282 and 1.960
    assert coverage(EVEN, EVEN, EVEN) == {"n": 0, "observed": [None] * 3}


def test_rows_of_measured():
    measured = Measured(*np.arange(9.0).reshape(3, 3))
    np.testing.assert_array_equal(np.array(measured.of(np.array([2, 0]))), [[2, 0], [5, 3], [8, 6]])
