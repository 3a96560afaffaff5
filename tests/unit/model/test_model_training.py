from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from model_world import TYPES, planted_dataset, random_codes, small_config

from deepallele.errors import InputError
from deepallele.model.build import build_network
from deepallele.model.checkpoint import load_model
from deepallele.model.predict import predict, predict_tasks
from deepallele.model.train import fold_rows, train_model


def train(folder, dataset, config, fold=0, seed=1):
    checkpoint = folder / "model.ckpt"
    metrics = train_model(dataset, config, fold, seed, 10, checkpoint, folder / "logs", "cpu")
    return load_model(checkpoint), metrics


def weights(model):
    return torch.cat([value.flatten().double() for value in model.state_dict().values()])


def test_learns_a_planted_motif(tmp_path):
    _, metrics = train(tmp_path, planted_dataset(800), small_config("recommended", epochs=12, lr=1e-2))
    assert metrics["test"]["ratio_pearson"] > 0.7
    assert metrics["test"]["n"] == 200
    assert (tmp_path / "logs" / "metrics.csv").exists()
    assert list((tmp_path / "logs").glob("events.out.tfevents*"))


@pytest.mark.parametrize("kind", ["single_head", "computed_ratio", "multi_head"])
def test_published_types_learn_it_too(tmp_path, kind):
    config = small_config(kind, epochs=10, lr=5e-3, patience=10)
    _, metrics = train(tmp_path, planted_dataset(600, length=48), config)
    assert metrics["test"]["ratio_pearson"] > 0.35


@pytest.mark.parametrize("kind", TYPES)
def test_same_seed_same_bytes_other_seed_other_weights(tmp_path, kind):
    dataset = planted_dataset(120)
    first, first_metrics = train(tmp_path, dataset, small_config(kind, ema_decay=0.9))
    second, second_metrics = train(tmp_path, dataset, small_config(kind, ema_decay=0.9))
    other, _ = train(tmp_path, dataset, small_config(kind, ema_decay=0.9), seed=2)
    assert torch.equal(weights(first), weights(second))
    assert first_metrics == second_metrics
    assert not torch.equal(weights(first), weights(other))


def test_test_regions_have_no_influence(tmp_path):
    dataset = planted_dataset(160)
    test = np.flatnonzero(dataset.split[0] == 2)
    count, sequence = dataset.count.copy(), dataset.sequence.copy()
    count[test], sequence[test] = count[test][::-1] * 3, sequence[test][::-1]
    changed = replace(dataset, count=count, sequence=sequence)
    one, one_metrics = train(tmp_path, dataset, small_config("recommended", epochs=3))
    other, other_metrics = train(tmp_path, changed, small_config("recommended", epochs=3))
    assert torch.equal(weights(one), weights(other))
    assert one_metrics["validation"] == other_metrics["validation"]
    assert one_metrics["test"] != other_metrics["test"]


@pytest.mark.parametrize("haplotype", ["A", "B"])
def test_single_head_sees_only_the_haplotype_it_is_trained_on(tmp_path, haplotype):
    dataset = planted_dataset(120)
    config = replace(small_config("single_head"), train_on=haplotype)
    hidden = 1 if haplotype == "A" else 0
    sequence = dataset.sequence.copy()
    sequence[:, hidden] = random_codes(120, 64)[:, 0]
    one, _ = train(tmp_path, dataset, config)
    other, _ = train(tmp_path, replace(dataset, sequence=sequence), config)
    assert torch.equal(weights(one), weights(other))


def test_keeps_the_epoch_with_the_best_validation_score(tmp_path):
    config = small_config("recommended", epochs=6, lr=2e-2)
    _, metrics = train(tmp_path, planted_dataset(200), config)
    rows = (tmp_path / "logs" / "metrics.csv").read_text().splitlines()
    column = rows[0].split(",").index("val_ratio_r")
    scores = [float(row.split(",")[column]) for row in rows[1:] if row.split(",")[column]]
    assert metrics["best_epoch"] == int(np.argmax(scores))
    assert metrics["validation"]["ratio_pearson"] == pytest.approx(max(scores), abs=1e-5)


def test_the_epoch_that_is_kept_can_be_the_last_or_that_of_the_best_counts(tmp_path):
    dataset = planted_dataset(200)
    _, last = train(tmp_path, dataset, small_config("recommended", epochs=6, lr=2e-2, select="last"))
    assert last["best_epoch"] == 5
    _, counts = train(tmp_path, dataset, small_config("recommended", epochs=6, lr=2e-2, select="counts"))
    table = read_history(tmp_path)
    assert counts["best_epoch"] == table["val_count_loss"].idxmin()


def read_history(folder):
    return pd.read_csv(folder / "logs" / "metrics.csv")


def test_stops_when_patience_is_over(tmp_path):
    config = small_config("recommended", epochs=30, patience=1, lr=1e-8, schedule="constant")
    _, metrics = train(tmp_path, planted_dataset(80), config)
    assert metrics["epochs"] < 30


def test_fold_out_of_range_or_without_informative_regions():
    dataset = planted_dataset(40)
    with pytest.raises(InputError, match="folds 0 to 3"):
        fold_rows(dataset, 4, 10)
    with pytest.raises(InputError, match="0 of 20 training regions have at least 100000 informative"):
        fold_rows(dataset, 0, 100_000)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_missing_gpu_is_said(tmp_path):
    with pytest.raises(InputError, match="accelerator gpu"):
        train_model(
            planted_dataset(40), small_config("recommended"), 0, 1, 1, tmp_path / "m.ckpt", tmp_path, "gpu"
        )


def test_loads_in_evaluation_mode_with_safe_loading(tmp_path, monkeypatch):
    seen = []
    load = torch.load
    monkeypatch.setattr(torch, "load", lambda *a, **k: seen.append(k.get("weights_only")) or load(*a, **k))
    model, _ = train(tmp_path, planted_dataset(60), small_config("recommended"))
    assert not model.training
    assert seen and all(seen)
    assert predict(model, random_codes(3, 64))[0].shape == (3, 2)


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("not a checkpoint"),
        lambda path: path.write_bytes(b""),
        lambda path: torch.save({"state_dict": {}, "hyper_parameters": Evil()}, path),
        lambda path: torch.save([1, 2], path),
        lambda path: torch.save({"weights": torch.zeros(3)}, path),
        lambda path: torch.save({"state_dict": {}, "hyper_parameters": {"model": 3, "length": 9}}, path),
    ],
    ids=["text", "empty", "code", "list", "other dictionary", "other settings"],
)
def test_what_is_no_checkpoint_is_an_input_error(tmp_path, make, capsys):
    path = tmp_path / "model.ckpt"
    make(path)
    with pytest.raises(InputError, match=r"model\.ckpt"):
        load_model(path)
    assert "executed" not in capsys.readouterr().out


def test_missing_checkpoint_is_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "none.ckpt")


def test_weights_of_another_network_are_an_input_error(tmp_path):
    config = small_config("recommended")
    state = {f"network.{key}": value for key, value in build_network(config, 64).state_dict().items()}
    hyper = {"model": small_config("multi_head").as_dict(), "length": 64}
    torch.save({"state_dict": state, "hyper_parameters": hyper}, tmp_path / "m.ckpt")
    with pytest.raises(InputError, match="train the model again"):
        load_model(tmp_path / "m.ckpt")


@pytest.mark.parametrize("kind", ["recommended", "multi_head"])
def test_each_task_learns_its_own_ratio(tmp_path, kind):
    """Two samples of opposite imbalance: their sum has none, only tasks can tell."""
    one = planted_dataset(800, length=48)
    count = np.concatenate([one.count, one.count[..., [1, 0, 2]]], axis=1)
    dataset = replace(one, count=count, sample=["x", "y"], condition=["p", "q"])
    epochs = 12 if kind == "recommended" else 20
    config = small_config(kind, epochs=epochs, patience=epochs, lr=1e-2, tasks="sample")
    model, _ = train(tmp_path, dataset, config)
    codes = torch.from_numpy(dataset.sequence[dataset.split[0] == 2])
    with torch.inference_mode():
        log_ratio = predict_tasks(model, codes).log_ratio.numpy()
    measured = one.log_ratio()[dataset.split[0] == 2]
    assert np.corrcoef(log_ratio[:, 0], measured)[0, 1] > 0.4
    assert np.corrcoef(log_ratio[:, 1], -measured)[0, 1] > 0.4


@pytest.mark.parametrize(
    "training",
    [
        {"ratio_loss": "beta_binomial", "overdispersion": 0.02},
        {"count_loss": "poisson"},
        {"count_loss": "negative_binomial", "count_dispersion": 0.2},
    ],
)
def test_learns_with_every_loss(tmp_path, training):
    config = small_config("recommended", epochs=12, lr=1e-2, **training)
    _, metrics = train(tmp_path, planted_dataset(800, length=48), config)
    assert metrics["test"]["ratio_pearson"] > 0.7
    assert metrics["test"]["count_a_pearson"] > 0.4


def test_a_diverged_training_is_said_and_leaves_nothing(tmp_path):
    config = small_config("recommended", lr=1e18, gradient_clip=0, schedule="constant")
    with pytest.raises(InputError, match="no finite validation score; lower training"):
        train(tmp_path, planted_dataset(80), config)
    assert not list(tmp_path.iterdir())
