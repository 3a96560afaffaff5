"""Predictions of each task, sample or condition, by models that never saw the region."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import nn

from deepallele.dataset.store import Dataset
from deepallele.effects.ensemble import NO_FOLD, Ensemble
from deepallele.errors import InputError
from deepallele.model.checkpoint import trained_tasks
from deepallele.model.predict import predict_tasks

BATCH = 256


def predict_each_task(
    dataset: Dataset, checkpoints: Iterable[Path], device: torch.device | str = "cpu"
) -> pd.DataFrame:
    """Predict each region in every task with the models of the fold in which it is test.

    Parameters
    ----------
    dataset
        All regions.
    checkpoints
        Paths `.../fold{k}/seed{s}/model.ckpt` of every fold and seed of one model.
    device
        Where the models run.

    Returns
    -------
    pd.DataFrame
        A row per region and task: region, task, fold, count_a, count_b (log2, mean over seeds), log_ratio
        (log2(A/B), mean over seeds), log_ratio_sd (sample sd over seeds, missing with one seed),
        measured_log_ratio, informative (pairs A + B). Predictions of a region in no test fold are missing.

    Raises
    ------
    InputError
        If a checkpoint is missing or is none, or the dataset has other samples or conditions than that of
        the training.
    """
    checkpoints = list(checkpoints)
    kind, names = trained_tasks(checkpoints[0])
    targets = dataset.task_targets(kind)
    if targets.task != names:
        raise InputError(
            f"--dataset: its tasks are {', '.join(targets.task)}, those of the model {', '.join(names)}; "
            "train the model again"
        )
    ensemble = Ensemble(checkpoints, dataset.split, device)
    shape = (len(ensemble.seeds), len(dataset.region), len(names))
    counts, ratios = np.full((*shape, 2), np.nan), np.full(shape, np.nan)
    for fold in np.setdiff1d(ensemble.fold, [NO_FOLD]):
        rows = np.flatnonzero(ensemble.fold == fold)
        for number, model in enumerate(ensemble.models(int(fold))):
            counts[number, rows], ratios[number, rows] = _predict(model, dataset.sequence[rows])
    regions = np.repeat(np.arange(len(dataset.region)), len(names))
    sd = ratios.std(axis=0, ddof=1) if len(ensemble.seeds) > 1 else np.full(shape[1:], np.nan)
    count = counts.mean(axis=0).reshape(-1, 2)
    return pd.DataFrame(
        {
            "region": dataset.region["name"].to_numpy()[regions],
            "task": names * len(dataset.region),
            "fold": ensemble.fold[regions],
            "count_a": count[:, 0],
            "count_b": count[:, 1],
            "log_ratio": ratios.mean(axis=0).ravel(),
            "log_ratio_sd": sd.ravel(),
            "measured_log_ratio": targets.log_ratio.ravel(),
            "informative": targets.counts[..., :2].sum(axis=-1).ravel(),
        }
    )


def _predict(model: nn.Module, codes: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    device = next(model.parameters()).device
    counts, ratios = [], []
    with torch.inference_mode():
        for first in range(0, len(codes), BATCH):
            found = predict_tasks(model, torch.as_tensor(codes[first : first + BATCH], device=device))
            counts.append(found.count.cpu().numpy())
            ratios.append(found.log_ratio.cpu().numpy())
    return np.concatenate(counts), np.concatenate(ratios)
