"""Models of the promoter assay, trained through the library, and their out-of-fold predictions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from accuracy_kmers import measured_in, predict_ridge
from numpy.typing import NDArray

from deepallele.dataset.contents import Dataset
from deepallele.dataset.schema import TRAIN
from deepallele.evaluation.task_predictions import predict_each_task
from deepallele.files import write_json
from deepallele.model.presets import model_config
from deepallele.model.train import train_model

RECOMMENDED, LEAN, REFERENCE_ONLY = "recommended", "lean", "lean_reference_only"
RIDGE, RIDGE_BY_LIBRARY = "kmer_ridge", "kmer_ridge_by_library"
# Outputs of their own for each library of oligos, on one trunk.
EACH_LIBRARY = {"tasks": "sample"}
# The recommended network for thousands of short sequences; how it was chosen: tests/benchmark/RESULTS.md.
FEW = {
    "type": "recommended",
    "architecture": {
        "pooling": "avg",
        "pooling_size": 1,
        "kernel_length": 9,
        "conv_layers": 1,
        "dropout": 0.5,
    },
    "training": {"select": "last", **EACH_LIBRARY},
}
# The published types much narrower than published, so that they train in a minute.
NARROW = {"kernel_number": 32, "filter_number": 16, "hidden": 32, "kernel_size": 3, "conv_layers": 3}
PATIENT = {"epochs": 30, "patience": 6, "lr": 1e-3, **EACH_LIBRARY}
MODELS: dict[str, dict[str, Any]] = {
    RECOMMENDED: {"type": "recommended", "training": EACH_LIBRARY},
    LEAN: FEW,
    REFERENCE_ONLY: FEW,
    "single_head": {"type": "single_head", "train_on": "A", "architecture": NARROW, "training": PATIENT},
    "computed_ratio": {"type": "computed_ratio", "architecture": NARROW, "training": PATIENT},
    "multi_head": {"type": "multi_head", "architecture": NARROW, "training": PATIENT},
    RIDGE: {},
    RIDGE_BY_LIBRARY: {},
}
# Not in the table unless asked for.
MORE = {
    "recommended_forward": {
        "type": "recommended",
        "training": {"reverse_complement": False, **EACH_LIBRARY},
    }
}
Predicted = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Activities (n, 2), and log2(A/B) (n,)."""


def predict_model(name: str, dataset: Dataset, seeds: Sequence[int], out: Path) -> Predicted:
    """Train a model on every fold; predict each pair by those that never saw it, the mean of the seeds.

    A training with the same settings whose checkpoint is in `out` already is not run again.
    """
    cpu = process_time()
    if name in (RIDGE, RIDGE_BY_LIBRARY):
        activity, alphas = predict_ridge(dataset, name == RIDGE_BY_LIBRARY)
        print(f"{name}: alpha of the folds {alphas}")
        predicted = activity, activity[:, 0] - activity[:, 1]
    else:
        predicted = _predict_network(name, dataset, seeds, out)
    print(f"{name}: {process_time() - cpu:.0f} CPU s", flush=True)
    return predicted


def reference_only(dataset: Dataset, fold: int) -> Dataset:
    """Put A in the place of B in the training part of a fold: its sequence and its activity."""
    assert dataset.activity is not None
    sequence, activity = dataset.sequence.copy(), dataset.activity.copy()
    train = dataset.split[fold] == TRAIN
    sequence[train, 1], activity[train, :, 1] = sequence[train, 0], activity[train, :, 0]
    return replace(dataset, sequence=sequence, activity=activity)


def _predict_network(name: str, dataset: Dataset, seeds: Sequence[int], out: Path) -> Predicted:
    config = model_config({**MODELS, **MORE}[name], name)
    seen: Callable[[Dataset, int], Dataset] = reference_only if name == REFERENCE_ONLY else _as_it_is
    checkpoints = []
    for fold in range(len(dataset.split)):
        for seed in seeds:
            folder = out / "models" / name / f"fold{fold}" / f"seed{seed}"
            checkpoints.append(folder / "model.ckpt")
            if _is_there(folder, config.as_dict()):
                continue
            run = train_model(
                dataset=seen(dataset, fold), config=config, fold=fold, seed=seed, min_informative=0,
                checkpoint=checkpoints[-1], logs=folder / "logs", accelerator="cpu",
            )  # fmt: skip
            write_json(config.as_dict(), folder / "settings.json")
            print(f"{name} fold {fold} seed {seed}: best epoch {run['best_epoch']} of {run['epochs']}")
    table = predict_each_task(dataset, checkpoints)
    # Each pair by the outputs of the library in which it was measured.
    tasks = len(table) // len(dataset.region)
    rows = np.arange(len(dataset.region)) * tasks + (measured_in(dataset) if tasks > 1 else 0)
    mine = table.iloc[rows]
    return mine[["count_a", "count_b"]].to_numpy(), mine["log_ratio"].to_numpy()


def _is_there(folder: Path, settings: dict[str, Any]) -> bool:
    """Whether a training with these settings has ended in the folder."""
    noted = folder / "settings.json"
    return noted.exists() and bool(json.loads(noted.read_text()) == settings)


def _as_it_is(dataset: Dataset, fold: int) -> Dataset:
    return dataset
