"""The published networks: single-head, computed ratio and multi-head.

Tu, Sasse, Chowdhary, Spiro et al., "Deep genomic models of allele-specific measurements",
bioRxiv 2025. Written from the description; the layers stand in the order of the published ones.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepallele.model.encode import fold_haplotypes, reverse_complement
from deepallele.model.layers import AveragePool, ConvBlock, Convolution, FirstConvolution, ResidualBlock
from deepallele.model.prediction import Prediction
from deepallele.model.presets import PublishedArchitecture


class SoftmaxPool(nn.Module):
    """Pooling to the mean of a window's values, each weighted by its own softmax; (N, C, 1, L).

    A shorter last window is kept.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, values: Tensor) -> Tensor:
        """(N, C, 1, L) to (N, C, 1, ceil(L / size))."""
        missing = -values.shape[-1] % self.size
        windows = functional.pad(values, (0, missing)).unflatten(-1, (-1, self.size))
        logits = functional.pad(values, (0, missing), value=-torch.inf).unflatten(-1, (-1, self.size))
        return (windows * logits.softmax(dim=-1)).sum(dim=-1)


def pooling(kind: str, size: int) -> nn.Module:
    """Pooling layer "avg", "max" or "softmax" over `size` positions; a shorter last window is kept."""
    if kind == "softmax":
        return SoftmaxPool(size)
    return AveragePool(size) if kind == "avg" else nn.MaxPool2d((1, size), ceil_mode=True)


class PublishedTrunk(nn.Module):
    """Both strands of a sequence, one after the other, to a vector: (N, 4, L) -> (N, hidden)."""

    def __init__(self, sizes: PublishedArchitecture, length: int) -> None:
        super().__init__()
        width, norm = sizes.filter_number, sizes.all_batch_norm

        def block(inputs: int) -> ConvBlock:
            return ConvBlock(Convolution(inputs, width, sizes.kernel_size, sizes.dilation), norm)

        first = FirstConvolution(4, sizes.kernel_number, sizes.kernel_length)
        self.first = ConvBlock(first, sizes.first_batch_norm)
        self.second = block(sizes.kernel_number)
        layers: list[nn.Module] = []
        positions = 2 * length
        for _ in range(sizes.conv_layers):
            for _ in range(sizes.conv_repeat):
                layers.append(ResidualBlock(block(width)))
            layers.append(pooling(sizes.pooling, sizes.pooling_size))
            positions = -(-positions // sizes.pooling_size)
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(positions * width, sizes.hidden), nn.ReLU())

    def train(self, mode: bool = True) -> "PublishedTrunk":
        """Set the mode; in training ReLU works in place, which attributions could not follow."""
        super().train(mode)
        for layer in self.modules():
            if isinstance(layer, nn.ReLU):
                layer.inplace = mode
        return self

    def forward(self, sequence: Tensor) -> Tensor:
        """Hidden vector of each sequence."""
        strands = torch.cat([sequence, reverse_complement(sequence)], dim=-1)
        return self.dense(self.body(self.second.behind(self.first, strands)))


def head(width: int, layers: int, dropout: float, outputs: int) -> nn.Sequential:
    """Dense layers of constant width with ReLU and dropout, then the outputs."""
    parts: list[nn.Module] = []
    for _ in range(layers):
        parts += [nn.Linear(width, width), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*parts, nn.Linear(width, outputs))


class PublishedNetwork(nn.Module):
    """The three published types in one class.

    The trunk and the count head score each haplotype. The log ratio is the difference of the two
    counts (single-head, computed ratio), or comes from a head on both hidden vectors (multi-head).

    Parameters
    ----------
    sizes
        Layer sizes.
    length
        L, bases per haplotype.
    ratio_head
        Whether the log ratio has a head of its own.
    tasks
        T, number of tasks; the published ones are one. Each has its own last layer of the heads.
    """

    strand_average = False  # both strands are already in the input of the trunk

    def __init__(self, sizes: PublishedArchitecture, length: int, ratio_head: bool, tasks: int = 1) -> None:
        super().__init__()
        self.trunk = PublishedTrunk(sizes, length)
        self.count_head = head(sizes.hidden, sizes.h_layers, sizes.dropout, tasks)
        self.count_relu = nn.ReLU() if sizes.final_relu else nn.Identity()
        self.ratio_head = head(2 * sizes.hidden, sizes.h_layers, sizes.dropout, tasks) if ratio_head else None

    def forward(self, sequence: Tensor) -> Prediction:
        """Predict pairs of sequences, one-hot (B, 2, 4, L): mean over tasks, (B, 2) and (B,)."""
        return self.tasks(sequence).mean()

    def tasks(self, sequence: Tensor) -> Prediction:
        """Predict each task: (B, T, 2) and (B, T)."""
        hidden = self.trunk(fold_haplotypes(sequence))
        count = self._count(hidden).unflatten(0, (-1, 2)).movedim(1, -1)
        if self.ratio_head is None:
            return Prediction(count, count[..., 0] - count[..., 1])
        return Prediction(count, self.ratio_head(hidden.reshape(len(count), -1)))

    def single(self, sequence: Tensor) -> Tensor:
        """Log2 count of single sequences, one-hot (N, 4, L) -> (N, T)."""
        return self._count(self.trunk(sequence))

    def set_mean_count(self, mean: Tensor) -> None:
        """Start the counts' biases at the means of the targets (log2), (T,)."""
        with torch.no_grad():
            self.count_head[-1].get_parameter("bias").copy_(mean)

    def _count(self, hidden: Tensor) -> Tensor:
        return self.count_relu(self.count_head(hidden))
