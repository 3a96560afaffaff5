"""What training makes small."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from deepallele.model.data import Batch
from deepallele.model.prediction import Prediction
from deepallele.model.presets import Training


def pair_loss(prediction: Prediction, batch: Batch, settings: Training) -> Tensor:
    """Loss of counts and log ratio: (count + w ratio) / (1 + w), w = `ratio_weight`.

    With w = 1/2 and squared errors this is the published mean over count A, count B and log ratio.

    Parameters
    ----------
    prediction
        Of the batch.
    batch
        The targets.
    settings
        Kind and weight of the ratio's loss.
    """
    count = functional.mse_loss(prediction.count, batch.activity)
    weight = settings.ratio_weight
    return (count + weight * ratio_loss(prediction.log_ratio, batch, settings)) / (1 + weight)


def ratio_loss(log_ratio: Tensor, batch: Batch, settings: Training) -> Tensor:
    """Loss of the log ratio over the regions with enough informative fragments.

    "mse" is the mean squared error against the measured log ratio. "binomial" is the deviance of A
    among n = A + B fragments per fragment, weighted by n / (1 + (n - 1) rho), the information in n
    fragments whose share varies between replicates with overdispersion rho; the weights' mean over
    the batch is 1 and the scale is that of a squared error in log2 at a ratio of 0.

    Parameters
    ----------
    log_ratio
        Predicted log2(A/B), (B,).
    batch
        The targets.
    settings
        Kind of loss and overdispersion.

    Returns
    -------
    Tensor
        Scalar; 0 where no region counts.
    """
    kept = batch.kept.float()
    if settings.ratio_loss == "mse":
        error = (log_ratio - batch.log_ratio).square()
        return (kept * error).sum() / kept.sum().clamp(min=1)
    total = batch.informative.sum(dim=1)
    weight = kept * total / (1 + (total - 1).clamp(min=0) * settings.overdispersion)
    share = batch.informative[:, 0] / total.clamp(min=1)
    error = functional.binary_cross_entropy_with_logits(log_ratio * math.log(2), share, reduction="none")
    entropy = -(torch.xlogy(share, share) + torch.xlogy(1 - share, 1 - share))
    deviance = (error - entropy) * (8 / math.log(2) ** 2)
    return (weight * deviance).sum() / weight.sum().clamp(min=1e-6)
