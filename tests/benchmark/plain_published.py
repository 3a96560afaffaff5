"""The published multi-head network in the plainest PyTorch: what the library's is compared with.

The trunk runs once for each haplotype, layers one after the other on (N, C, L), autograd keeps everything.
"""

import torch
from torch import Tensor, nn

from deepallele.model.presets import PublishedArchitecture


def conv_block(inputs: int, outputs: int, width: int) -> nn.Sequential:
    """Convolution, ReLU, batch normalisation."""
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, width, padding="same"), nn.ReLU(), nn.BatchNorm1d(outputs)
    )


class ResidualBlock(nn.Module):
    """A block added to its input."""

    def __init__(self, width: int, kernel_size: int) -> None:
        super().__init__()
        self.block = conv_block(width, width, kernel_size)

    def forward(self, values: Tensor) -> Tensor:
        """Input plus the block's output."""
        return values + self.block(values)


def head(width: int, layers: int, dropout: float) -> nn.Sequential:
    """Dense layers of constant width, then one output."""
    hidden: list[nn.Module] = []
    for _ in range(layers):
        hidden += [nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*hidden, nn.Linear(width, 1))


class PlainNetwork(nn.Module):
    """One-hot pairs, float32 (B, 2, 4, L), to count A, count B and log ratio, (B, 3)."""

    def __init__(self, sizes: PublishedArchitecture, length: int) -> None:
        super().__init__()
        width, positions = sizes.filter_number, 2 * length
        layers: list[nn.Module] = [
            conv_block(4, sizes.kernel_number, sizes.kernel_length),
            conv_block(sizes.kernel_number, width, sizes.kernel_size),
        ]
        for _ in range(sizes.conv_layers):
            pool = nn.AvgPool1d(sizes.pooling_size, ceil_mode=True)
            layers += [ResidualBlock(width, sizes.kernel_size), pool]
            positions = -(-positions // sizes.pooling_size)
        dense = nn.Linear(positions * width, sizes.hidden)
        self.trunk = nn.Sequential(*layers, nn.Flatten(), dense, nn.ReLU())
        self.count_head = head(sizes.hidden, sizes.h_layers, sizes.dropout)
        self.ratio_head = head(2 * sizes.hidden, sizes.h_layers, sizes.dropout)

    def forward(self, sequence: Tensor) -> Tensor:
        """Predict pairs."""
        strands = torch.cat([sequence, sequence.flip(2, 3)], dim=3)
        a, b = self.trunk(strands[:, 0]), self.trunk(strands[:, 1])
        ratio = self.ratio_head(torch.cat([a, b], dim=1))
        return torch.cat([self.count_head(a), self.count_head(b), ratio], dim=1)
