"""How far predicted log ratios are from the true ones, told from validation regions.

A residual, measured minus predicted, is the error of the prediction plus the noise of counting. The noise
is known from the counts; what is left of the squared residuals is the error's variance. It is fitted on the
regions of a fold that its models did not train on, never on the fold's test regions, as the sum of three
parts: a constant; a multiple of the root of |prediction|, as a model that expects no difference is rarely far
off (on simulated crosses the root fits better than |prediction| or its square); and, where models of several
seeds were trained, a multiple of the variance over seeds, which tells where they do not agree. Early
stopping saw the validation regions too, so that the error may come out a little too small;
`coverage` on test regions says by how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.stats import norm

from deepallele.dataset.store import Dataset

NOMINAL = (0.5, 0.8, 0.95)
# Fewest regions to tell an error at all, and to tell on what it depends.
MIN_REGIONS, MIN_FOR_PARTS = 3, 50
ROUNDS = 20
Z_95 = float(norm.ppf(0.975))
LN2_SQUARED = np.log(2) ** 2


class Measured(NamedTuple):
    """Measured log ratios of n regions with their noise, float64 (n,) each, log2 units.

    Attributes
    ----------
    log_ratio
        log2(A/B), with as little bias from the depth as can be.
    variance
        Variance of counting noise, without bias from the region's own counts; 0 where activities were
        measured, missing without informative fragments.
    at_even
        The same if both haplotypes were equally strong: it depends on the depth alone, so that weights made
        of it do not favour regions whose noise happens to be small.
    """

    log_ratio: NDArray[np.float64]
    variance: NDArray[np.float64]
    at_even: NDArray[np.float64]

    def of(self, rows: NDArray[np.int64]) -> "Measured":
        """Those of some regions."""
        return Measured(*(values[rows] for values in self))


def measured_log_ratio(dataset: Dataset) -> Measured:
    """Measured log ratio of every region with the variance of its counting noise.

    Of "shared" targets the ratio is log2((A + 1/2) / (B + 1/2)), whatever the pseudocount of the targets,
    and the variance (1 / (A + 1/2) + 1 / (B + 1/2)) / ln(2)^2: both have hardly any bias (Gart and Zweifel
    1967, Biometrika 54:181), where a larger pseudocount draws the ratio of thinly covered regions to 0. Of
    "published" targets it is their own ratio, with the variance of the binomial A by the delta method.
    Variation between libraries is not in it. Of measured activities there is no noise that could be told.
    """
    log_ratio = dataset.log_ratio().astype(np.float64)
    if dataset.activity is not None:
        return Measured(log_ratio, np.zeros(len(log_ratio)), np.zeros(len(log_ratio)))
    a, b, ambiguous = dataset.count.sum(axis=1, dtype=np.int64).T
    total = np.where(a + b > 0, a + b, np.nan)
    if dataset.target_kind == "published":
        added, share = 1 + ambiguous / 2, (a + 0.5) / (total + 1)
        return Measured(log_ratio, _delta(total, share, added), _delta(total, np.full(len(a), 0.5), added))
    variance = np.where(a + b > 0, 1 / (a + 0.5) + 1 / (b + 0.5), np.nan) / LN2_SQUARED
    return Measured(np.log2(a + 0.5) - np.log2(b + 0.5), variance, 4 / (total + 1) / LN2_SQUARED)


def _delta(
    total: NDArray[np.float64], share: NDArray[np.float64], added: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Variance of log2((A + added) / (B + added)) of A, binomial with `total` and `share`."""
    slope = 1 / (total * share + added) + 1 / (total * (1 - share) + added)
    return total * share * (1 - share) * slope**2 / LN2_SQUARED


@dataclass(frozen=True)
class Calibration:
    """Variance of a prediction's error: constant + per_root * root of |p| + per_seed_variance * spread.

    Attributes
    ----------
    n
        Regions it was fitted on.
    constant
        s0^2, (log2 units)^2; None where there were too few regions.
    per_seed_variance
        s1, at least 0, of the variance of p over seeds; 0 with one seed or few regions.
    per_root
        s2, at least 0, of the root of |p|, p the predicted log2(A/B); 0 with few regions.
    """

    n: int
    constant: float | None
    per_seed_variance: float = 0.0
    per_root: float = 0.0

    def error(
        self, log_ratio: NDArray[np.float64], spread: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        """Standard deviation of the error of predictions (n,) with the variance `spread` over seeds."""
        if self.constant is None:
            return np.full(len(log_ratio), np.nan)
        variance = self.constant + self.per_root * np.sqrt(np.abs(log_ratio))
        return np.sqrt(variance if spread is None else variance + self.per_seed_variance * spread)


def fit_calibration(
    log_ratio: NDArray[np.float64], spread: NDArray[np.float64] | None, measured: Measured
) -> Calibration:
    """Fit the variance of the error to squared residuals less counting noise.

    Weighted least squares with coefficients of at least 0; weights follow the fit. Nothing is assumed of the
    error's distribution, and the noise need be known on average only. Where counting noise alone explains
    the residuals, the error is not 0 but what so few regions could overlook: the constant is at least the
    standard error of the mean squared residual.

    Parameters
    ----------
    log_ratio
        Predicted log2(A/B) of n validation regions.
    spread
        Its variance over seeds, (n,); None with one seed.
    measured
        Measured log ratios of the same regions.
    """
    n = len(log_ratio)
    if n < MIN_REGIONS:
        return Calibration(n, None)
    excess = (measured.log_ratio - log_ratio) ** 2 - measured.variance
    parts = [np.sqrt(np.abs(log_ratio)), np.zeros(n) if spread is None else spread]
    design = np.stack([np.ones(n), *(parts if n >= MIN_FOR_PARTS else [])], axis=1)
    scale = max(float(excess.mean()), 1e-12)
    fitted = np.full(n, scale)
    for _ in range(ROUNDS):
        # The variance of a squared residual is as its squared mean. No region may outweigh all others.
        weight = 1 / np.maximum(fitted + measured.at_even, 0.05 * scale)
        coefficients, _ = nnls(design * weight[:, None], excess * weight)
        fitted = design @ coefficients
    weight = weight**2 / (weight**2).sum()
    overlooked = float(np.sqrt(((weight * (excess - fitted)) ** 2).sum()))
    constant, per_root, per_seed_variance = [*map(float, coefficients), 0.0, 0.0][:3]
    return Calibration(n, max(constant, overlooked), per_seed_variance, per_root)


def coverage(
    residual: NDArray[np.float64],
    error: NDArray[np.float64],
    variance: NDArray[np.float64],
    nominal: Sequence[float] = NOMINAL,
) -> dict[str, Any]:
    """Share of measured log ratios inside the interval that error and counting noise give.

    Parameters
    ----------
    residual
        Measured less predicted log ratio, (n,).
    error, variance
        Standard deviation of the prediction's error, variance of counting noise.
    nominal
        Expected shares.

    Returns
    -------
    dict
        n, and observed: a share per nominal one; None without regions.
    """
    n = len(residual)
    z = np.abs(residual) / np.sqrt(error**2 + variance)
    limits = norm.ppf(0.5 + np.asarray(nominal) / 2)
    return {"n": n, "observed": [float((z <= limit).mean()) if n else None for limit in limits]}


def interval(
    log_ratio: NDArray[np.float64], error: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """95 % interval of the true log ratio around the predicted one."""
    return log_ratio - Z_95 * error, log_ratio + Z_95 * error
