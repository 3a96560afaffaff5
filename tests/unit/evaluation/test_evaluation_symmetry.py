"""Equal and exchanged windows: what the types of models make of them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from model_world import TYPES, planted_dataset, small_config

from deepallele.evaluation.fold_models import evenly
from deepallele.evaluation.out_of_fold import predict_out_of_fold
from deepallele.model.build import build_network
from deepallele.model.predict import predict


def checkpoint(kind, path, seed=0):
    """An untrained model with running statistics away from their start."""
    torch.manual_seed(seed)
    config = small_config(kind)
    network = build_network(config, 64)
    for name, value in network.state_dict().items():
        if name.endswith("running_mean"):
            value.normal_(0, 0.3)
    state = {f"network.{name}": value for name, value in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": state, "hyper_parameters": {"model": config.as_dict(), "length": 64}}, path)
    return network.eval()


@pytest.fixture
def dataset():
    made = planted_dataset(400)
    split = made.split[:1].copy()
    return replace(made, split=split)


@pytest.mark.parametrize("kind", TYPES)
def test_only_a_head_on_both_sequences_fails(kind, dataset, tmp_path):
    path = tmp_path / "fold0" / "seed1" / "model.ckpt"
    network = checkpoint(kind, path)
    checks = predict_out_of_fold(dataset, [path], 10, 1, 1).checks
    equal = (dataset.sequence[:, 0] == dataset.sequence[:, 1]).all(axis=1) & dataset.tested
    identical, exchanged = checks["identical"], checks["antisymmetry"]
    assert identical["n"] == equal.sum() > 5
    assert identical["n_made"] == exchanged["n"] == dataset.tested.sum() == 100
    if kind == "multi_head":
        codes = dataset.sequence[dataset.tested]
        both = predict(network, codes)[1] + predict(network, codes[:, ::-1].copy())[1]
        assert exchanged["max_abs"] == pytest.approx(np.abs(both).max(), rel=1e-4)
        made = predict(network, codes[:, [0, 0]])[1]
        assert identical["max_abs_made"] == pytest.approx(np.abs(made).max(), rel=1e-4)
        own = predict(network, dataset.sequence[equal])[1]
        assert identical["max_abs"] == pytest.approx(np.abs(own).max(), rel=1e-4)
        assert min(identical["max_abs"], identical["max_abs_made"], exchanged["max_abs"]) > 0.01
    else:
        largest = max(identical["max_abs"], identical["max_abs_made"], exchanged["max_abs"])
        assert largest == 0 if kind == "recommended" else largest < 1e-5
    assert exchanged["rms"] > 0


def test_without_equal_windows_there_are_those_made(dataset, tmp_path):
    path = tmp_path / "fold0" / "seed1" / "model.ckpt"
    checkpoint("multi_head", path)
    sequence = dataset.sequence.copy()
    sequence[:, 1, 0] = 3 - sequence[:, 0, 0]
    checks = predict_out_of_fold(replace(dataset, sequence=sequence), [path], 10, 1, 1).checks
    assert checks["identical"]["n"] == 0 and checks["identical"]["max_abs"] is None
    assert checks["identical"]["max_abs_made"] > 0.01


def test_a_sample_is_spread_evenly():
    rows = np.arange(0, 2000, 2)
    chosen = evenly(rows, 256)
    assert len(chosen) == len(np.unique(chosen)) == 256
    assert chosen[0] == 0 and chosen[-1] == 1998
    assert np.ptp(np.diff(chosen)) <= 2
    np.testing.assert_array_equal(evenly(rows, 5000), rows)
