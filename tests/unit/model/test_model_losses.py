import math

import pytest
import torch
from scipy import stats

from deepallele.model.data import Batch
from deepallele.model.losses import RATIO_SCALE, count_loss, pair_loss, ratio_loss
from deepallele.model.prediction import Prediction
from deepallele.model.presets import Training


def batch(informative, kept=None):
    informative = torch.tensor(informative, dtype=torch.float32)
    ratio = torch.log2((informative[:, 0] + 1) / (informative[:, 1] + 1))
    kept = torch.ones(len(informative), dtype=torch.bool) if kept is None else torch.tensor(kept)
    codes, activity = torch.zeros(len(ratio), 2, 5, dtype=torch.uint8), torch.zeros(len(ratio), 1, 2)
    return Batch(codes, activity, ratio[:, None], informative[:, None], kept[:, None])


def test_published_loss_is_the_mean_over_the_three_outputs():
    regions = batch([[3, 1], [10, 20]])
    prediction = Prediction(torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]]), torch.tensor([[0.5], [-0.5]]))
    errors = torch.cat([prediction.count, (prediction.log_ratio - regions.log_ratio)[..., None]], dim=-1)
    torch.testing.assert_close(pair_loss(prediction, regions, Training()), errors.square().mean())


@pytest.mark.parametrize("kind", ["mse", "binomial", "beta_binomial"])
def test_regions_that_do_not_count_have_no_say(kind):
    settings = Training(ratio_loss=kind, overdispersion=0.02)
    predicted = torch.tensor([[0.3], [5.0]])
    both = ratio_loss(predicted, batch([[30, 10], [1, 0]], [True, False]), settings)
    torch.testing.assert_close(both, ratio_loss(predicted[:1], batch([[30, 10]]), settings))
    none = ratio_loss(predicted, batch([[30, 10], [1, 0]], [False, False]), settings)
    assert none == 0


def test_binomial_loss_is_least_at_the_observed_share():
    settings = Training(ratio_loss="binomial")
    grid = torch.linspace(-4, 4, 801)
    losses = torch.stack([ratio_loss(value[None, None], batch([[60, 20]]), settings) for value in grid])
    assert grid[losses.argmin()] == pytest.approx(torch.log2(torch.tensor(3.0)).item(), abs=0.01)
    assert losses.min() == pytest.approx(0, abs=1e-4)


def test_binomial_loss_is_on_the_scale_of_a_squared_error():
    loss = ratio_loss(torch.tensor([[0.2]]), batch([[50, 50]]), Training(ratio_loss="binomial"))
    assert loss.item() == pytest.approx(0.04, rel=0.02)


def test_deep_regions_weigh_more_up_to_the_overdispersion():
    regions = batch([[1000, 1000], [10, 10]])

    def pull(overdispersion):
        predicted = torch.tensor([[0.5], [0.5]], requires_grad=True)
        ratio_loss(
            predicted, regions, Training(ratio_loss="binomial", overdispersion=overdispersion)
        ).backward()
        return (predicted.grad[0] / predicted.grad[1]).item()

    assert pull(0.0) == pytest.approx(100, rel=1e-3)
    assert pull(0.1) == pytest.approx((2000 / 200.9) / (20 / 2.9), rel=1e-3)


@pytest.mark.parametrize("kind", ["binomial", "beta_binomial"])
def test_one_sided_regions_have_a_finite_loss_and_gradient(kind):
    predicted = torch.tensor([[3.0]], requires_grad=True)
    settings = Training(ratio_loss=kind, overdispersion=0.05)
    loss = ratio_loss(predicted, batch([[25, 0]]), settings)
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(predicted.grad).all()


def test_beta_binomial_loss_is_the_log_likelihood():
    rho, seen = 0.05, [[40, 25], [3, 12]]
    settings = Training(ratio_loss="beta_binomial", overdispersion=rho)

    def log_likelihood(log_ratio):
        share, concentration = 2**log_ratio / (1 + 2**log_ratio), (1 - rho) / rho
        return sum(
            stats.betabinom.logpmf(a, a + b, share * concentration, (1 - share) * concentration)
            for a, b in seen
        )

    first, second = (
        ratio_loss(torch.full((2, 1), value, dtype=torch.float64), batch(seen), settings)
        for value in (0.3, -0.9)
    )
    weight = sum((a + b) / (1 + (a + b - 1) * rho) for a, b in seen)
    expected = (log_likelihood(-0.9) - log_likelihood(0.3)) * RATIO_SCALE / weight
    assert (first - second).item() == pytest.approx(expected, rel=1e-4)


def test_beta_binomial_loss_is_on_the_scale_of_a_squared_error():
    settings = Training(ratio_loss="beta_binomial", overdispersion=0.02)
    assert ratio_loss(torch.tensor([[0.2]]), batch([[50, 50]]), settings).item() == pytest.approx(
        0.04, rel=0.05
    )


@pytest.mark.parametrize(("kind", "dispersion"), [("poisson", 0.0), ("negative_binomial", 0.3)])
def test_count_likelihoods_are_deviances(kind, dispersion):
    settings = Training(count_loss=kind, count_dispersion=dispersion)
    seen, expected = torch.tensor([4.0, 30.0, 90.0]), torch.tensor([6.0, 20.0, 100.0])
    if kind == "poisson":
        logs = [stats.poisson.logpmf(seen.int(), mean) for mean in (seen, expected)]
    else:
        size = 1 / dispersion
        logs = [stats.nbinom.logpmf(seen.int(), size, size / (size + mean)) for mean in (seen, expected)]
    weight = (seen / (1 + dispersion * seen)).mean() * math.log(2) ** 2
    loss = count_loss(torch.log2(expected), torch.log2(seen), settings)
    assert loss.item() == pytest.approx(2 * (logs[0] - logs[1]).mean() / weight.item(), rel=1e-3)


@pytest.mark.parametrize(("kind", "dispersion"), [("poisson", 0.0), ("negative_binomial", 0.3)])
def test_count_likelihoods_are_on_the_scale_of_a_squared_error(kind, dispersion):
    settings = Training(count_loss=kind, count_dispersion=dispersion)
    activity = torch.tensor([3.0, 5.0])
    assert count_loss(activity + 0.05, activity, settings).item() == pytest.approx(0.0025, rel=0.05)
    assert count_loss(activity, activity, settings).item() == pytest.approx(0, abs=1e-6)
