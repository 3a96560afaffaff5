"""Predictions of every region by models that never saw it, and how good they are."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from deepallele.dataset.ceiling import ceilings, pearson
from deepallele.dataset.store import Dataset
from deepallele.effects.ensemble import NO_FOLD, Ensemble
from deepallele.errors import InputError
from deepallele.model.evaluate import agreement, mean_and_sd
from deepallele.model.predict import predict

SCORES = {
    "ratio_r": "ratio_pearson",
    "ratio_spearman": "ratio_spearman",
    "count_a_r": "count_a_pearson",
    "count_a_spearman": "count_a_spearman",
    "count_b_r": "count_b_pearson",
    "count_b_spearman": "count_b_spearman",
}


def predict_out_of_fold(
    dataset: Dataset,
    checkpoints: Iterable[Path],
    min_informative: int,
    min_abs_log_ratio: float,
    min_abs_z: float,
    device: torch.device | str = "cpu",
) -> pd.DataFrame:
    """Predict each region with the models of the fold in which it is test.

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
    pd.DataFrame
        One row per region: region, chrom, start, end (reference, 0-based half-open), fold, count_a,
        count_b (log2, mean over seeds), log_ratio (log2(A/B), mean over seeds), log_ratio_sd (sample sd
        over seeds, missing with one seed), measured_log_ratio, informative, z (log_ratio divided by its
        root mean square over all regions), trusted. Predictions of a region in no test fold are missing.

    Raises
    ------
    InputError
        If a checkpoint is missing or is none.
    """
    ensemble = Ensemble(checkpoints, dataset.split, device)
    seeds = len(ensemble.seeds)
    counts = np.full((seeds, len(dataset.region), 2), np.nan)
    ratios = np.full((seeds, len(dataset.region)), np.nan)
    for fold in np.setdiff1d(ensemble.fold, [NO_FOLD]):
        rows = np.flatnonzero(ensemble.fold == fold)
        for number, model in enumerate(ensemble.models(int(fold))):
            counts[number, rows], ratios[number, rows] = predict(model, dataset.sequence[rows])
    count, log_ratio = counts.mean(axis=0), ratios.mean(axis=0)
    measured, informative = dataset.log_ratio(), dataset.informative()
    z = root_mean_square_scaled(log_ratio)
    trusted = (np.abs(measured) > min_abs_log_ratio) & (np.abs(z) > min_abs_z) & (measured * z > 0)
    table = dataset.region[["name", "chrom", "start", "end"]].rename(columns={"name": "region"})
    return table.assign(
        fold=ensemble.fold,
        count_a=count[:, 0],
        count_b=count[:, 1],
        log_ratio=log_ratio,
        log_ratio_sd=ratios.std(axis=0, ddof=1) if seeds > 1 else np.nan,
        measured_log_ratio=measured,
        informative=informative,
        z=z,
        trusted=trusted & dataset.kept(min_informative),
    )


def root_mean_square_scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values divided by their root mean square; missing values stay missing, all zeros stay zero."""
    scale = np.sqrt(np.nanmean(np.square(values))) if np.isfinite(values).any() else 0.0
    return values / scale if scale > 0 else values


def collect_metrics(
    dataset: Dataset, predictions: pd.DataFrame, runs: list[dict[str, Any]], min_informative: int
) -> dict[str, Any]:
    """Sum up one model: each run, the seeds' ensemble per fold, mean and sd over folds, the ceiling.

    Parameters
    ----------
    dataset
        All regions.
    predictions
        Table of `predict_out_of_fold`.
    runs
        The metrics.json of every fold and seed of the model.
    min_informative
        Smallest number of informative pairs with which a region's log ratio counts.

    Returns
    -------
    dict[str, Any]
        model, type, folds (runs in order of fold and seed), ensemble (test part of each fold, mean of the
        seeds) and test: mean and sd over folds of each correlation, `ratio_r_pooled` (all regions at once),
        number of regions, and the ceilings of R with all these regions (see `dataset.ceiling.ceilings`;
        `ceiling` is that of counting noise). Runs and folds have those of their own regions.

    Raises
    ------
    InputError
        If the runs are of different models, or the predictions are of other regions.
    """
    if len({(run["model"], run["type"]) for run in runs}) != 1:
        raise InputError("--metrics: give the metrics.json of one model, and at least one")
    if predictions["region"].tolist() != dataset.region["name"].tolist():
        raise InputError("--predictions: not of the regions of the dataset; run predict.py again")
    kept = dataset.kept(min_informative)
    count, ratio = predictions[["count_a", "count_b"]].to_numpy(), predictions["log_ratio"].to_numpy()
    measured_count, measured = dataset.log_counts(), dataset.log_ratio()
    fold = predictions["fold"].to_numpy()
    ensemble = []
    for k in np.setdiff1d(fold, [NO_FOLD]):
        rows = fold == k
        scores = agreement(count[rows], ratio[rows], measured_count[rows], measured[rows], kept[rows])
        best = ceilings(dataset.count[rows & kept], dataset.pseudocount, dataset.target_kind)
        ensemble.append({"fold": int(k), **scores, **best})
    test: dict[str, Any] = {}
    for name, score in SCORES.items():
        test[name], test[f"{name}_sd"] = mean_and_sd([part[score] for part in ensemble])
    used = kept & (fold != NO_FOLD)
    test["ratio_r_pooled"] = pearson(ratio[used], measured[used])
    # Of activities there is no counting noise that could be told.
    if dataset.activity is None:
        best = ceilings(dataset.count[used], dataset.pseudocount, dataset.target_kind)
        test |= {"ceiling": best["split_half_ceiling"], **best}
    else:
        test["ceiling"] = None
    test["n"], test["n_ratio"] = int((fold != NO_FOLD).sum()), int(used.sum())
    ordered = sorted(runs, key=lambda run: (run["fold"], run["seed"]))
    return {
        "model": runs[0]["model"],
        "type": runs[0]["type"],
        "folds": ordered,
        "ensemble": ensemble,
        "test": test,
    }
