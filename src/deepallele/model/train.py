"""Train one model on one fold with one seed."""

import signal
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.utilities.exceptions import SIGTERMException

from deepallele.dataset.ceiling import ceilings
from deepallele.dataset.store import TEST, TRAIN, VALIDATION, Dataset
from deepallele.errors import InputError
from deepallele.files import atomic_path, write_text
from deepallele.model.checkpoint import load_model, read_checkpoint
from deepallele.model.data import BatchRows, batches, region_tensors, to_device
from deepallele.model.evaluate import agreement
from deepallele.model.module import MIN_VALIDATION, PairModule
from deepallele.model.predict import predict
from deepallele.model.presets import ModelConfig
from deepallele.model.resume import Unfinished, fingerprint
from deepallele.model.trainer import describe, make_trainer

EVALUATION_BATCH = 256
HARMLESS = (
    ".*does not have many workers.*",  # data held in memory gain nothing from them
    "Checkpoint directory .* exists and is not empty",  # so does that of an unfinished training
    ".*in eval mode at the start of training.*",  # the moving average of the weights
    ".*LeafSpec.* is deprecated.*",  # between Lightning and torch
)


@dataclass(frozen=True)
class Fold:
    """Row indices of a fold's parts, int64 each."""

    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def fold_rows(dataset: Dataset, fold: int, min_informative: int) -> Fold:
    """Rows of the training, validation and test part of a fold.

    Raises
    ------
    InputError
        If there is no such fold, or too few regions to train and to choose the best epoch.
    """
    if not 0 <= fold < len(dataset.split):
        raise InputError(f"fold {fold}: the dataset has folds 0 to {len(dataset.split) - 1}")
    split = dataset.split[fold]
    train, validation, test = (np.flatnonzero(split == part) for part in (TRAIN, VALIDATION, TEST))
    kept = dataset.kept(min_informative)
    for name, rows, least in (("training", train, 2), ("validation", validation, MIN_VALIDATION)):
        if kept[rows].sum() < least:
            raise InputError(
                f"fold {fold}: {kept[rows].sum()} of {len(rows)} {name} regions have at least "
                f"{min_informative} informative pairs; {least} are needed: lower counts.min_informative "
                "or use fewer folds"
            )
    return Fold(train, validation, test)


def train_model(
    dataset: Dataset,
    config: ModelConfig,
    fold: int,
    seed: int,
    min_informative: int,
    checkpoint: Path,
    logs: Path,
    accelerator: str = "auto",
    devices: int = 1,
    callbacks: Sequence[pl.Callback] = (),
) -> dict[str, Any]:
    """Train a model; keep the epoch with the best validation score.

    The same arguments give the same weights on the same kind of machine, also where the training was killed
    in between and called again. The test part of the fold is looked at only after training.

    Parameters
    ----------
    dataset
        All regions.
    config
        The model's settings.
    fold, seed
        Which fold's training part, and the seed of weights, order and augmentation.
    min_informative
        Smallest number of informative pairs with which a region's log ratio counts.
    checkpoint
        Where the Lightning checkpoint goes (weights and settings). Until then all is in the folder
        `{checkpoint}.unfinished`.
    logs
        Folder of metrics.csv (a row per epoch) and of the TensorBoard log.
    accelerator
        "auto", "cpu" or "gpu".
    devices
        How many of them; each batch is shared out between them.
    callbacks
        More callbacks of Lightning.

    Returns
    -------
    dict[str, Any]
        Epochs run, the best one (from 0), and the correlations on validation and test regions.

    Raises
    ------
    InputError
        If the fold is too small, or the accelerator asked for is absent.
    SystemExit
        When the process is asked to end (SIGTERM; status 143); and, with several devices, at the end of all
        processes but the first.
    """
    config = _with_usable_loss(config, dataset)
    rows = fold_rows(dataset, fold, min_informative)
    settings = config.training
    asked = {"fold": fold, "seed": seed, "min_informative": min_informative, "devices": devices}
    mark = fingerprint(dataset, model=config.as_dict(), **asked)
    unfinished = Unfinished(checkpoint, mark)
    trainer, best = make_trainer(settings, unfinished, accelerator, devices, callbacks)
    device = trainer.strategy.root_device
    resumed = unfinished.prepare(trainer.is_global_zero)
    if trainer.is_global_zero:
        start = f"going on after epoch {read_checkpoint(resumed)['epoch']}" if resumed else "from the start"
        print(f"device: {describe(device, devices)}; {len(rows.train)} training regions; {start}", flush=True)

    regions = region_tensors(dataset, min_informative, settings.tasks)
    tasks = tuple(dataset.task_targets(settings.tasks).task)
    mean_count = _mean_counts(regions.activity[rows.train], tasks, fold)
    pl.seed_everything(seed, verbose=False)
    module = PairModule(config, dataset.sequence.shape[2], seed, tasks, mean_count)
    regions = to_device(regions, device)
    pin = device.type == "cuda" and regions.codes.device.type == "cpu"
    order = BatchRows(rows.train, settings.batch_size, seed, trainer.global_rank, trainer.world_size)
    _fit(
        trainer,
        module,
        batches(regions, order, pin),
        batches(regions, BatchRows(rows.validation, EVALUATION_BATCH), pin),
        resumed,
    )
    if not trainer.is_global_zero:
        raise SystemExit(0)
    if best.best_model_score is None or not torch.isfinite(best.best_model_score):
        unfinished.remove()
        raise InputError("training gave no finite validation score; lower training.lr")
    network = load_model(best.best_model_path).to(device)
    best_epoch = int(read_checkpoint(best.best_model_path)["epoch"])
    parts = {"validation": rows.validation, "test": rows.test}
    metrics = {
        "epochs": trainer.current_epoch,
        "best_epoch": best_epoch,
        **{
            name: _evaluate(network, dataset, part, min_informative, settings.tasks)
            for name, part in parts.items()
        },
    }
    write_history(module.history, unfinished.logs / "metrics.csv")
    unfinished.keep_logs(logs)
    with atomic_path(checkpoint) as temporary:
        temporary.write_bytes(Path(best.best_model_path).read_bytes())
    unfinished.remove()
    return metrics


def _fit(
    trainer: pl.Trainer, module: PairModule, training: Any, validation: Any, resumed: Path | None
) -> None:
    with warnings.catch_warnings():
        for message in HARMLESS:
            warnings.filterwarnings("ignore", message=message)
        try:
            trainer.fit(module, training, validation, ckpt_path=resumed, weights_only=True)
        except SIGTERMException:
            # Lightning's own exit is without an error: a cluster that ends a job would take it for done.
            raise SystemExit(128 + signal.SIGTERM) from None


def write_history(history: list[dict[str, float]], path: Path) -> None:
    """Write what each epoch reached: CSV with a header."""
    write_text(pd.DataFrame(history).to_csv(index=False, float_format="%.6g", lineterminator="\n"), path)


def _mean_counts(activity: torch.Tensor, tasks: Sequence[str], fold: int) -> torch.Tensor:
    """Mean of the training regions' targets (n, T, 2) in each task, (T,)."""
    mean = activity.nanmean(dim=(0, 2))
    if not torch.isfinite(mean).all():
        empty = tasks[int(mean.isfinite().logical_not().nonzero()[0, 0])]
        raise InputError(
            f"fold {fold}: no training region was measured in {empty}; leave it out, or train on all"
        )
    return mean


def _with_usable_loss(config: ModelConfig, dataset: Dataset) -> ModelConfig:
    """Settings whose losses the dataset can feed: likelihoods need fragments."""
    if dataset.activity is None:
        return config
    training = config.training
    for name in ("count_loss", "ratio_loss"):
        asked = getattr(training, name)
        if asked != "mse":
            print(f"the dataset has no fragments: {name} is mse instead of {asked}", flush=True)
    return replace(config, training=replace(training, count_loss="mse", ratio_loss="mse"))


def _evaluate(
    network: torch.nn.Module, dataset: Dataset, rows: NDArray[np.int64], min_informative: int, tasks: str
) -> dict[str, float | int | None]:
    chosen = dataset.measured_tasks(tasks)
    mine = None if chosen is None else chosen[rows]
    count, log_ratio = predict(network, dataset.sequence[rows], EVALUATION_BATCH, mine)
    measured = dataset.log_counts()[rows], dataset.log_ratio()[rows]
    kept = dataset.kept(min_informative)[rows]
    scores = agreement(count, log_ratio, *measured, kept)
    return scores | ceilings(dataset.count[rows[kept]], dataset.pseudocount, dataset.target_kind)
