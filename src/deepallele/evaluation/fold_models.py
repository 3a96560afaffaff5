"""What the models of one fold, one per seed, say together."""

import numpy as np
from numpy.typing import NDArray

from deepallele.dataset.store import VALIDATION, Dataset
from deepallele.effects.ensemble import Ensemble
from deepallele.evaluation.uncertainty import Calibration, fit_calibration, measured_log_ratio
from deepallele.model.predict import predict

# Two numbers need no more regions.
MAX_CALIBRATION = 2000


def predict_fold(
    ensemble: Ensemble, fold: int, codes: NDArray[np.uint8], measured: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Predict pairs of windows, uint8 (n, 2, L), with the models of a fold.

    `measured`, bool (n, tasks): the tasks whose mean is taken for each; None: all.

    Returns
    -------
    tuple[NDArray[np.float64], NDArray[np.float64]]
        log2 counts (seeds, n, 2) and log2(A/B) (seeds, n), seeds in ascending order.
    """
    found = [predict(model, codes, measured=measured) for model in ensemble.models(fold)]
    counts, ratios = zip(*found, strict=True)
    return np.stack(counts).astype(np.float64), np.stack(ratios).astype(np.float64)


def seed_variance(ratios: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Sample variance over seeds, (seeds, n) -> (n,); None with one seed."""
    return ratios.var(axis=0, ddof=1) if len(ratios) > 1 else None


def calibrate_fold(ensemble: Ensemble, dataset: Dataset, fold: int, min_informative: int) -> Calibration:
    """Tell the error of a fold's predictions from its validation regions; see `evaluation.uncertainty`.

    Parameters
    ----------
    ensemble
        The models.
    dataset
        All regions.
    fold
        The fold; its validation regions with enough informative pairs are predicted, at most 2,000, evenly
        spread.
    min_informative
        How many are enough.
    """
    measured = measured_log_ratio(dataset)
    usable = dataset.kept(min_informative) & np.isfinite(measured.variance)
    rows = np.flatnonzero(usable & (dataset.split[fold] == VALIDATION))
    rows = evenly(rows, MAX_CALIBRATION)
    tasks = dataset.measured_tasks(ensemble.tasks)
    _, ratios = predict_fold(ensemble, fold, dataset.sequence[rows], None if tasks is None else tasks[rows])
    return fit_calibration(ratios.mean(axis=0), seed_variance(ratios), measured.of(rows))


def evenly(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most `most` of some rows, evenly spread over them."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
