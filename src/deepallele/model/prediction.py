"""What every model returns."""

from typing import NamedTuple

from torch import Tensor


class Prediction(NamedTuple):
    """Prediction for B pairs of sequences.

    Attributes
    ----------
    count
        (B, 2), log2 activity of each haplotype, A first; of each of T tasks (B, T, 2).
    log_ratio
        (B,), log2(A/B); of each task (B, T).
    """

    count: Tensor  # type: ignore[assignment]
    log_ratio: Tensor

    def mean(self) -> "Prediction":
        """Mean over tasks."""
        return Prediction(self.count.mean(dim=1), self.log_ratio.mean(dim=1))

    def mean_of(self, tasks: Tensor) -> "Prediction":
        """Mean over the tasks that are chosen for each region, bool (B, T)."""
        weight = tasks / tasks.sum(dim=1, keepdim=True)
        return Prediction((self.count * weight[..., None]).sum(dim=1), (self.log_ratio * weight).sum(dim=1))
