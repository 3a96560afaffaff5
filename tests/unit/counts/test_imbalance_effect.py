"""Shrinkage of the log ratio: against closed forms and numerical integration, and its coverage."""

import numpy as np
import pytest
from scipy import stats

from deepallele.counts.imbalance_effect import Prior, fit_prior, raw_effect, shrink


def test_one_normal_prior_is_the_closed_form() -> None:
    estimate, error = np.array([1.0, -3.0, 0.0]), np.array([0.5, 1.0, 2.0])
    found = shrink(estimate, error, Prior(np.array([2.0]), np.array([1.0])))
    mean, spread = estimate * 4 / (4 + error**2), np.sqrt(4 * error**2 / (4 + error**2))
    np.testing.assert_allclose(found.mean, mean)
    np.testing.assert_allclose(found.low, mean - 1.959964 * spread, atol=1e-5)
    np.testing.assert_allclose(found.high, mean + 1.959964 * spread, atol=1e-5)


def test_mixture_equals_numerical_integration() -> None:
    prior = Prior(np.array([0.1, 1.0, 3.0]), np.array([0.7, 0.2, 0.1]))
    true = np.linspace(-12, 12, 200_001)
    density = sum(w * stats.norm.pdf(true, 0, sd) for w, sd in zip(prior.weight, prior.sd, strict=True))
    for estimate, error in ((0.2, 0.4), (-1.5, 0.6), (2.5, 0.3)):
        posterior = density * stats.norm.pdf(estimate, true, error)
        posterior /= posterior.sum()
        found = shrink(np.array([estimate]), np.array([error]), prior, 0.9)
        quantiles = np.interp([0.05, 0.95], np.cumsum(posterior), true)
        assert found.mean[0] == pytest.approx(posterior @ true, abs=1e-6)
        np.testing.assert_allclose([found.low[0], found.high[0]], quantiles, atol=1e-3)


def test_standard_error_is_the_spread_of_simulated_log_ratios() -> None:
    rng, n, rho = np.random.default_rng(1), 200, 0.02
    a = rng.binomial(n, rng.beta(0.4 * 49, 0.6 * 49, 40_000))
    estimate, error = raw_effect(a, n - a, np.full(len(a), rho))
    assert estimate.std() == pytest.approx(np.median(error), rel=0.03)
    assert estimate.mean() == pytest.approx(np.log2(0.4 / 0.6), abs=0.02)


def test_prior_is_that_of_the_true_effects() -> None:
    rng = np.random.default_rng(2)
    truth = np.where(rng.random(20_000) < 0.3, rng.normal(0, 1.6, 20_000), 0.0)
    error = rng.uniform(0.1, 0.5, 20_000)
    prior = fit_prior(rng.normal(truth, error), error)
    assert prior.weight.sum() == pytest.approx(1.0)
    assert prior.weight[prior.sd < 0.4].sum() == pytest.approx(0.7, abs=0.05)
    assert (prior.weight @ prior.sd**2) == pytest.approx(0.3 * 1.6**2, rel=0.1)


def test_few_regions_do_not_widen_the_prior() -> None:
    prior = fit_prior(np.array([0.8, -0.5]), np.array([0.5, 0.5]))
    assert prior.weight[0] > 0.7


def test_intervals_cover_their_portion_and_shrinkage_lessens_the_error() -> None:
    rng = np.random.default_rng(3)
    truth, error = rng.normal(0, 0.8, 20_000), rng.uniform(0.1, 1.5, 20_000)
    estimate = rng.normal(truth, error)
    for level in (0.5, 0.95):
        found = shrink(estimate, error, fit_prior(estimate, error), level)
        assert ((found.low <= truth) & (truth <= found.high)).mean() == pytest.approx(level, abs=0.02)
    assert ((found.mean - truth) ** 2).mean() < 0.6 * ((estimate - truth) ** 2).mean()


def test_mirrored_estimates_give_the_mirrored_result() -> None:
    rng = np.random.default_rng(4)
    estimate, error = np.append(rng.normal(0, 2, 200), 0.0), rng.uniform(0.1, 3, 201)
    prior = fit_prior(estimate, error)
    np.testing.assert_array_equal(prior.weight, fit_prior(-estimate, error).weight)
    one, other = shrink(estimate, error, prior), shrink(-estimate, error, prior)
    np.testing.assert_array_equal(one.mean, -other.mean)
    np.testing.assert_array_equal(one.low, -other.high)
    np.testing.assert_array_equal(one.high, -other.low)
    assert (one.low <= one.mean).all() and (one.mean <= one.high).all()
