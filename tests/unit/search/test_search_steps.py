"""The steps of a search as they are called: two trials on a small dataset, then their results."""

import json
import runpy
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from model_world import planted_dataset

from deepallele.dataset.store import write_dataset

SRC = Path(__file__).parents[3] / "src"
SECTION = {
    "type": "recommended",
    "architecture": {"channels": 8, "kernel_length": 9, "conv_layers": 1},
    "training": {"epochs": 2},
}
SPACE = {"training.lr": {"low": 1e-3, "high": 1e-1, "log": True}, "architecture.bins": [1, 2]}


@pytest.fixture
def step(monkeypatch):
    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        runpy.run_path(str(SRC / name), run_name="__main__")

    return run


def trial(step, folder, number, dataset, space=SPACE, **options):
    out = folder / f"trial{number}.json"
    given = {"fold": 0, "seed": 1, **options}
    step(
        "search_trial.py", "--dataset", dataset, "--model", "mine", "--config", json.dumps(SECTION),
        "--space", json.dumps(space), "--trial", number, "--accelerator", "cpu", "--out", out,
        *(word for name, value in given.items() for word in (f"--{name}", value)),
    )  # fmt: skip
    return out


@pytest.fixture
def dataset(tmp_path):
    write_dataset(planted_dataset(80), tmp_path / "dataset.h5")
    return tmp_path / "dataset.h5"


def test_two_trials_and_their_results(step, tmp_path, dataset):
    trials = [trial(step, tmp_path, number, dataset) for number in (0, 1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset.h5", "trial0.json", "trial1.json"]
    outputs = [tmp_path / name for name in ("mine.tsv", "best.yaml", "mine.svg")]
    step(
        "collect_search.py", "--trials", *trials, "--config", json.dumps(SECTION),
        "--out-table", outputs[0], "--out-best", outputs[1], "--out-figure", outputs[2],
    )  # fmt: skip
    table = pd.read_csv(outputs[0], sep="\t").sort_values("trial")
    assert table["trial"].tolist() == [0, 1]
    assert table["training.lr"].iloc[0] == 1e-2 and table["architecture.bins"].iloc[0] == 4
    assert 1e-3 <= table["training.lr"].iloc[1] <= 1e-1 and table["architecture.bins"].iloc[1] in (1, 2)
    assert table["epochs"].tolist() == [2, 2] and table["score"].between(-1, 1).all()
    assert set(yaml.safe_load(outputs[1].read_text())) == {"architecture", "training"}
    assert outputs[2].read_bytes().startswith(b"<?xml")


def test_the_test_part_is_not_seen_and_a_trial_repeats_to_the_byte(step, tmp_path, dataset):
    first = trial(step, tmp_path, 1, dataset).read_bytes()
    whole = planted_dataset(80)
    rows = np.flatnonzero(whole.split[0] == 2)
    count = whole.count.copy()
    count[rows] = count[rows][::-1] * 3
    write_dataset(replace(whole, count=count), dataset)
    assert trial(step, tmp_path, 1, dataset).read_bytes() == first
    assert b"test" not in first


def test_settings_that_break_down_are_a_result_too(step, tmp_path, dataset):
    out = trial(step, tmp_path, 1, dataset, space={"training.lr": [1e18]})
    record = json.loads(out.read_text())
    assert record["score"] is None and "finite" in record["failed"]


def test_a_fold_that_is_not_there_stops_the_trial(step, tmp_path, dataset, capsys):
    with pytest.raises(SystemExit) as end:
        trial(step, tmp_path, 1, dataset, fold=9)
    assert str(end.value) == "error: fold 9: the dataset has folds 0 to 3"
    assert not (tmp_path / "trial1.json").exists()
