"""The Lightning trainer: device, precision, callbacks, what is shown."""

import logging
import sys
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint
from pytorch_lightning.loggers import TensorBoardLogger

from deepallele.errors import InputError
from deepallele.model.module import SCORE
from deepallele.model.presets import Training
from deepallele.model.resume import LAST, Unfinished


def make_trainer(
    settings: Training,
    unfinished: Unfinished,
    accelerator: str,
    devices: int,
    callbacks: Sequence[pl.Callback] = (),
) -> tuple[pl.Trainer, ModelCheckpoint]:
    """Set up a trainer, and the callback that keeps the best epoch.

    Parameters
    ----------
    settings
        How the network is trained.
    unfinished
        Where checkpoints and log are kept.
    accelerator
        "auto", "cpu" or "gpu".
    devices
        How many of them.
    callbacks
        More callbacks.

    Raises
    ------
    InputError
        If there is no such accelerator, or there are not as many.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    on_gpu = accelerator == "gpu" or (accelerator == "auto" and gpus > 0)
    if on_gpu and gpus < devices:
        found = f"has {gpus} that torch can use" if gpus else "has none that torch can use"
        raise InputError(
            f"accelerator gpu, {devices} device(s): this machine {found}; ask for fewer or use cpu"
        )
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    if on_gpu:
        # TensorFloat-32 where float32 remains: enough for training.
        torch.set_float32_matmul_precision("high")
    best = _checkpoints(unfinished, monitor=SCORE, mode="max", save_weights_only=True)
    last = _checkpoints(unfinished, filename=LAST, save_on_train_epoch_end=True)
    stop = StopWhenDone(SCORE, mode="max", patience=settings.patience)
    shown = sys.stderr.isatty()
    trainer = pl.Trainer(
        accelerator="gpu" if on_gpu else "cpu",
        devices=devices,
        strategy="ddp" if devices > 1 else "auto",
        sync_batchnorm=devices > 1 and on_gpu,
        precision=_precision(settings, on_gpu),
        max_epochs=settings.epochs,
        gradient_clip_val=settings.gradient_clip or None,
        callbacks=[best, stop, *([] if shown else [EpochLines()]), *callbacks, last],
        logger=TensorBoardLogger(unfinished.logs, name="", version=""),
        log_every_n_steps=1,
        num_sanity_val_steps=0,
        enable_progress_bar=shown,
        enable_model_summary=False,
        deterministic="warn",
        use_distributed_sampler=False,
    )
    return trainer, best


def describe(device: torch.device, devices: int) -> str:
    """Name of a device for the log."""
    times = f" x {devices}" if devices > 1 else ""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device) + times
    return f"{device.type}, {torch.get_num_threads()} thread(s){times}"


class StopWhenDone(EarlyStopping):
    """Early stopping that, of a training that is gone on with, knows if it had stopped already."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop at once where patience had run out."""
        super().on_train_start(trainer, pl_module)
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class EpochLines(pl.Callback):
    """A line per epoch, for logs in files; a terminal has the progress bar."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the epoch's scores."""
        if trainer.is_global_zero:
            scores = {name: float(value) for name, value in trainer.callback_metrics.items()}
            text = ", ".join(f"{name} {scores[name]:.4f}" for name in sorted(scores) if name != SCORE)
            print(f"epoch {trainer.current_epoch}: {text}", flush=True)


def _checkpoints(unfinished: Unfinished, **options: Any) -> ModelCheckpoint:
    return ModelCheckpoint(unfinished.folder, enable_version_counter=False, **options)


def _precision(settings: Training, on_gpu: bool) -> Any:
    if settings.precision == "auto":
        return "bf16-mixed" if on_gpu and torch.cuda.is_bf16_supported() else "32-true"
    return "bf16-mixed" if settings.precision == "bfloat16" else "32-true"
