"""The Lightning module: one network with its loss, augmentation, schedule and validation score.

Whatever is drawn in an epoch follows from seed and epoch alone, never from what was drawn before: training
that goes on from the end of an epoch ends as if it had not been stopped.
"""

from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from deepallele.dataset.ceiling import pearson
from deepallele.model import data
from deepallele.model.build import build_network
from deepallele.model.data import Batch
from deepallele.model.encode import one_hot
from deepallele.model.losses import count_loss, pair_loss, ratio_loss
from deepallele.model.predict import predict_tasks
from deepallele.model.prediction import Prediction
from deepallele.model.presets import ModelConfig
from deepallele.model.published import PublishedNetwork

SCORE = "val_score"
MIN_VALIDATION = 3  # a correlation needs as many regions
SHORTEST_CYCLE = 8  # steps; a shorter one-cycle has no rise


class PairModule(pl.LightningModule):
    """Training of one model.

    Parameters
    ----------
    config
        All settings.
    length
        L, bases per haplotype.
    seed
        Seed of all that is drawn in training.
    tasks
        Names of the T tasks.
    mean_count
        Mean count target (log2) of the training regions in each task, (T,); the network starts from it.
    """

    def __init__(
        self,
        config: ModelConfig,
        length: int,
        seed: int = 0,
        tasks: tuple[str, ...] = ("all",),
        mean_count: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters({"model": config.as_dict(), "length": length, "tasks": list(tasks)})
        self.config = config
        self.seed = seed
        self.network = build_network(config, length, len(tasks))
        if mean_count is not None:
            self.network.set_mean_count(mean_count)
        decay = config.training.ema_decay
        self.average = _moving_average(self.network, decay) if decay else None
        self.history: list[dict[str, float]] = []
        self._validation: list[tuple[Prediction, Batch]] = []

    def on_fit_start(self) -> None:
        """Compile the trunk, which does nearly all the work, where that is wanted."""
        if self.config.training.compile:
            self.network.trunk.compile()

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """Loss of one batch."""
        if index == 0:
            torch.manual_seed(data.mixed_seed(self.seed, self.current_epoch, self.global_rank))
        batch = self._augment(batch)
        if self.config.type == "single_head":
            loss = self._single_loss(batch)
        else:
            prediction = _float(self.network.tasks(one_hot(batch.codes)))
            loss = pair_loss(prediction, batch, self.config.training)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch.codes))
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Batch, index: int) -> None:
        """Carry on the moving average of the weights."""
        if self.average is not None:
            self.average.update_parameters(self.network)

    def validation_step(self, batch: Batch, index: int) -> None:
        """Predict one batch of validation regions."""
        network = self.network if self.average is None else self.average.module
        self._validation.append((_float(predict_tasks(network, batch.codes)), batch))

    def on_validation_epoch_end(self) -> None:
        """Score the epoch, see `select` of the settings."""
        prediction = Prediction(*map(torch.cat, zip(*(p for p, _ in self._validation), strict=True)))
        batch = Batch(*map(torch.cat, zip(*(b for _, b in self._validation), strict=True)))
        self._validation.clear()
        ratio_r = _mean_r(prediction.log_ratio, batch)
        columns = self._trained_columns()
        settings = self.config.training
        count = count_loss(prediction.count[..., columns], batch.activity[..., columns], settings)
        ratio = ratio_loss(prediction.log_ratio, batch, settings)
        by_counts = settings.select == "counts" or self.config.type == "single_head"
        score = -count if by_counts else torch.tensor(ratio_r)
        if settings.select == "last":
            score = torch.tensor(float(self.current_epoch))
        scores: dict[str, Any] = {
            "val_count_loss": count,
            "val_ratio_loss": ratio,
            "val_ratio_r": ratio_r,
        }
        self.log_dict({**scores, SCORE: score.float()})

    def on_train_epoch_end(self) -> None:
        """Note what the epoch reached."""
        metrics = self.trainer.callback_metrics
        names = ("train_loss", "val_count_loss", "val_ratio_loss", "val_ratio_r")
        row = {name: float(metrics[name]) for name in names if name in metrics}
        self.history.append({"epoch": self.current_epoch, **row})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the history along."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from the history of what is loaded."""
        self.history = list(checkpoint.get("history", []))

    def configure_optimizers(self) -> Any:
        """Optimiser and, where one is set, the learning rate's schedule per step."""
        settings = self.config.training
        kind = torch.optim.AdamW if settings.optimizer == "adamw" else torch.optim.Adam
        optimizer = kind(self.network.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
        schedulers = torch.optim.lr_scheduler
        if settings.schedule == "constant":
            return {"optimizer": optimizer}
        if settings.schedule == "onecycle":
            steps = max(int(self.trainer.estimated_stepping_batches), SHORTEST_CYCLE)
            schedule: Any = schedulers.OneCycleLR(optimizer, settings.lr, total_steps=steps, pct_start=0.25)
        else:
            low, high = settings.lr / 2, settings.lr * 2
            schedule = schedulers.CyclicLR(optimizer, low, high, cycle_momentum=False)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _augment(self, batch: Batch) -> Batch:
        settings = self.config.training
        if settings.reverse_complement:
            batch = data.random_strand(batch)
        if settings.shift:
            batch = data.random_shift(batch, settings.shift)
        return data.random_swap(batch) if settings.swap else batch

    def _trained_columns(self) -> list[int]:
        return {"A": [0], "B": [1], "both": [0, 1]}[self.config.train_on]

    def _single_loss(self, batch: Batch) -> Tensor:
        assert isinstance(self.network, PublishedNetwork)
        columns = self._trained_columns()
        codes = batch.codes[:, columns].flatten(0, 1)
        target = batch.activity[..., columns].movedim(-1, 1).flatten(0, 1)
        return count_loss(self.network.single(one_hot(codes)).float(), target, self.config.training)


def _float(prediction: Prediction) -> Prediction:
    """Losses and correlations need more digits than bfloat16 has."""
    return Prediction(prediction.count.float(), prediction.log_ratio.float())


def _mean_r(log_ratio: Tensor, batch: Batch) -> float:
    """Pearson R with the measured log ratio, mean over the tasks with enough regions to tell one."""
    found = []
    for task in range(log_ratio.shape[1]):
        kept = batch.kept[:, task]
        if kept.sum() < MIN_VALIDATION and log_ratio.shape[1] > 1:
            continue
        # A constant prediction has no correlation; it is as good as none.
        found.append(pearson(log_ratio[kept, task].cpu(), batch.log_ratio[kept, task].cpu()) or 0.0)
    return float(np.mean(found)) if found else 0.0


def _moving_average(network: nn.Module, decay: float) -> AveragedModel:
    average = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)
    return average.requires_grad_(False).eval()
