"""Datasets of activities, which have no fragments: what the models make of them."""

import numpy as np
import pandas as pd

from deepallele.dataset.store import VARIANT_COLUMNS, Dataset
from deepallele.model.data import region_tensors
from deepallele.model.presets import model_config
from deepallele.model.train import _with_usable_loss

N = 6


def make_dataset(activity):
    region = pd.DataFrame(
        {"name": [f"r{i}" for i in range(N)], "chrom": "c", "start": 0, "end": 9, "summit": 4}
    )
    names = {"haplotype_a": "A", "haplotype_b": "B", "pseudocount": "1.0"}
    return Dataset(
        sequence=np.zeros((N, 2, 9), dtype=np.uint8),
        region=region,
        start=np.zeros((N, 2), dtype=np.int64),
        variant=pd.DataFrame(columns=list(VARIANT_COLUMNS)),
        count=np.zeros((N, 2, 3), dtype=np.int32),
        sample=["one", "two"],
        split=np.zeros((1, N), dtype=np.int8),
        attributes=names,
        activity=activity,
    )


def test_targets_are_the_activities_and_every_region_counts():
    activity = np.random.default_rng(0).normal(size=(N, 2, 2)).astype(np.float32)
    batch = region_tensors(make_dataset(activity), min_informative=10)
    np.testing.assert_allclose(batch.activity[:, 0], activity.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(batch.log_ratio[:, 0], np.subtract(*activity.mean(axis=1).T), atol=1e-6)
    assert batch.kept.all()


def test_a_loss_of_fragments_gives_way_to_the_squared_error():
    config = model_config({"type": "recommended"})
    assert config.training.ratio_loss == "binomial"
    activity = np.zeros((N, 2, 2), dtype=np.float32)
    assert _with_usable_loss(config, make_dataset(activity)).training.ratio_loss == "mse"
    assert _with_usable_loss(config, make_dataset(None)) is config
