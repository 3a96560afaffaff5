"""Small models and a dataset with a planted motif, for the tests of the models."""

import numpy as np
import pandas as pd

from deepallele.dataset.store import REGION_COLUMNS, VARIANT_COLUMNS, Dataset
from deepallele.model.presets import ModelConfig, model_config

TYPES = ("single_head", "computed_ratio", "multi_head", "recommended")
MOTIF = np.array([2, 0, 3, 0, 0, 2, 1, 3])  # GATAAGCT
_PUBLISHED = {"kernel_number": 8, "filter_number": 8, "hidden": 8, "conv_layers": 2}
_RECOMMENDED = {"channels": 8, "kernel_length": 9, "conv_layers": 1}


def small_config(kind: str, **training: float) -> ModelConfig:
    architecture = _RECOMMENDED if kind == "recommended" else _PUBLISHED
    settings = {"epochs": 2, "lr": 5e-3, **training}
    return model_config({"type": kind, "architecture": architecture, "training": settings})


def random_codes(n: int, length: int, seed: int = 0, bases: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, bases, (n, 2, length), dtype=np.uint8)


def planted_dataset(n: int = 300, length: int = 64, seed: int = 0) -> Dataset:
    """Every sequence may hold a motif that one haplotype's variant breaks: that lowers it by 2 (log2)."""
    rng = np.random.default_rng(seed)
    sequence = np.repeat(rng.integers(0, 4, (n, 1, length), dtype=np.uint8), 2, axis=1)
    has_motif, broken = rng.random(n) < 0.8, rng.integers(0, 3, n)  # 2: in neither
    for row in np.flatnonzero(has_motif):
        start = rng.integers(8, length - 16)
        sequence[row, :, start : start + len(MOTIF)] = MOTIF
        if broken[row] < 2:
            sequence[row, broken[row], start + 2] = 1
    lost = has_motif[:, None] & (broken[:, None] == np.arange(2))
    activity = 2.0 * (has_motif[:, None] & ~lost)
    level = 5 + rng.normal(0, 1, n)
    share = 1 / (1 + 2 ** (activity[:, 1] - activity[:, 0]))
    total = rng.poisson(2 ** (level + activity.mean(axis=1) - 1)) + 12
    a = rng.binomial(total, share)
    count = np.stack([a, total - a, total], axis=1)[:, None].astype(np.int32)
    chrom = np.array([f"chr{i % 4 + 1}" for i in range(n)])
    start = np.arange(n) * 1000
    region = pd.DataFrame(
        {
            "name": [f"{c}:{s}-{s + length}" for c, s in zip(chrom, start, strict=True)],
            "chrom": chrom,
            "start": start,
            "end": start + length,
            "summit": start + length // 2,
        },
        columns=list(REGION_COLUMNS),
    )
    split = np.zeros((4, n), dtype=np.int8)
    for fold in range(4):
        split[fold, np.arange(n) % 4 == fold] = 2
        split[fold, np.arange(n) % 4 == (fold + 1) % 4] = 1
    attributes = {"haplotype_a": "one", "haplotype_b": "two", "pseudocount": "1.0", "schema_version": "1"}
    variant = pd.DataFrame({column: [] for column in VARIANT_COLUMNS})
    windows = np.zeros((n, 2), dtype=np.int64)
    return Dataset(sequence, region, windows, variant, count, ["sample"], split, attributes)
