"""Tests of imbalance on made counts of known truth: calibration, power and coverage."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "accuracy"))

from accuracy_imbalance import auroc, binomial_p, compare_p, simulate, simulate_groups

from deepallele.counts import imbalance_mixture as mixture
from deepallele.counts.imbalance import find_imbalance
from deepallele.counts.imbalance_differential import find_difference
from deepallele.counts.imbalance_likelihood import likelihood_ratio_p

# Noise of a share of 0.05 among 12,000 regions: 0.002.
REGIONS = 12_000


@pytest.mark.parametrize("portion", [0.0, 0.2])
@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_null_is_calibrated_and_truth_is_ranked_above_the_binomial(samples: int, portion: float) -> None:
    counts = simulate(REGIONS, samples, portion, 10 + samples)
    result, binomial = find_imbalance(counts.a, counts.b, 10), binomial_p(counts.a, counts.b)
    p, tested = result.p_value, result.tested
    null = tested & (counts.truth == 0.0)
    assert 0.04 <= (p[null] < 0.05).mean() <= 0.06
    assert (binomial[null] < 0.05).mean() > 0.10
    # Regions with as many of either haplotype, about 3 %, have p = 1 exactly; all else is uniform.
    at = np.linspace(0.05, 0.9, 18)
    assert np.abs((p[null][:, None] <= at).mean(axis=0) - at).max() < 0.02
    unshrunken = (result.low <= counts.truth) & (counts.truth <= result.high)
    assert unshrunken[tested].mean() == pytest.approx(0.95, abs=0.015)
    covered = (result.effect.low <= counts.truth) & (counts.truth <= result.effect.high)
    # From one sample the overdispersion is taken rather too large, and the effects shrunken too much.
    assert covered[tested].mean() > (0.92 if samples > 1 else 0.9)
    if portion:
        true, found = counts.truth != 0.0, result.fdr < 0.05
        assert unshrunken[tested & true].mean() == pytest.approx(0.95, abs=0.02)
        assert auroc(p[tested], true[tested]) > auroc(binomial[tested], true[tested]) + 0.005
        assert (found & null).sum() < 0.08 * found.sum()
        strong = tested & (np.abs(counts.truth) > 1.5) & ((counts.a + counts.b).sum(axis=1) >= 100)
        assert found[strong].mean() > (0.5 if samples == 1 else 0.8)


@pytest.mark.parametrize(("rho", "sd"), [(0.05, 1.0), (0.02, 0.5), (0.02, 1.0)])
def test_one_sample_with_half_of_the_regions_imbalanced_finds_little_that_is_not_there(
    rho: float, sd: float
) -> None:
    shares = []
    for seed in (1, 2, 3):
        counts = simulate(5_000, 1, 0.5, seed, rho, sd)
        result = find_imbalance(counts.a, counts.b, 10)
        assert result.overdispersion.found == "regions"
        shares.append((result.p_value[result.tested & (counts.truth == 0.0)] < 0.05).mean())
    assert 0.02 < np.mean(shares) < 0.055


def test_mixture_weights_are_the_likeliest() -> None:
    """Against EM, which climbs slowly but surely."""
    rng = np.random.default_rng(1)
    n = rng.integers(10, 200, 400)
    k = np.minimum(a := rng.binomial(n, rng.beta(9, 9, 400)), n - a)
    log_density = mixture._log_density(k, n, 0.01)
    likelihood, others = mixture._fit_weights(log_density, np.ones(400, dtype=int))
    density = np.vstack([np.exp(log_density), np.eye(1, log_density.shape[1])])
    count = np.append(np.ones(400), mixture.FREE - 1.0)
    weight = np.full(density.shape[1], 1.0 / density.shape[1])
    for _ in range(20_000):
        weight *= (count / (density @ weight)) @ density / count.sum()
    assert likelihood == pytest.approx(count @ np.log(density @ weight), abs=0.02)
    assert others == pytest.approx(1.0 - weight[0], abs=0.02)


@pytest.mark.parametrize("design", [(2, 2), (3, 2)])
def test_difference_between_conditions_is_calibrated(design: tuple[int, int]) -> None:
    a, b, first, truth = simulate_groups(REGIONS, design, 0.2, 5)
    result, plain = find_difference(a, b, first, 10), compare_p(a, b, first)
    tested, found = result.tested, result.fdr < 0.05
    same = tested & (truth == 0.0)
    assert 0.04 <= (result.p_value[same] < 0.05).mean() <= 0.06
    assert (plain[same] < 0.05).mean() > 0.10
    assert ((result.low <= truth) & (truth <= result.high))[tested].mean() == pytest.approx(0.95, abs=0.01)
    assert auroc(result.p_value[tested], truth[tested] != 0) > auroc(plain[tested], truth[tested] != 0)
    assert (found & same).sum() < 0.1 * found.sum()
    deep = (truth != 0.0) & np.all([(a + b)[:, g].sum(axis=1) >= 100 for g in (first, ~first)], axis=0)
    assert np.corrcoef(result.effect[deep], truth[deep])[0, 1] > 0.85


def test_difference_without_replicates_is_conservative() -> None:
    a, b, first, truth = simulate_groups(REGIONS, (1, 1), 0.2, 5)
    result = find_difference(a, b, first, 10)
    same = result.tested & (truth == 0.0)
    assert result.overdispersion.found == "conditions"
    assert 0.01 < (result.p_value[same] < 0.05).mean() < 0.05


def test_likelihood_ratio_equals_a_general_optimizer() -> None:
    a, b = np.array([[30, 3, 60], [12, 9, 0]]), np.array([[20, 15, 60], [30, 2, 40]])
    rho = np.array([[0.02, 0.05, 0.01], [0.03, 0.02, 1e-5]])
    size = (1 - rho) / rho

    def cost(share: float, groups: list[int], i: int) -> float:
        terms = [(a[g, i], a[g, i] + b[g, i], share * size[g, i], (1 - share) * size[g, i]) for g in groups]
        return -sum(stats.betabinom.logpmf(*term) for term in terms)

    for i, p in enumerate(likelihood_ratio_p(a, b, rho)):
        least = [
            optimize.minimize_scalar(
                cost, args=(groups, i), bounds=(1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-10}
            ).fun
            for groups in ([0, 1], [0], [1])
        ]
        assert p == pytest.approx(stats.chi2.sf(2 * (least[0] - least[1] - least[2]), 1), rel=1e-4)
