"""Predictions of every region by models that never saw it."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from deepallele.dataset.store import Dataset
from deepallele.effects.ensemble import NO_FOLD, Ensemble
from deepallele.evaluation.fold_models import calibrate_fold, predict_fold, seed_variance
from deepallele.evaluation.symmetry import check_symmetry
from deepallele.evaluation.uncertainty import interval


class OutOfFold(NamedTuple):
    """Predictions, and what was learned about the models while they were at hand.

    Attributes
    ----------
    table
        One row per region, see `predict_out_of_fold`.
    checks
        identical, antisymmetry (see `symmetry.check_symmetry`), and calibration: per fold the parts of
        `uncertainty.Calibration`.
    """

    table: pd.DataFrame
    checks: dict[str, Any]


def predict_out_of_fold(
    dataset: Dataset,
    checkpoints: Iterable[Path],
    min_informative: int,
    min_abs_log_ratio: float,
    min_abs_z: float,
    device: torch.device | str = "cpu",
) -> OutOfFold:
    """Predict each region with the models of the fold in which it is test.

    Predictions of several tasks are averaged, for each region over those in which it was measured.

    Parameters
    ----------
    dataset
        All regions.
    checkpoints
        Paths `.../fold{k}/seed{s}/model.ckpt` of every fold and seed.
    min_informative, min_abs_log_ratio, min_abs_z
        A region is trusted when it has so many informative pairs, |measured log ratio| and |z| of the
        predicted one are above these, and both have the same sign.
    device
        Where the models run.

    Returns
    -------
    OutOfFold
        The table has one row per region: region, chrom, start, end (reference, 0-based half-open), fold,
        count_a, count_b (log2, mean over seeds), log_ratio (log2(A/B), mean over seeds), log_ratio_sd (sample
        sd over seeds, missing with one seed), log_ratio_error (standard deviation of log_ratio's error,
        fitted on the fold's validation regions, see `uncertainty`), log_ratio_low, log_ratio_high (95 %
        interval of the true log ratio; of the measured one where activities were measured),
        measured_log_ratio, informative, z (log_ratio divided by its root mean square over all regions),
        trusted. Predictions of a region in no test fold are missing.

    Raises
    ------
    InputError
        If a checkpoint is missing or is none.
    """
    ensemble = Ensemble(checkpoints, dataset.split, device)
    seeds = len(ensemble.seeds)
    counts = np.full((seeds, len(dataset.region), 2), np.nan)
    ratios = np.full((seeds, len(dataset.region)), np.nan)
    error = np.full(len(dataset.region), np.nan)
    calibration = []
    tasks = dataset.measured_tasks(ensemble.tasks)
    for fold in map(int, np.setdiff1d(ensemble.fold, [NO_FOLD])):
        rows = np.flatnonzero(ensemble.fold == fold)
        mine = None if tasks is None else tasks[rows]
        counts[:, rows], ratios[:, rows] = predict_fold(ensemble, fold, dataset.sequence[rows], mine)
        fit = calibrate_fold(ensemble, dataset, fold, min_informative)
        error[rows] = fit.error(ratios[:, rows].mean(axis=0), seed_variance(ratios[:, rows]))
        calibration.append({"fold": fold, **asdict(fit)})
    count, log_ratio = counts.mean(axis=0), ratios.mean(axis=0)
    measured, informative = dataset.log_ratio(), dataset.informative()
    z = root_mean_square_scaled(log_ratio)
    trusted = (np.abs(measured) > min_abs_log_ratio) & (np.abs(z) > min_abs_z) & (measured * z > 0)
    low, high = interval(log_ratio, error)
    table = dataset.region[["name", "chrom", "start", "end"]].rename(columns={"name": "region"})
    table = table.assign(
        fold=ensemble.fold,
        count_a=count[:, 0],
        count_b=count[:, 1],
        log_ratio=log_ratio,
        log_ratio_sd=ratios.std(axis=0, ddof=1) if seeds > 1 else np.nan,
        log_ratio_error=error,
        log_ratio_low=low,
        log_ratio_high=high,
        measured_log_ratio=measured,
        informative=informative,
        z=z,
        trusted=trusted & dataset.kept(min_informative),
    )
    checks = check_symmetry(ensemble, dataset, log_ratio)
    return OutOfFold(table, {**checks, "calibration": calibration})


def root_mean_square_scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values divided by their root mean square; missing values stay missing, all zeros stay zero."""
    scale = np.sqrt(np.nanmean(np.square(values))) if np.isfinite(values).any() else 0.0
    return values / scale if scale > 0 else values
