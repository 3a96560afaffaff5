import numpy as np
import pytest
import torch
from effects_world import LENGTH, Scored, linear_model, snv_dataset, trained_like
from torch import nn

from deepallele.effects.attributions import check_convergence, observed
from deepallele.effects.contributions import METHODS, contributions
from deepallele.errors import InputError
from deepallele.model.encode import one_hot, reverse_complement

KINDS = ["recommended", "multi_head", "computed_ratio", "single_head"]


def log_ratio(model, sequence):
    """Mean of both strands for one-hot pairs (n, 2, 4, L)."""
    with torch.inference_mode():
        return ((model(sequence).log_ratio + model(reverse_complement(sequence)).log_ratio) / 2).numpy()


@pytest.mark.parametrize("method", METHODS)
def test_linear_model_gives_its_weights(method):
    weight = np.random.default_rng(1).normal(size=(4, LENGTH))
    codes = snv_dataset(n=5).sequence
    strands = (weight + weight[::-1, ::-1]) / 2
    expected = strands - strands.mean(axis=0)
    found = contributions(linear_model(weight), codes, method)
    np.testing.assert_allclose(found.hypothetical, np.broadcast_to(expected, (5, 2, 4, LENGTH)), atol=1e-5)


def test_deeplift_of_one_rectified_unit():
    generator = np.random.default_rng(2)
    weight, bias = generator.normal(size=(4, LENGTH)), 0.5
    unit = nn.Sequential(nn.Conv1d(4, 1, LENGTH), nn.ReLU(), nn.Flatten(0))
    unit[0].weight.data = torch.from_numpy(weight.astype(np.float32))[None]
    unit[0].bias.data.fill_(bias)
    codes = snv_dataset(n=6, seed=3).sequence

    def multiplier(sequence):
        # Rescale rule: change of the output over change of the input, times the weight.
        change = (sequence - 0.25) * weight
        at_reference = weight.sum() / 4 + bias
        at_input = at_reference + change.sum(axis=(2, 3))
        slope = (np.maximum(at_input, 0) - max(at_reference, 0)) / (at_input - at_reference)
        return slope[:, :, None, None] * weight

    sequence = one_hot(torch.from_numpy(codes)).numpy().astype(float)
    reverse = sequence[:, :, ::-1, ::-1]
    expected = (multiplier(sequence) + multiplier(reverse)[:, :, ::-1, ::-1]) / 2
    expected -= expected.mean(axis=2, keepdims=True)
    found = contributions(Scored(unit).eval(), codes, "deeplift")
    np.testing.assert_allclose(found.hypothetical, expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pooling", ["max", "avg"])
def test_contributions_sum_up_to_the_prediction(kind, pooling):
    model = trained_like(kind, pooling=pooling)
    codes = snv_dataset(n=70).sequence
    found = contributions(model, codes, "deeplift")
    own = observed(found.hypothetical, codes).astype(float).sum(axis=2)
    reference = torch.full((1, 2, 4, LENGTH), 0.25)
    expected = log_ratio(model, one_hot(torch.from_numpy(codes))) - log_ratio(model, reference)
    np.testing.assert_allclose(own[:, 0] - own[:, 1], expected, atol=1e-5)
    assert np.abs(expected).max() > 1e-3
    convergence = check_convergence(found.delta, found.difference, np.abs(own).sum(axis=1))
    assert convergence.flagged == 0
    assert convergence.relative < 1e-3


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KINDS)
def test_bases_sum_to_zero_and_unknown_bases_contribute_nothing(kind, method):
    codes = snv_dataset(n=3).sequence.copy()
    codes[0, 0, 3:6] = 4
    codes[1, 1] = 4
    found = contributions(trained_like(kind), codes, method)
    assert np.isfinite(found.hypothetical).all()
    np.testing.assert_allclose(found.hypothetical.sum(axis=2), 0, atol=1e-5)
    assert (found.hypothetical[0, 0, :, 3:6] == 0).all()
    assert (found.hypothetical[1, 1] == 0).all()
    assert np.abs(found.hypothetical[0, 1]).max() > 0
    if method == "deeplift":
        assert found.delta.max() < 1e-5
    else:
        assert np.isnan(found.delta).all()


@pytest.mark.parametrize("kind", KINDS)
def test_mutagenesis_is_the_change_of_the_prediction(kind):
    model = trained_like(kind)
    codes = snv_dataset(n=2).sequence
    sign = np.array([1, -1])
    change = np.zeros((2, 2, 4, LENGTH))
    before = log_ratio(model, one_hot(torch.from_numpy(codes)))
    for haplotype, base, position in np.ndindex(2, 4, LENGTH):
        mutant = codes.copy()
        mutant[:, haplotype, position] = base
        after = log_ratio(model, one_hot(torch.from_numpy(mutant)))
        change[:, haplotype, base, position] = sign[haplotype] * (after - before)
    expected = change - change.mean(axis=2, keepdims=True)
    found = contributions(model, codes, "ism").hypothetical
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_positive_raises_the_own_haplotype():
    weight = np.zeros((4, LENGTH))
    weight[0] = weight[3] = 1.0  # A and T raise the haplotype they are in
    codes = np.zeros((1, 2, LENGTH), dtype=np.uint8)
    found = contributions(linear_model(weight), codes, "deeplift")
    assert (observed(found.hypothetical, codes) > 0.4).all()


@pytest.mark.parametrize("method", METHODS)
def test_other_strand_gets_the_mirrored_contributions(method):
    model = trained_like("multi_head")
    codes = snv_dataset(n=3).sequence
    reverse = (3 - codes)[:, :, ::-1].copy()
    forward, backward = (contributions(model, strand, method).hypothetical for strand in (codes, reverse))
    np.testing.assert_allclose(forward, backward[:, :, ::-1, ::-1], atol=1e-6)


def test_layer_without_a_rule_is_seen_in_the_delta():
    layer = nn.Conv1d(4, 1, LENGTH)
    model = Scored(lambda sequence: layer(sequence).flatten().exp()).eval()
    codes = snv_dataset(n=8).sequence
    found = contributions(model, codes, "deeplift")
    with pytest.raises(InputError, match="no rule"):
        check_convergence(found.delta, found.difference, np.ones(8))


def test_small_deltas_are_counted_and_rounding_of_flat_models_passes():
    convergence = check_convergence(np.array([2e-3, 1e-5, np.nan]), np.array([1.0, -1.0, np.nan]), np.ones(3))
    assert convergence.flagged == 1
    assert convergence.relative == pytest.approx(2e-3)
    assert check_convergence(np.array([1e-7]), np.array([1e-7]), np.array([1.0])).flagged == 0
    assert np.isnan(check_convergence(np.full(2, np.nan), np.full(2, np.nan), np.ones(2)).largest)
    assert check_convergence(np.zeros(2), np.zeros(2), np.zeros(2)).relative == 0


def test_large_relative_delta_fails():
    with pytest.raises(InputError, match=r"convergence delta 0\.05"):
        check_convergence(np.array([0.05, 0.0]), np.array([1.0, 1.0]), np.full(2, 50.0))
