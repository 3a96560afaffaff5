import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from model_world import planted_dataset, small_config

from deepallele.dataset.store import VARIANT_COLUMNS, write_dataset
from deepallele.errors import InputError
from deepallele.files import read_table
from deepallele.model.build import build_network
from deepallele.model.checkpoint import load_model
from deepallele.model.out_of_fold import collect_metrics, predict_out_of_fold, root_mean_square_scaled
from deepallele.model.predict import predict

SOURCE = Path(__file__).parents[3] / "src"
SEEDS = (1, 4)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Dataset and untrained checkpoints of 4 folds and 2 seeds."""
    folder = tmp_path_factory.mktemp("models")
    config = small_config("recommended")
    paths = []
    for fold in range(4):
        for seed in SEEDS:
            torch.manual_seed(10 * fold + seed)
            state = {
                f"network.{name}": value for name, value in build_network(config, 64).state_dict().items()
            }
            path = folder / f"fold{fold}" / f"seed{seed}" / "model.ckpt"
            path.parent.mkdir(parents=True)
            torch.save(
                {"state_dict": state, "hyper_parameters": {"model": config.as_dict(), "length": 64}}, path
            )
            paths.append(path)
    return planted_dataset(60), paths


def table_of(world, **thresholds):
    dataset, paths = world
    settings = {"min_informative": 10, "min_abs_log_ratio": 1.0, "min_abs_z": 0.5, **thresholds}
    return predict_out_of_fold(dataset, paths, **settings)


def runs(seeds=SEEDS):
    return [{"model": "m", "type": "recommended", "fold": f, "seed": s} for s in seeds for f in range(4)]


def test_each_region_by_the_models_of_its_test_fold(world):
    dataset, paths = world
    table = table_of(world)
    for row in (0, 1, 17, 59):
        fold = row % 4
        mine = [load_model(path) for path in paths if f"fold{fold}" in str(path)]
        values = [predict(model, dataset.sequence[[row]]) for model in mine]
        ratios = [ratio[0] for _, ratio in values]
        assert table["fold"][row] == fold
        assert table["log_ratio"][row] == pytest.approx(np.mean(ratios), abs=1e-6)
        assert table["log_ratio_sd"][row] == pytest.approx(np.std(ratios, ddof=1), abs=1e-6)
        assert table["count_b"][row] == pytest.approx(np.mean([count[0, 1] for count, _ in values]), abs=1e-6)


def test_z_has_root_mean_square_one_and_keeps_the_sign(world):
    table = table_of(world)
    assert np.sqrt((table["z"] ** 2).mean()) == pytest.approx(1)
    assert (np.sign(table["z"]) == np.sign(table["log_ratio"])).all()
    assert not root_mean_square_scaled(np.zeros(4)).any()
    assert np.isnan(root_mean_square_scaled(np.full(3, np.nan))).all()


def test_trusted_needs_size_certainty_sign_and_depth(world):
    table = table_of(world)
    expected = (
        (table["measured_log_ratio"].abs() > 1)
        & (table["z"].abs() > 0.5)
        & (table["measured_log_ratio"] * table["z"] > 0)
    )
    assert 0 < expected.sum() < len(table)
    assert (table["trusted"] == expected).all()
    deep = table_of(world, min_informative=40)
    assert (deep["trusted"] == (expected & (table["informative"] >= 40))).all()
    assert deep["trusted"].sum() < expected.sum()


def test_one_seed_has_no_sd_and_a_region_in_no_fold_no_prediction(world):
    dataset, paths = world
    split = dataset.split.copy()
    split[:, 7] = 0
    table = predict_out_of_fold(replace(dataset, split=split), paths[::2], 10, 1, 1)
    assert table["log_ratio_sd"].isna().all()
    assert table["log_ratio"].isna().to_numpy().nonzero()[0].tolist() == [7]
    assert not table["trusted"][7]


def test_metrics_of_perfect_predictions(world):
    dataset, _ = world
    count = dataset.log_counts()
    table = table_of(world).assign(log_ratio=dataset.log_ratio(), count_a=count[:, 0], count_b=-count[:, 1])
    metrics = collect_metrics(dataset, table, runs(), 10)
    test = metrics["test"]
    assert test["ratio_r"] == pytest.approx(1) and test["ratio_r_sd"] == pytest.approx(0)
    assert test["count_a_r"] == pytest.approx(1) and test["count_b_r"] == pytest.approx(-1)
    assert 0.5 < test["ceiling"] == test["split_half_ceiling"] < 1
    assert test["replicate_ceiling"] is None  # of one sample
    assert all(0.3 < fold["split_half_ceiling"] < 1 for fold in metrics["ensemble"])
    assert test["n"] == 60 and len(metrics["ensemble"]) == 4
    assert [(run["fold"], run["seed"]) for run in metrics["folds"]] == [
        (fold, seed) for fold in range(4) for seed in SEEDS
    ]


def test_only_regions_with_enough_pairs_count_for_the_ratio(world):
    dataset, _ = world
    depth = int(np.median(dataset.informative()))
    wrong = np.where(dataset.kept(depth), dataset.log_ratio(), 99)
    metrics = collect_metrics(dataset, table_of(world).assign(log_ratio=wrong), runs(), depth)
    assert metrics["test"]["ratio_r_pooled"] == pytest.approx(1)
    assert metrics["test"]["n_ratio"] == dataset.kept(depth).sum()


def test_what_does_not_belong_together_is_said(world):
    dataset, _ = world
    table = table_of(world)
    with pytest.raises(InputError, match="one model"):
        collect_metrics(dataset, table, [*runs(), {"model": "other", "type": "x"}], 10)
    with pytest.raises(InputError, match="not of the regions"):
        collect_metrics(dataset, table[::-1], runs(), 10)


def test_the_steps_from_dataset_to_metrics(tmp_path):
    dataset = planted_dataset(60)
    variant = dataset.variant.astype({c: "object" if k == "str" else k for c, k in VARIANT_COLUMNS.items()})
    write_dataset(replace(dataset, variant=variant), tmp_path / "dataset.h5")
    config = {"type": "recommended", "architecture": {"channels": 8}, "training": {"epochs": 1}}

    def step(name, *arguments):
        command = [sys.executable, str(SOURCE / name), "--dataset", tmp_path / "dataset.h5", *arguments]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True)

    def train(setting, fold):
        out = tmp_path / "my models" / f"fold{fold}" / "seed3"
        names = "--model", "mine", "--config", json.dumps(setting), "--fold", fold, "--seed", 3
        outs = "--out-checkpoint", out / "model.ckpt", "--out-metrics", out / "metrics.json"
        return out, step("train_model.py", *names, *outs, "--out-logs", out / "logs", "--accelerator", "cpu")

    out, done = train(config, 2)
    assert done.returncode == 0, done.stderr
    assert "device: cpu" in done.stdout
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["model"], metrics["fold"], metrics["seed"], metrics["epochs"]) == ("mine", 2, 3, 1)
    assert "seconds" not in metrics
    assert {"split_half_ceiling", "replicate_ceiling"} <= metrics["test"].keys()

    _, bad = train({**config, "training": {"speed": 9}}, 2)
    assert bad.returncode == 1
    assert bad.stderr.strip().splitlines()[-1].startswith("error: models.mine.training.speed: unknown key")

    for fold in (0, 1, 3):
        (tmp_path / "my models" / f"fold{fold}" / "seed3").mkdir(parents=True)
        for name in ("model.ckpt", "metrics.json"):
            (out.parents[1] / f"fold{fold}" / "seed3" / name).write_bytes((out / name).read_bytes())
    found = sorted(out.parents[1].glob("*/*/model.ckpt"))
    table = tmp_path / "predictions.tsv.gz"
    done = step("predict.py", "--checkpoints", *found, "--out", table)
    assert done.returncode == 0, done.stderr
    assert len(read_table(table, ["region", "z", "trusted"])) == 60
    summed = sorted(out.parents[1].glob("*/*/metrics.json"))
    result = tmp_path / "metrics.json"
    done = step("collect_metrics.py", "--predictions", table, "--metrics", *summed, "--out", result)
    assert done.returncode == 0, done.stderr
    assert json.loads(result.read_text())["type"] == "recommended"
