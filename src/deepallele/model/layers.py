"""Layers on sequences as images of height 1, (N, C, 1, L), whose channels are last in memory.

On a CPU torch's kernels for such images take a fifth less time than those for (N, C, L), those for batch
normalisation a third, and a first convolution of four bases as one product of matrices less than half.
Parameters have the shape of `nn.Conv1d`.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from deepallele.model.blocks import Average, Block, FirstBlocks
from deepallele.model.windows import scan


class FirstConvolution(nn.Conv1d):
    """Convolution of one-hot sequences."""

    def forward(self, sequence: Tensor) -> Tensor:
        """(N, 4, L) to (N, C, 1, L)."""
        if sequence.requires_grad:
            # The gradient of overlapping windows would be slow.
            return functional.conv1d(sequence, self.weight, self.bias, padding="same").unsqueeze(2)
        return scan(sequence, self.weight, self.bias)


class Convolution(nn.Conv1d):
    """Convolution that keeps the length; (N, C, 1, L) to (N, D, 1, L)."""

    def __init__(self, inputs: int, outputs: int, width: int, dilation: int = 1) -> None:
        super().__init__(inputs, outputs, width, dilation=dilation)

    def forward(self, values: Tensor) -> Tensor:
        """Convolve along the sequence."""
        weight = self.weight.unsqueeze(2)
        return functional.conv2d(values, weight, self.bias, padding="same", dilation=(1, self.dilation[0]))


class ConvBlock(nn.Sequential):
    """Convolution, ReLU and, if wanted, batch normalisation; (N, C, 1, L) to (N, D, 1, L)."""

    def __init__(self, convolution: FirstConvolution | Convolution, batch_norm: bool) -> None:
        norm = [nn.BatchNorm2d(convolution.out_channels)] if batch_norm else []
        super().__init__(convolution, nn.ReLU(), *norm)

    def forward(self, values: Tensor, residual: bool = False) -> Tensor:
        """Output, with the input added if wanted."""
        if isinstance(self[0], Convolution) and self._is_lean(values):
            convolution = self._convolution()
            result: Tensor = Block.apply(
                values, convolution.weight.unsqueeze(2), convolution.bias, convolution.dilation[0],
                *self._norm(), residual,
            )  # fmt: skip
            return result
        result = super().forward(values)
        return values + result if residual else result

    def behind(self, first: "ConvBlock", sequence: Tensor) -> Tensor:
        """Output of this block on that of `first`, which scans the bases (N, 4, L)."""
        if self._is_lean(sequence) and first._is_lean(sequence) and not sequence.requires_grad:
            scanning, convolution = first._convolution(), self._convolution()
            result: Tensor = FirstBlocks.apply(
                sequence, scanning.weight, scanning.bias, *first._norm(),
                convolution.weight.unsqueeze(2), convolution.bias, convolution.dilation[0], *self._norm(),
            )  # fmt: skip
            return result
        result = self(first(sequence))
        return result

    def _is_lean(self, values: Tensor) -> bool:
        """Whether gradients of our own fit: in training on a CPU, in the precision of the values."""
        other = torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling()
        plain = values.device.type == "cpu" and not other and torch.is_grad_enabled()
        # Of a single value there is no variance; torch says so.
        plain = plain and len(values) * values.shape[-1] > 1
        convolution = self._convolution()
        # They are for as many positions before as behind.
        symmetric = convolution.dilation[0] * (convolution.kernel_size[0] - 1) % 2 == 0
        fits = isinstance(convolution, FirstConvolution) or symmetric
        return len(self) == 3 and self._norm()[0].training and self.training and fits and plain

    def _convolution(self) -> nn.Conv1d:
        return cast(nn.Conv1d, self[0])

    def _norm(self) -> tuple[nn.BatchNorm2d, Tensor, Tensor]:
        norm = cast(nn.BatchNorm2d, self[2])
        return norm, norm.weight, norm.bias


class ResidualBlock(nn.Module):
    """A block added to its input."""

    def __init__(self, block: ConvBlock) -> None:
        super().__init__()
        self.block = block

    def forward(self, values: Tensor) -> Tensor:
        """Input plus the block's output, the same shape."""
        result: Tensor = self.block(values, residual=True)
        return result


class AveragePool(nn.AvgPool2d):
    """Mean over `size` positions, the last ones may be fewer; (N, C, 1, L) to (N, C, 1, ceil(L / size))."""

    def __init__(self, size: int) -> None:
        super().__init__((1, size), ceil_mode=True)
        self.size = size

    def forward(self, values: Tensor) -> Tensor:
        """Average along the sequence."""
        if self.training and not torch.compiler.is_compiling():
            result: Tensor = Average.apply(values, self.size)
            return result
        return super().forward(values)
