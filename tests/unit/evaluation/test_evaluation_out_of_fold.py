import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from model_world import planted_dataset, small_config

from deepallele.dataset.store import VARIANT_COLUMNS, write_dataset
from deepallele.errors import InputError
from deepallele.evaluation.metrics import collect_metrics, over_seeds, significant_regions
from deepallele.evaluation.out_of_fold import predict_out_of_fold, root_mean_square_scaled
from deepallele.files import read_table, write_table
from deepallele.model.build import build_network
from deepallele.model.checkpoint import load_model
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
    return predict_out_of_fold(dataset, paths, **settings).table


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
    table, _ = predict_out_of_fold(replace(dataset, split=split), paths[::2], 10, 1, 1)
    assert table["log_ratio_sd"].isna().all()
    assert table["log_ratio"].isna().to_numpy().nonzero()[0].tolist() == [7]
    assert not table["trusted"][7]
    for name in ("log_ratio_error", "log_ratio_low", "log_ratio_high"):
        assert table[name].isna().to_numpy().nonzero()[0].tolist() == [7]


def test_errors_are_those_that_the_fold_validation_regions_tell(world):
    dataset, paths = world
    table, checks = predict_out_of_fold(dataset, paths, 40, 1, 1)
    for part in checks["calibration"]:
        fold = part["fold"]
        rows = np.flatnonzero((dataset.split[fold] == 1) & dataset.kept(40))
        assert part["n"] == len(rows) < 50  # few: an error that is the same for all regions
        mine = [load_model(path) for path in paths if f"fold{fold}" in str(path)]
        predicted = np.mean([predict(model, dataset.sequence[rows])[1] for model in mine], axis=0)
        a, b, _ = dataset.count[rows].sum(axis=1).T + 0.5
        excess = (np.log2(a / b) - predicted) ** 2 - (1 / a + 1 / b) / np.log(2) ** 2
        assert excess.min() < part["constant"] < excess.max()
        of_fold = table[table["fold"] == fold]
        np.testing.assert_allclose(of_fold["log_ratio_error"], np.sqrt(part["constant"]))
        width = of_fold["log_ratio_high"] - of_fold["log_ratio_low"]
        np.testing.assert_allclose(width, 2 * 1.959964 * of_fold["log_ratio_error"], rtol=1e-6)
        middle = (of_fold["log_ratio_high"] + of_fold["log_ratio_low"]) / 2
        np.testing.assert_allclose(middle, of_fold["log_ratio"], atol=1e-9)


def test_measurements_of_test_regions_do_not_change_the_errors(world):
    dataset, paths = world
    split = dataset.split[:1]  # one fold: its test regions are validation of no other one
    one = replace(dataset, split=split)
    count = dataset.count.copy()
    count[split[0] == 2] = [[900, 1, 0]]
    tables = [predict_out_of_fold(each, paths, 10, 1, 1).table for each in (one, replace(one, count=count))]
    np.testing.assert_array_equal(*(table["log_ratio_error"] for table in tables))
    count[split[0] == 1] = [[900, 1, 0]]
    other = predict_out_of_fold(replace(one, count=count), paths, 10, 1, 1).table
    assert (other["log_ratio_error"] > tables[0]["log_ratio_error"])[split[0] == 2].all()


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


def test_parts_of_the_metrics_are_of_regions_that_count(world):
    dataset, _ = world
    table = table_of(world).assign(log_ratio=dataset.log_ratio())
    table.loc[[0, 1], "fold"] = -1
    depth = int(np.median(dataset.informative()))
    used = dataset.kept(depth) & (np.arange(60) > 1)
    significant = np.arange(60) % 2 == 0
    found = collect_metrics(dataset, table, runs(), depth, 0.5, significant, {"identical": {"n": 3}})
    imbalanced = used & (np.abs(dataset.log_ratio()) > 0.5)
    assert found["sign"]["imbalanced"]["n"] == found["sign"]["imbalanced"]["correct"] == imbalanced.sum()
    assert found["sign"]["significant"]["n"] == (used & significant).sum()
    assert found["sign"]["min_abs_log_ratio"] == 0.5
    for parts in (found["strata"]["informative"], found["coverage"]["informative"]):
        assert sum(part["n"] for part in parts) == used.sum() == found["coverage"]["all"]["n"]
        assert parts[0]["low"] == depth
    assert found["identical"] == {"n": 3}
    assert "significant" not in collect_metrics(dataset, table, runs(), depth)["sign"]
    json.dumps(found, allow_nan=False)


def test_coverage_knows_error_and_noise_together(world):
    dataset, _ = world
    a, b, _ = dataset.count.sum(axis=1).T + 0.5
    variance = (1 / a + 1 / b) / np.log(2) ** 2
    for error in (0.0, 0.5):
        off = np.sqrt(variance + error**2)  # one standard deviation: outside of 50 %, inside of 80 %
        table = table_of(world).assign(log_ratio=np.log2(a / b) + off, log_ratio_error=error)
        found = collect_metrics(dataset, table, runs(), 10)["coverage"]
        assert found["nominal"] == [0.5, 0.8, 0.95]
        assert found["all"] == {"n": 60, "observed": [0, 1, 1]}
        assert {tuple(part["observed"]) for part in found["informative"]} == {(0, 1, 1)}


def test_seeds_are_summed_up_over_folds_first():
    def run(fold, seed, r):
        return {"fold": fold, "seed": seed, "test": {"ratio_pearson": r, "count_a_pearson": None}}

    found = over_seeds([run(0, 7, 0.2), run(1, 7, 0.4), run(0, 2, 0.5), run(1, 2, 0.7)])
    assert found["seeds"] == [2, 7]
    assert found["ratio_r_by_seed"] == pytest.approx([0.6, 0.3])
    assert found["ratio_r"] == pytest.approx(0.45)
    assert found["ratio_r_sd"] == pytest.approx(0.3 / 2**0.5)
    assert found["count_a_r"] is None and found["count_b_r"] is None
    one = over_seeds([run(0, 7, 0.2), run(1, 7, 0.4)])
    assert one["ratio_r"] == pytest.approx(0.3) and one["ratio_r_sd"] is None


def test_significant_regions_are_found_by_name():
    table = pd.DataFrame({"region": ["b", "x", "a", "c"], "fdr": [0.01, 0.001, 0.05, np.nan]})
    assert significant_regions(table, pd.Series(["a", "b", "c"])).tolist() == [False, True, False]


def test_activities_have_errors_of_the_measured_ratio(world):
    dataset, paths = world
    activity = dataset.log_counts()[:, None]
    given = replace(dataset, activity=activity, count=np.zeros_like(dataset.count))
    table, checks = predict_out_of_fold(given, paths[::2], 10, 1, 1)
    for part in checks["calibration"]:
        rows = given.split[part["fold"]] == 1
        assert part["n"] == rows.sum()
    found = collect_metrics(given, table, runs(SEEDS[:1]), 10, 1.0, None, checks)
    assert "informative" not in found["strata"] and "informative" not in found["coverage"]
    assert {part["ceiling"] for part in found["strata"]["variants"]} == {None}
    assert found["coverage"]["all"]["n"] == 60
    assert found["coverage"]["all"]["observed"][2] > 0.8
    json.dumps(found, allow_nan=False)


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
    checks = tmp_path / "checks.json"
    done = step("predict.py", "--checkpoints", *found, "--out", table, "--checks", checks)
    assert done.returncode == 0, done.stderr
    assert json.loads(checks.read_text())["identical"]["max_abs_made"] == 0
    assert len(read_table(table, ["region", "z", "trusted"])) == 60
    summed = sorted(out.parents[1].glob("*/*/metrics.json"))
    result = tmp_path / "metrics.json"
    own = "--predictions", table, "--metrics", *summed, "--out", result
    # As for an imported dataset, which was not tested: the option stands without a value.
    done = step("collect_metrics.py", "--imbalance", *own)
    assert done.returncode == 0, done.stderr
    found = json.loads(result.read_text())
    assert found["type"] == "recommended" and "significant" not in found["sign"]
    imbalance = tmp_path / "imbalance.tsv"
    write_table(dataset.region.assign(region=dataset.region["name"], fdr=0.01), imbalance)
    done = step("collect_metrics.py", *own, "--checks", checks, "--imbalance", imbalance)
    assert done.returncode == 0, done.stderr
    found = json.loads(result.read_text())
    assert found["sign"]["significant"]["n"] == 60
    assert found["antisymmetry"]["n"] == 60
