"""The published network, with gradients of its own, against the same layers kept plain."""

import pytest
import torch
from model_world import random_codes
from torch import nn

from deepallele.model import gradients
from deepallele.model.encode import one_hot, reverse_complement
from deepallele.model.presets import PublishedArchitecture
from deepallele.model.published import PublishedTrunk, SoftmaxPool
from deepallele.model.recommended import Residual

LENGTH = 50
SMALL = {"kernel_number": 12, "filter_number": 8, "hidden": 6, "conv_layers": 2}


class PlainSoftmaxPool(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.pool = SoftmaxPool(size)

    def forward(self, values):
        return self.pool(values.unsqueeze(2)).squeeze(2)


def plain(sizes, length):
    """The trunk in layers of (N, C, L), in the order of the description."""
    width, norm = sizes.filter_number, sizes.all_batch_norm

    def block(inputs, outputs, size, dilation, batch_norm):
        layers = [nn.Conv1d(inputs, outputs, size, padding="same", dilation=dilation), nn.ReLU()]
        return nn.Sequential(*layers, *([nn.BatchNorm1d(outputs)] if batch_norm else []))

    layers = [block(4, sizes.kernel_number, sizes.kernel_length, 1, sizes.first_batch_norm)]
    layers.append(block(sizes.kernel_number, width, sizes.kernel_size, sizes.dilation, norm))
    positions = 2 * length
    pools = {"avg": nn.AvgPool1d, "max": nn.MaxPool1d}
    for _ in range(sizes.conv_layers):
        for _ in range(sizes.conv_repeat):
            layers.append(Residual(block(width, width, sizes.kernel_size, sizes.dilation, norm)))
        if sizes.pooling == "softmax":
            layers.append(PlainSoftmaxPool(sizes.pooling_size))
        else:
            layers.append(pools[sizes.pooling](sizes.pooling_size, ceil_mode=True))
        positions = -(-positions // sizes.pooling_size)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(positions * width, sizes.hidden), nn.ReLU())


@pytest.mark.parametrize("chunk", [gradients.CHUNK, 2000, 1])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pooling": "max", "pooling_size": 3},
        {"pooling": "softmax"},
        {"conv_repeat": 2, "dilation": 2},
        {"first_batch_norm": False, "all_batch_norm": False},
        {"kernel_length": 10, "kernel_size": 4},
        {"kernel_size": 4, "dilation": 2},
        {"dilation": 40},
        {"conv_layers": 0},
    ],
)
def test_same_values_gradients_and_statistics_as_plain_layers(changes, chunk, monkeypatch):
    monkeypatch.setattr(gradients, "CHUNK", chunk)
    torch.manual_seed(1)
    sizes = PublishedArchitecture(**{**SMALL, **changes})
    lean = PublishedTrunk(sizes, LENGTH).double()
    reference = plain(sizes, LENGTH).double()
    values = lean.state_dict().values()
    reference.load_state_dict(dict(zip(reference.state_dict(), values, strict=True)))
    sequence = one_hot(torch.from_numpy(random_codes(6, LENGTH)[:, 0])).double()
    strands = torch.cat([sequence, reverse_complement(sequence)], dim=-1)
    for _ in range(2):
        ours, theirs = lean.train()(sequence), reference.train()(strands)
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
        weight = torch.randn_like(theirs)
        for model, output in ((lean, ours), (reference, theirs)):
            model.zero_grad()
            (output * weight).sum().backward()
        for one, other in zip(lean.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-8, atol=1e-10)
    for one, other in zip(lean.buffers(), reference.buffers(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(lean.eval()(sequence), reference.eval()(strands), rtol=1e-9, atol=1e-12)


def test_gradients_of_the_sequence_are_those_of_plain_layers():
    torch.manual_seed(1)
    sizes = PublishedArchitecture(**SMALL)
    lean, reference = PublishedTrunk(sizes, LENGTH).double().eval(), plain(sizes, LENGTH).double().eval()
    reference.load_state_dict(dict(zip(reference.state_dict(), lean.state_dict().values(), strict=True)))
    sequence = one_hot(torch.from_numpy(random_codes(3, LENGTH)[:, 0])).double().requires_grad_()
    found = torch.autograd.grad(lean(sequence).sum(), sequence)[0]
    strands = torch.cat([sequence, reverse_complement(sequence)], dim=-1)
    torch.testing.assert_close(found, torch.autograd.grad(reference(strands).sum(), sequence)[0])


def test_a_sequence_gets_its_gradient_in_training_too():
    torch.manual_seed(1)
    trunk = PublishedTrunk(PublishedArchitecture(**SMALL), LENGTH).double().train()
    sequence = one_hot(torch.from_numpy(random_codes(3, LENGTH)[:, 0])).double().requires_grad_()
    found = torch.autograd.grad(trunk(sequence).square().sum(), sequence)[0]
    assert found.abs().max() > 0


def test_the_first_layer_is_not_kept_in_training():
    sizes = PublishedArchitecture(**{**SMALL, "kernel_number": 64})
    trunk = PublishedTrunk(sizes, LENGTH).train()
    sequence = one_hot(torch.from_numpy(random_codes(6, LENGTH)[:, 0]))
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda value: kept.append(value.shape) or value, lambda v: v
    ):
        trunk(sequence)
    assert all(shape[1] != 64 for shape in kept if len(shape) == 4 and shape[-1] == 2 * LENGTH)
