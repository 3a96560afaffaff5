"""The recommended network: one score per haplotype, a log ratio that is their difference."""

import torch
from torch import Tensor, nn

from deepallele.model.encode import fold_haplotypes
from deepallele.model.prediction import Prediction
from deepallele.model.presets import RecommendedArchitecture
from deepallele.model.published import Residual, pooling


class RecommendedNetwork(nn.Module):
    """Small residual network with a log ratio that is antisymmetric by construction.

    log ratio = score(A) - score(B), so it is 0 for identical sequences and changes its sign when the
    haplotypes are exchanged. The level that both share has an output of its own, averaged over the
    haplotypes: count = level +- log ratio / 2. Score and level are linear in features averaged over a
    few coarse bins of the window: what a motif does depends little on where exactly it stands, which few
    regions suffice to learn. One strand per forward; `predict` averages both.

    Parameters
    ----------
    sizes
        Layer sizes.
    length
        L, bases per haplotype.
    """

    strand_average = True

    def __init__(self, sizes: RecommendedArchitecture, length: int) -> None:
        super().__init__()
        width = sizes.channels
        layers = [*_convolution(4, width, sizes.kernel_length), pooling(sizes.pooling, sizes.pooling_size)]
        positions = -(-length // sizes.pooling_size)
        for _ in range(sizes.conv_layers):
            block = nn.Sequential(*_convolution(width, width, sizes.kernel_size))
            layers += [Residual(block), pooling(sizes.pooling, 2)]
            positions = -(-positions // 2)
        bin_size = -(-positions // sizes.bins)
        layers += [pooling("avg", bin_size), nn.Flatten(), nn.Dropout(sizes.dropout)]
        self.trunk = nn.Sequential(*layers)
        features = width * -(-positions // bin_size)
        self.score = nn.Linear(features, 1, bias=False)  # a bias would cancel in the difference
        self.level = nn.Linear(features, 1)

    def forward(self, sequence: Tensor) -> Prediction:
        """Predict pairs of sequences, one-hot (B, 2, 4, L)."""
        features = self.trunk(fold_haplotypes(sequence))
        first, second = features.view(len(sequence), 2, -1).unbind(dim=1)
        # The score is linear: scoring the difference rounds alike in both directions, and 0 stays 0.
        log_ratio = self.score(first - second).squeeze(-1)
        level = self.level((first + second) / 2).squeeze(-1)
        return Prediction(torch.stack([level + log_ratio / 2, level - log_ratio / 2], dim=1), log_ratio)

    def set_mean_count(self, mean: float) -> None:
        """Start the level's bias at the mean of the count targets (log2)."""
        nn.init.constant_(self.level.bias, mean)


def _convolution(inputs: int, outputs: int, width: int) -> list[nn.Module]:
    # Normalised before the ReLU, so that no filter can die at the high learning rates of one-cycle.
    return [nn.Conv1d(inputs, outputs, width, padding="same"), nn.BatchNorm1d(outputs), nn.ReLU()]
