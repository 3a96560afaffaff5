"""Base codes (A0 C1 G2 T3, other 4) as model input, and the other strand of both."""

import torch
from torch import Tensor

_COMPLEMENT = torch.tensor([3, 2, 1, 0, 4], dtype=torch.uint8)


def one_hot(codes: Tensor) -> Tensor:
    """One-hot encode base codes on their device.

    Parameters
    ----------
    codes
        uint8 (..., L), A0 C1 G2 T3, any other base 4.

    Returns
    -------
    Tensor
        float32 (..., 4, L); a base that is none of A, C, G, T is all zeros.
    """
    bases = torch.arange(4, dtype=codes.dtype, device=codes.device).unsqueeze(-1)
    return (codes.unsqueeze(-2) == bases).float()


def reverse_complement(sequence: Tensor) -> Tensor:
    """Reverse complement of one-hot sequences (..., 4, L)."""
    return sequence.flip((-2, -1))


def reverse_complement_codes(codes: Tensor) -> Tensor:
    """Reverse complement of base codes, uint8 (..., L); other (4) stays other."""
    return _COMPLEMENT.to(codes.device)[codes.flip(-1).int()]


def fold_haplotypes(sequence: Tensor) -> Tensor:
    """Fold pairs (B, 2, 4, L) into the batch, haplotype inner: (2B, 4, L)."""
    return sequence.reshape(-1, *sequence.shape[2:])
