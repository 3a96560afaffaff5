"""Train one model on one fold with one seed."""

import logging
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import CSVLogger, TensorBoardLogger

from deepallele.dataset.ceiling import ceilings
from deepallele.dataset.store import TEST, TRAIN, VALIDATION, Dataset
from deepallele.errors import InputError
from deepallele.files import atomic_path
from deepallele.model.checkpoint import load_model, read_checkpoint
from deepallele.model.data import Batches, region_tensors
from deepallele.model.evaluate import agreement
from deepallele.model.module import SCORE, PairModule
from deepallele.model.predict import predict
from deepallele.model.presets import ModelConfig

MIN_VALIDATION = 3  # a correlation needs as many regions
EVALUATION_BATCH = 256


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
) -> dict[str, Any]:
    """Train a model; keep the epoch with the best validation score.

    The same arguments give the same weights on the same kind of machine. The test part of the fold is
    looked at only after training.

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
        Where the Lightning checkpoint goes (weights and settings).
    logs
        Folder of metrics.csv and of the TensorBoard log.
    accelerator
        "auto", "cpu" or "gpu".

    Returns
    -------
    dict[str, Any]
        Epochs run, the best one (from 0), and the correlations on validation and test regions.

    Raises
    ------
    InputError
        If the fold is too small, or the accelerator asked for is absent.
    """
    config = _with_usable_loss(config, dataset)
    rows = fold_rows(dataset, fold, min_informative)
    pl.seed_everything(seed, verbose=False)
    regions = region_tensors(dataset, min_informative)
    mean_count = float(regions.activity[rows.train].mean())
    module = PairModule(config, dataset.sequence.shape[2], mean_count)
    with tempfile.TemporaryDirectory() as folder:
        best = ModelCheckpoint(folder, monitor=SCORE, mode="max", save_weights_only=True)
        trainer = _trainer(config, best, logs, accelerator)
        print(f"device: {module_device(trainer)}; {len(rows.train)} training regions", flush=True)
        size = config.training.batch_size
        with warnings.catch_warnings():
            # Data held in memory gain nothing from the workers Lightning asks for.
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            trainer.fit(
                module,
                Batches(regions, rows.train, size, seed),
                Batches(regions, rows.validation, EVALUATION_BATCH),
            )
        if not best.best_model_path:
            raise InputError("training gave no finite validation score; lower training.lr")
        with atomic_path(checkpoint) as temporary:
            temporary.write_bytes(Path(best.best_model_path).read_bytes())
        best_epoch = int(read_checkpoint(checkpoint)["epoch"])
    network = load_model(checkpoint).to(module_device(trainer))
    parts = {"validation": rows.validation, "test": rows.test}
    return {
        "epochs": trainer.current_epoch,
        "best_epoch": best_epoch,
        **{name: _evaluate(network, dataset, part, min_informative) for name, part in parts.items()},
    }


def _with_usable_loss(config: ModelConfig, dataset: Dataset) -> ModelConfig:
    """Settings whose loss the dataset can feed: the binomial one needs fragments."""
    if dataset.activity is None or config.training.ratio_loss != "binomial":
        return config
    print("the dataset has no fragments: ratio_loss is mse instead of binomial", flush=True)
    return replace(config, training=replace(config.training, ratio_loss="mse"))


def module_device(trainer: pl.Trainer) -> torch.device:
    """Device on which a trainer works."""
    return trainer.strategy.root_device


def _trainer(config: ModelConfig, best: ModelCheckpoint, logs: Path, accelerator: str) -> pl.Trainer:
    if accelerator == "gpu" and not torch.cuda.is_available():
        raise InputError("accelerator gpu: this machine has none that torch can use; use auto or cpu")
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    settings = config.training
    return pl.Trainer(
        accelerator=accelerator,
        devices=1,
        max_epochs=settings.epochs,
        gradient_clip_val=settings.gradient_clip or None,
        callbacks=[best, EarlyStopping(SCORE, mode="max", patience=settings.patience)],
        logger=[CSVLogger(logs, name="", version=""), TensorBoardLogger(logs, name="", version="")],
        log_every_n_steps=1,
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
        deterministic="warn",
        use_distributed_sampler=False,
    )


def _evaluate(
    network: torch.nn.Module, dataset: Dataset, rows: NDArray[np.int64], min_informative: int
) -> dict[str, float | int | None]:
    count, log_ratio = predict(network, dataset.sequence[rows], EVALUATION_BATCH)
    measured = dataset.log_counts()[rows], dataset.log_ratio()[rows]
    kept = dataset.kept(min_informative)[rows]
    scores = agreement(count, log_ratio, *measured, kept)
    return scores | ceilings(dataset.count[rows[kept]], dataset.pseudocount, dataset.target_kind)
