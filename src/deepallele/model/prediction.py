"""What every model returns."""

from typing import NamedTuple

from torch import Tensor


class Prediction(NamedTuple):
    """Prediction for B pairs of sequences.

    Attributes
    ----------
    count
        (B, 2), log2 activity of each haplotype, A first.
    log_ratio
        (B,), log2(A/B).
    """

    count: Tensor  # type: ignore[assignment]
    log_ratio: Tensor
