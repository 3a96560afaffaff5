"""Small datasets and models whose effects are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from deepallele.dataset.store import REGION_COLUMNS, VARIANT_COLUMNS, Dataset
from deepallele.effects.ensemble import Ensemble
from deepallele.genome.fasta import decode
from deepallele.model.build import build_network
from deepallele.model.prediction import Prediction
from deepallele.model.presets import model_config

torch.set_num_threads(1)  # many small calls: threads would only wait for each other

LENGTH = 24
SMALL = {
    "kernel_number": 8,
    "kernel_length": 5,
    "filter_number": 8,
    "hidden": 8,
    "conv_layers": 2,
    "pooling_size": 2,
}
SMALL_RECOMMENDED = {"channels": 8, "kernel_length": 5, "pooling_size": 2}


def snv_dataset(
    n: int = 12, variants: int = 3, folds: int = 2, length: int = LENGTH, seed: int = 0
) -> Dataset:
    """Regions on one contig, each with some single-base variants; A is the reference."""
    generator = np.random.default_rng(seed)
    sequence = np.repeat(generator.integers(0, 4, (n, 1, length), dtype=np.uint8), 2, axis=1)
    offset = np.sort(np.array([generator.choice(length, variants, replace=False) for _ in range(n)]), axis=1)
    row = np.arange(n)[:, None]
    sequence[row, 1, offset] = (sequence[row, 0, offset] + generator.integers(1, 4, offset.shape)) % 4
    start = np.repeat((1000 * np.arange(n, dtype=np.int64))[:, None], 2, axis=1)
    alleles = [list(decode(sequence[row, h, offset].ravel())) for h in (0, 1)]
    flat = offset.ravel()
    table = pd.DataFrame(
        {
            "region": np.repeat(np.arange(n), variants),
            "chrom": "1",
            "pos": (start[:, :1] + offset).ravel(),
            "ref": alleles[0],
            "alt": alleles[1],
            "allele_a": alleles[0],
            "allele_b": alleles[1],
            "offset_a": flat,
            "offset_b": flat,
            "clipped": False,
        }
    ).astype({"region": np.int64})
    return make_dataset(sequence, start, table, folds)


def make_dataset(sequence: np.ndarray, start: np.ndarray, variant: pd.DataFrame, folds: int = 1) -> Dataset:
    """Dataset of windows and variants; regions are dealt to the test folds in turn."""
    n, _, length = sequence.shape
    split = np.where(np.arange(n) % folds == np.arange(folds)[:, None], 2, 0).astype(np.int8)
    region = pd.DataFrame(
        {
            "name": [f"1:{first}-{first + length}" for first in start[:, 0]],
            "chrom": "1",
            "start": start[:, 0],
            "end": start[:, 0] + length,
            "summit": start[:, 0] + length // 2,
        }
    )
    attributes = {"schema_version": "1", "haplotype_a": "x", "haplotype_b": "y", "pseudocount": "1.0"}
    return Dataset(
        sequence=sequence.astype(np.uint8),
        region=region[list(REGION_COLUMNS)],
        start=start.astype(np.int64),
        variant=variant[list(VARIANT_COLUMNS)],
        count=np.ones((n, 1, 3), dtype=np.int32),
        sample=["s"],
        split=split,
        attributes=attributes,
    )


class Scored(nn.Module):
    """Log ratio = score(A) - score(B) for any function of one-hot sequences (N, 4, L) -> (N,)."""

    def __init__(self, score: nn.Module | Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.score = score
        self.anchor = nn.Parameter(torch.zeros(1))  # tells the device

    def forward(self, sequence: torch.Tensor) -> Prediction:
        score = self.score(sequence.reshape(-1, *sequence.shape[2:])).reshape(-1, 2)
        return Prediction(score, score[:, 0] - score[:, 1])


def linear_model(weight: np.ndarray) -> Scored:
    """Score = sum of the weights (4, L) of the bases present."""
    layer = nn.Conv1d(4, 1, weight.shape[1], bias=False)
    layer.weight.data = torch.from_numpy(weight.astype(np.float32))[None]
    return Scored(nn.Sequential(layer, nn.Flatten(0))).eval()


def trained_like(kind: str, length: int = LENGTH, seed: int = 0, **architecture: object) -> nn.Module:
    """A small network of a type with weights and running statistics away from their start."""
    torch.manual_seed(seed)
    network = build_network(small_config(kind, **architecture), length)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.3, 2)
            module.weight.data.uniform_(0.5, 3)
            module.bias.data.normal_()
    return network.eval()


def small_config(kind: str, **architecture: object):
    sizes = SMALL_RECOMMENDED if kind == "recommended" else SMALL
    return model_config({"type": kind, "architecture": {**sizes, **architecture}})


def save_checkpoint(network: nn.Module, kind: str, path: Path, length: int = LENGTH) -> None:
    """Write a network the way training does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hyper = {"model": small_config(kind).as_dict(), "length": length}
    state = {f"network.{key}": value for key, value in network.state_dict().items()}
    torch.save({"hyper_parameters": hyper, "state_dict": state}, path)


class GivenModels(Ensemble):
    """An ensemble of models at hand: one list (seeds) per fold."""

    def __init__(self, models: list[list[nn.Module]], dataset: Dataset) -> None:
        paths = [
            Path(f"fold{k}/seed{s}/model.ckpt") for k, seeds in enumerate(models) for s in range(len(seeds))
        ]
        super().__init__(paths, dataset.split)
        self.given = models

    def models(self, fold: int) -> list[nn.Module]:
        return self.given[fold]
