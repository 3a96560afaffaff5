"""What training makes small.

All losses are on the scale of a squared error in log2, so that their weights mean the same whatever their
kinds: where a likelihood tells a region's noise, regions differ in weight, but the mean weight is 1.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from deepallele.model.data import Batch
from deepallele.model.prediction import Prediction
from deepallele.model.presets import Training

# Deviance of a share at 1/2 per fragment, over the squared error of log2(A/B): ln(2)^2 / 4 of -2 log L.
RATIO_SCALE = 8 / math.log(2) ** 2
SMALLEST_SHARE = 1e-6


def pair_loss(prediction: Prediction, batch: Batch, settings: Training) -> Tensor:
    """Loss of counts and log ratio: (count + w ratio) / (1 + w), w = `ratio_weight`.

    With w = 1/2 and squared errors this is the published mean over count A, count B and log ratio.

    Parameters
    ----------
    prediction
        Of the batch, per task: count (B, T, 2), log ratio (B, T).
    batch
        The targets.
    settings
        Kinds of the losses, and weight of the ratio's.
    """
    count = count_loss(prediction.count, batch.activity, settings)
    weight = settings.ratio_weight
    return (count + weight * ratio_loss(prediction.log_ratio, batch, settings)) / (1 + weight)


def count_loss(count: Tensor, activity: Tensor, settings: Training) -> Tensor:
    """Loss of the counts.

    "mse" is the mean squared error of log2(1 + count), or of activities over those that were measured.
    "poisson" and "negative_binomial" are the deviance of 1 + count from its expectation 2^prediction:
    variance m, or m + `count_dispersion` m^2. Half a deviance is, near its minimum, the squared error of
    ln m times m, or m / (1 + `count_dispersion` m); it is divided by the batch's mean of that.

    Parameters
    ----------
    count
        Predicted log2(1 + count), any shape.
    activity
        Measured, the same shape; NaN where an activity was not measured, which "mse" leaves out.
    settings
        `count_loss` and `count_dispersion`.
    """
    if settings.count_loss == "mse":
        known = activity.isfinite()
        error = count - torch.where(known, activity, count.detach())
        return error.square().sum() / known.sum().clamp(min=1)
    seen, error = torch.exp2(activity), (activity - count) * math.log(2)
    dispersion = settings.count_dispersion if settings.count_loss == "negative_binomial" else 0.0
    if dispersion == 0:
        half = seen * error - seen + torch.exp2(count)
        weight = seen
    else:
        inverse = 1 / dispersion
        spread = torch.log1p(dispersion * seen) - torch.log1p(dispersion * torch.exp2(count))
        half = seen * error - (seen + inverse) * spread
        weight = seen / (1 + dispersion * seen)
    return 2 * half.mean() / (weight.mean() * math.log(2) ** 2)


def ratio_loss(log_ratio: Tensor, batch: Batch, settings: Training) -> Tensor:
    """Loss of the log ratio over the regions with enough informative fragments.

    "mse" is the mean squared error against the measured log ratio. "binomial" is the deviance of A
    among n = A + B fragments per fragment, weighted by n / (1 + (n - 1) rho), the information in n
    fragments whose share varies between replicates with overdispersion rho. "beta_binomial" is the
    likelihood of A among n in full, its share beta distributed with the same rho, less that of the measured
    share. Weights are divided by their mean over the batch, and the scale is that of a squared error in log2
    at a ratio of 0.

    Parameters
    ----------
    log_ratio
        Predicted log2(A/B), (B, T).
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
        error = log_ratio - torch.where(batch.kept, batch.log_ratio, log_ratio.detach())
        return error.square().sum() / kept.sum().clamp(min=1)
    total, rho = batch.informative.sum(dim=-1), settings.overdispersion
    weight = kept * total / (1 + (total - 1).clamp(min=0) * rho)
    share = batch.informative[..., 0] / total.clamp(min=1)
    logit = log_ratio * math.log(2)
    if settings.ratio_loss == "binomial":
        error = functional.binary_cross_entropy_with_logits(logit, share, reduction="none")
        entropy = -(torch.xlogy(share, share) + torch.xlogy(1 - share, 1 - share))
        loss = weight * (error - entropy)
    else:
        best = torch.logit(share, SMALLEST_SHARE)
        a, b = batch.informative.unbind(dim=-1)
        loss = kept * (_log_beta_binomial(best, a, b, rho) - _log_beta_binomial(logit, a, b, rho))
    return loss.sum() * RATIO_SCALE / weight.sum().clamp(min=1e-6)


def _log_beta_binomial(logit: Tensor, a: Tensor, b: Tensor, rho: float) -> Tensor:
    """Log probability of a and b of a + b fragments, without the binomial coefficient.

    The share is beta distributed around sigmoid(logit) with concentration (1 - rho) / rho.
    """
    concentration = (1 - rho) / rho
    alpha = (torch.sigmoid(logit) * concentration).clamp(min=SMALLEST_SHARE)
    beta = (torch.sigmoid(-logit) * concentration).clamp(min=SMALLEST_SHARE)
    rising = torch.lgamma(a + alpha) - torch.lgamma(alpha) + torch.lgamma(b + beta) - torch.lgamma(beta)
    return rising - torch.lgamma(a + b + concentration) + math.lgamma(concentration)
