"""Datasets of activities, which have no fragments: what the models make of them."""

import numpy as np
import pandas as pd
import pytest
import torch

from deepallele.dataset.store import VARIANT_COLUMNS, Dataset
from deepallele.errors import InputError
from deepallele.model.data import region_tensors
from deepallele.model.losses import pair_loss
from deepallele.model.prediction import Prediction
from deepallele.model.presets import Training, model_config
from deepallele.model.train import _mean_counts, _with_usable_loss

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


def partly_measured():
    activity = np.random.default_rng(0).normal(size=(N, 2, 2)).astype(np.float32)
    activity[0, 0], activity[1, 1] = np.nan, np.nan
    return activity


def test_targets_are_those_of_the_samples_in_which_a_region_was_measured():
    activity = partly_measured()
    dataset = make_dataset(activity)
    np.testing.assert_array_equal(dataset.log_counts()[:2], [activity[0, 1], activity[1, 0]])
    np.testing.assert_allclose(dataset.log_ratio()[0], activity[0, 1, 0] - activity[0, 1, 1])
    np.testing.assert_allclose(dataset.log_counts()[2:], activity[2:].mean(axis=1), rtol=1e-6)
    batch = region_tensors(dataset, 0, "sample")
    assert batch.kept.numpy().tolist() == [[False, True], [True, False], *[[True, True]] * (N - 2)]
    np.testing.assert_array_equal(batch.activity.numpy(), activity)


def test_what_was_not_measured_has_no_say_in_loss_and_gradient():
    batch = region_tensors(make_dataset(partly_measured()), 0, "sample")
    count = torch.randn(N, 2, 2, requires_grad=True)
    ratio = torch.randn(N, 2, requires_grad=True)
    settings = Training(ratio_weight=0.5)
    loss = pair_loss(Prediction(count, ratio), batch, settings)
    known = batch.kept
    expected = (count - batch.activity)[known].square().mean()
    expected = (expected + 0.5 * (ratio - batch.log_ratio)[known].square().mean()) / 1.5
    torch.testing.assert_close(loss, expected)
    for values in torch.autograd.grad(loss, (count, ratio)):
        assert torch.isfinite(values).all()
        assert (values[~known] == 0).all() and (values[known] != 0).all()


def test_a_region_that_was_measured_nowhere_is_refused():
    activity = partly_measured()
    activity[0] = np.nan
    with pytest.raises(ValueError, match="measured in no sample"):
        make_dataset(activity)


def test_a_sample_without_a_training_region_is_refused():
    dataset = make_dataset(partly_measured())
    activity = region_tensors(dataset, 0, "sample").activity
    assert _mean_counts(activity, ("one", "two"), 0).shape == (2,)
    with pytest.raises(InputError, match="fold 0: no training region was measured in one"):
        _mean_counts(activity[:1], ("one", "two"), 0)


def test_a_loss_of_fragments_gives_way_to_the_squared_error():
    config = model_config({"type": "recommended"})
    assert config.training.ratio_loss == "binomial"
    activity = np.zeros((N, 2, 2), dtype=np.float32)
    assert _with_usable_loss(config, make_dataset(activity)).training.ratio_loss == "mse"
    assert _with_usable_loss(config, make_dataset(None)) is config
