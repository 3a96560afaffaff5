"""Predictions of trained networks for many regions."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from deepallele.model.encode import one_hot, reverse_complement_codes
from deepallele.model.prediction import Prediction


def predict(
    model: nn.Module,
    codes: NDArray[np.uint8],
    batch_size: int = 256,
    measured: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Predict all regions, averaged over tasks, and over both strands where the model asks for it.

    Parameters
    ----------
    model
        Network in evaluation mode; its device is used.
    codes
        uint8 (n, 2, L), base codes of both haplotypes.
    batch_size
        Regions at a time.
    measured
        bool (n, T), tasks whose mean is taken for each region, one at least; None: all.

    Returns
    -------
    tuple[NDArray[np.float32], NDArray[np.float32]]
        log2 counts (n, 2) and log2(A/B) (n,).
    """
    device = next(model.parameters()).device
    counts = np.empty((len(codes), 2), dtype=np.float32)
    ratios = np.empty(len(codes), dtype=np.float32)
    with torch.inference_mode():
        for first in range(0, len(codes), batch_size):
            rows = slice(first, first + batch_size)
            shown = torch.as_tensor(codes[rows], device=device)
            if measured is None:
                batch = predict_codes(model, shown)
            else:
                batch = predict_tasks(model, shown).mean_of(torch.as_tensor(measured[rows], device=device))
            counts[rows] = batch.count.cpu().numpy()
            ratios[rows] = batch.log_ratio.cpu().numpy()
    return counts, ratios


def predict_codes(model: nn.Module, codes: torch.Tensor) -> Prediction:
    """Predict one batch of base codes, uint8 (B, 2, L) on the model's device; mean over tasks."""
    return _strand_mean(model, model, codes)


def predict_tasks(model: Any, codes: torch.Tensor) -> Prediction:
    """Predict each task for one batch of base codes, uint8 (B, 2, L) on the model's device."""
    return _strand_mean(model, model.tasks, codes)


def _strand_mean(model: nn.Module, forward: Callable[..., Any], codes: torch.Tensor) -> Prediction:
    found: Prediction = forward(one_hot(codes))
    if not getattr(model, "strand_average", False):
        return found
    reverse = forward(one_hot(reverse_complement_codes(codes)))
    return Prediction(*((first + second) / 2 for first, second in zip(found, reverse, strict=True)))
