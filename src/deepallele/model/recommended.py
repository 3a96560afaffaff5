"""The recommended network: one score per haplotype, a log ratio that is their difference.

Its layers see a sequence as an image of height 1 with the channels last in memory: torch's kernels for such
images take less than half the time of those for sequences on a CPU.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepallele.model.encode import fold_haplotypes, reverse_complement
from deepallele.model.prediction import Prediction
from deepallele.model.presets import RecommendedArchitecture


class BothStrands(nn.Module):
    """First convolution: each filter scans both strands, and the strand that fits better counts.

    A motif works on either strand. With filters of its own for each strand a network sees half of the
    sites of each, and needs twice as many regions to learn it.

    Parameters
    ----------
    channels, width
        Number of filters, and their width in bp.
    pooling, size
        Kind of pooling ("avg" or "max") along the sequence, before the better strand is taken, and over how
        many bp.
    """

    def __init__(self, channels: int, width: int, pooling: str, size: int) -> None:
        super().__init__()
        # Holds the filters of one strand; a bias would be taken off again by the batch normalisation.
        self.filters = nn.Conv1d(4, channels, width, bias=False).weight
        self.pool = _pool(pooling, size)
        # A layer of its own rather than a maximum of two tensors: DeepLIFT has a rule for it.
        self.better = nn.MaxPool2d((1, 2))
        self.norm = nn.BatchNorm2d(channels)
        self.activation = nn.ReLU()

    def forward(self, sequence: Tensor) -> Tensor:
        """One-hot (N, 4, L) to (N, channels, 1, ceil(L / size))."""
        filters = torch.cat([self.filters, reverse_complement(self.filters)]).unsqueeze(2)
        image = sequence.unsqueeze(2).contiguous(memory_format=torch.channels_last)
        strands = self.pool(functional.conv2d(image, filters, padding="same")).unflatten(1, (2, -1))
        return self.activation(self.norm(self.better(strands.movedim(1, -1).flatten(-2))))


class RecommendedNetwork(nn.Module):
    """Small residual network with a log ratio that is antisymmetric by construction.

    log ratio = score(A) - score(B), so it is 0 for identical sequences and changes its sign when the
    haplotypes are exchanged. The level that both share has an output of its own, averaged over the
    haplotypes: count = level +- log ratio / 2. Score and level are linear in features averaged over a
    few coarse bins of the window: what a motif does depends little on where exactly it stands, which few
    regions suffice to learn. An interaction adds terms to the log ratio in which a linear score of the
    difference is scaled by the features that both share: it too changes its sign with the haplotypes.
    The layers behind the first one read the sequence in one direction; `predict` averages both.

    Parameters
    ----------
    sizes
        Layer sizes.
    length
        L, bases per haplotype.
    tasks
        T, number of tasks; each has outputs of its own, the trunk is shared.
    """

    strand_average = True

    def __init__(self, sizes: RecommendedArchitecture, length: int, tasks: int = 1) -> None:
        super().__init__()
        width = sizes.channels
        layers: list[nn.Module] = [BothStrands(width, sizes.kernel_length, sizes.pooling, sizes.pooling_size)]
        positions = -(-length // sizes.pooling_size)
        for _ in range(sizes.conv_layers):
            layers += [Residual(_block(width, sizes.kernel_size)), _pool(sizes.pooling, 2)]
            positions = -(-positions // 2)
        bin_size = -(-positions // sizes.bins)
        layers += [_pool("avg", bin_size), nn.Flatten(), nn.Dropout(sizes.dropout)]
        self.trunk = nn.Sequential(*layers)
        features = width * -(-positions // bin_size)
        # A bias would cancel in the difference.
        self.score = nn.Linear(features, tasks, bias=False)
        self.level = nn.Linear(features, tasks)
        self.interaction = Interaction(features, sizes.interaction, tasks) if sizes.interaction else None

    def forward(self, sequence: Tensor) -> Prediction:
        """Predict pairs of sequences, one-hot (B, 2, 4, L): mean over tasks, (B, 2) and (B,)."""
        return self.tasks(sequence).mean()

    def tasks(self, sequence: Tensor) -> Prediction:
        """Predict each task: (B, T, 2) and (B, T)."""
        features = self.trunk(fold_haplotypes(sequence))
        first, second = features.view(len(sequence), 2, -1).unbind(dim=1)
        # The score is linear: scoring the difference rounds alike in both directions, and 0 stays 0.
        difference = first - second
        log_ratio = self.score(difference)
        if self.interaction is not None:
            log_ratio = log_ratio + self.interaction(difference, first + second)
        level = self.level((first + second) / 2)
        return Prediction(torch.stack([level + log_ratio / 2, level - log_ratio / 2], dim=-1), log_ratio)

    def set_mean_count(self, mean: Tensor) -> None:
        """Start the levels' biases at the means of the count targets (log2), (T,)."""
        with torch.no_grad():
            self.level.bias.copy_(mean)


class Interaction(nn.Module):
    """Antisymmetric part of the log ratio: linear scores of the difference, each scaled by what is shared.

    Parameters
    ----------
    features, terms, tasks
        Number of features of a haplotype, of scaled scores, and of tasks.
    """

    def __init__(self, features: int, terms: int, tasks: int) -> None:
        super().__init__()
        self.difference = nn.Linear(features, terms, bias=False)
        self.scale = nn.Sequential(nn.Linear(features, terms), nn.ReLU())
        self.sum = nn.Linear(terms, tasks, bias=False)

    def forward(self, difference: Tensor, shared: Tensor) -> Tensor:
        """A - B and A + B, (B, features) each, to (B, T)."""
        return self.sum(self.difference(difference) * self.scale(shared))


class Residual(nn.Module):
    """A block added to its input."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, values: Tensor) -> Tensor:
        """Input plus the block's output, the same shape."""
        return values + self.block(values)


def _pool(kind: str, size: int) -> nn.Module:
    """Pooling over `size` positions; a shorter last window is kept."""
    layer = nn.AvgPool2d if kind == "avg" else nn.MaxPool2d
    return layer((1, size), ceil_mode=True)


def _block(channels: int, width: int) -> nn.Sequential:
    # Normalised before the ReLU, so that no filter can die at the high learning rates of one-cycle.
    convolution = nn.Conv2d(channels, channels, (1, width), padding="same")
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.ReLU())
