from dataclasses import replace

import numpy as np
import pytest
import torch
from model_world import TYPES, random_codes, small_config
from torch import nn

from deepallele.model.build import build_network
from deepallele.model.encode import one_hot, reverse_complement_codes
from deepallele.model.predict import predict
from deepallele.model.recommended import BothStrands

LENGTH = 50


def network(kind: str) -> nn.Module:
    torch.manual_seed(1)
    model = build_network(small_config(kind), LENGTH)
    model.train()(one_hot(torch.from_numpy(random_codes(64, LENGTH))))  # moves the running statistics
    return model.eval()


@pytest.mark.parametrize("kind", TYPES)
def test_shapes_and_finite(kind):
    count, log_ratio = network(kind)(one_hot(torch.from_numpy(random_codes(5, LENGTH))))
    assert count.shape == (5, 2)
    assert log_ratio.shape == (5,)
    assert torch.isfinite(count).all() and torch.isfinite(log_ratio).all()
    assert log_ratio.std() > 0


@pytest.mark.parametrize("kind", ["single_head", "computed_ratio", "recommended"])
def test_log_ratio_is_the_difference_of_the_counts(kind):
    count, log_ratio = network(kind)(one_hot(torch.from_numpy(random_codes(5, LENGTH))))
    torch.testing.assert_close(log_ratio, count[:, 0] - count[:, 1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("n", [1, 7, 300])
def test_recommended_is_exactly_antisymmetric(n):
    codes = random_codes(n, LENGTH)
    count, log_ratio = predict(network("recommended"), codes)
    swapped_count, swapped = predict(network("recommended"), np.ascontiguousarray(codes[:, ::-1]))
    assert np.ptp(log_ratio) > 0 or n == 1
    np.testing.assert_array_equal(swapped, -log_ratio)
    np.testing.assert_array_equal(swapped_count, count[:, ::-1])


@pytest.mark.parametrize("n", [1, 7, 300])
def test_recommended_is_exactly_zero_for_identical_sequences(n):
    codes = random_codes(n, LENGTH)
    codes[:, 1] = codes[:, 0]
    assert not predict(network("recommended"), codes)[1].any()


def test_recommended_prediction_does_not_depend_on_the_strand():
    codes = random_codes(40, LENGTH)
    other_strand = np.array([3, 2, 1, 0, 4], dtype=np.uint8)[codes[:, :, ::-1]]
    model = network("recommended")
    for one, other in zip(predict(model, codes), predict(model, other_strand), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    single_strand = model(one_hot(torch.from_numpy(codes))).log_ratio.detach().numpy()
    assert np.abs(single_strand - predict(model, codes)[1]).max() > 1e-4


@pytest.mark.parametrize("kind", TYPES)
def test_one_trunk_pass_equals_one_pass_per_haplotype(kind):
    model = network(kind)
    sequence = one_hot(torch.from_numpy(random_codes(6, LENGTH)))
    together = model.trunk(sequence.flatten(0, 1)).view(6, 2, -1)
    for haplotype in range(2):
        torch.testing.assert_close(
            together[:, haplotype], model.trunk(sequence[:, haplotype]), rtol=0, atol=1e-6
        )
    calls = []
    model.trunk.register_forward_hook(lambda *_: calls.append(1))
    model(sequence)
    assert len(calls) == 1


@pytest.mark.parametrize("kind", TYPES)
def test_gradients_reach_all_parameters(kind):
    model = network(kind).train()
    count, log_ratio = model(one_hot(torch.from_numpy(random_codes(32, LENGTH))))
    (count.square().mean() + (log_ratio - 1).square().mean()).backward()
    without = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    assert without == []


@pytest.mark.parametrize("kind", TYPES)
def test_every_leaf_module_is_called_exactly_once(kind):
    model = network(kind)
    leaves = {name: leaf for name, leaf in model.named_modules() if not list(leaf.children())}
    calls = dict.fromkeys(leaves, 0)

    def counter(name):
        return lambda *_: calls.__setitem__(name, calls[name] + 1)

    for name, leaf in leaves.items():
        leaf.register_forward_hook(counter(name))
    model(one_hot(torch.from_numpy(random_codes(3, LENGTH))))
    assert set(calls.values()) == {1}
    allowed = (
        nn.ReLU,
        nn.Conv1d,
        nn.Linear,
        nn.BatchNorm1d,
        nn.AvgPool1d,
        nn.MaxPool1d,
        nn.Conv2d,
        nn.BatchNorm2d,
        nn.AvgPool2d,
        nn.MaxPool2d,
        nn.Dropout,
        nn.Flatten,
    )
    assert all(isinstance(leaf, (*allowed, nn.Identity)) for leaf in leaves.values())


@pytest.mark.parametrize("kind", TYPES)
def test_prediction_does_not_depend_on_the_batch_size(kind):
    codes = random_codes(33, LENGTH)
    model = network(kind)
    for one, other in zip(predict(model, codes, 33), predict(model, codes, 8), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-6)


def test_no_regions_give_empty_predictions():
    count, log_ratio = predict(network("recommended"), random_codes(0, LENGTH))
    assert count.shape == (0, 2) and log_ratio.shape == (0,)


@pytest.mark.parametrize("length", [33, 50, 64, 101])
@pytest.mark.parametrize("kind", TYPES)
def test_odd_lengths(kind, length):
    model = build_network(small_config(kind), length).eval()
    assert model(one_hot(torch.from_numpy(random_codes(2, length)))).log_ratio.shape == (2,)


def test_the_first_layer_takes_the_better_strand_of_every_filter():
    torch.manual_seed(3)
    layer = BothStrands(5, 7, "max", 4).eval()
    codes = torch.from_numpy(random_codes(6, 48)[:, 0])
    one_strand = nn.functional.conv1d(one_hot(codes), layer.filters, padding="same")
    other = nn.functional.conv1d(one_hot(reverse_complement_codes(codes)), layer.filters, padding="same")
    better = torch.maximum(one_strand, other.flip(-1)).unflatten(-1, (12, 4)).amax(-1)
    expected = torch.relu(layer.norm(better.unsqueeze(2)))
    torch.testing.assert_close(layer(one_hot(codes)), expected)
    turned = layer(one_hot(reverse_complement_codes(codes)))
    torch.testing.assert_close(turned.flip(-1), expected)


def interacting(tasks: int = 1) -> nn.Module:
    torch.manual_seed(1)
    config = small_config("recommended")
    config = replace(config, architecture=replace(config.architecture, interaction=6))
    model = build_network(config, LENGTH, tasks)
    model.train()(one_hot(torch.from_numpy(random_codes(64, LENGTH))))
    return model.eval()


def test_an_interaction_keeps_the_ratio_antisymmetric():
    model, codes = interacting(), random_codes(60, LENGTH)
    log_ratio = predict(model, codes)[1]
    np.testing.assert_array_equal(predict(model, np.ascontiguousarray(codes[:, ::-1]))[1], -log_ratio)
    same = np.repeat(codes[:, :1], 2, axis=1)
    assert not predict(model, same)[1].any()
    model.interaction.sum.weight.data.zero_()
    assert np.abs(predict(model, codes)[1] - log_ratio).max() > 1e-4


def test_an_interaction_is_no_difference_of_two_scores():
    # f(A, B) + f(B, C) = f(A, C) holds for all differences of scores.
    one, two, three = (random_codes(20, LENGTH, seed)[:, 0] for seed in range(3))

    def ratio(model, first, second):
        return predict(model, np.stack([first, second], axis=1))[1]

    for model, differs in ((network("recommended"), False), (interacting(), True)):
        gap = ratio(model, one, two) + ratio(model, two, three) - ratio(model, one, three)
        assert (np.abs(gap).max() > 1e-4) == differs


@pytest.mark.parametrize("kind", TYPES)
def test_tasks_have_outputs_of_their_own_and_forward_is_their_mean(kind):
    torch.manual_seed(1)
    model = build_network(small_config(kind), LENGTH, 3)
    model.set_mean_count(torch.tensor([1.0, 20.0, 300.0]))
    model.eval()
    sequence = one_hot(torch.from_numpy(random_codes(5, LENGTH)))
    count, log_ratio = model.tasks(sequence)
    assert count.shape == (5, 3, 2) and log_ratio.shape == (5, 3)
    assert torch.allclose(count.mean(dim=(0, 2)), torch.tensor([1.0, 20.0, 300.0]), atol=3)
    assert log_ratio.std(dim=1).min() > 0
    mean = model(sequence)
    torch.testing.assert_close(mean.count, count.mean(dim=1))
    torch.testing.assert_close(mean.log_ratio, log_ratio.mean(dim=1))
    if kind == "single_head":
        torch.testing.assert_close(model.single(sequence[:, 0]), count[..., 0])
