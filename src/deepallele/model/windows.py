"""Convolution of one-hot sequences as one product of matrices."""

from torch import Tensor
from torch.nn import functional


def windows(sequence: Tensor, width: int) -> Tensor:
    """Bases around each position, (N, 4, L) to (N, L, 4 width), 0 beyond the ends."""
    left = (width - 1) // 2
    padded = functional.pad(sequence, (left, width - 1 - left))
    return padded.unfold(2, width, 1).movedim(1, 2).flatten(2)


def scan(sequence: Tensor, filters: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve one-hot sequences (N, 4, L) with filters (C, 4, width): (N, C, 1, L), channels last."""
    product = functional.linear(windows(sequence, filters.shape[-1]), filters.flatten(1), bias)
    return product.movedim(2, 1).unsqueeze(2)
