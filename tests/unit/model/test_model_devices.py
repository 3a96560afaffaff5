"""Training with two processes, on CPUs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from model_world import planted_dataset, small_config

from deepallele.dataset.store import write_dataset
from deepallele.errors import InputError
from deepallele.model.checkpoint import load_model
from deepallele.model.train import train_model

SCRIPT = Path(__file__).resolve().parents[3] / "src" / "train_model.py"


def test_two_processes_share_the_work(tmp_path):
    dataset = tmp_path / "dataset.h5"
    write_dataset(planted_dataset(160), dataset)
    config = small_config("recommended", epochs=3)
    section = {key: value for key, value in config.as_dict().items() if key != "train_on"}
    command = [sys.executable, SCRIPT, "--dataset", dataset, "--model", "m", "--config", json.dumps(section)]
    command += ["--fold", "0", "--seed", "1", "--accelerator", "cpu", "--devices", "2"]
    command += ["--out-checkpoint", tmp_path / "model.ckpt", "--out-metrics", tmp_path / "metrics.json"]
    done = subprocess.run(
        [*map(str, command), "--out-logs", str(tmp_path / "logs")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("device: cpu, 1 thread(s) x 2") == 1
    assert json.loads((tmp_path / "metrics.json").read_text())["epochs"] == 3
    assert len((tmp_path / "logs" / "metrics.csv").read_text().splitlines()) == 4
    assert not (tmp_path / "model.ckpt.unfinished").exists()
    load_model(tmp_path / "model.ckpt")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_missing_gpus_are_said(tmp_path):
    with pytest.raises(InputError, match=r"2 device\(s\): this machine has none that torch can use"):
        train_model(
            planted_dataset(40), small_config("recommended"), 0, 1, 1, tmp_path / "m.ckpt", tmp_path, "gpu", 2
        )
    assert not list(tmp_path.iterdir())


def test_bfloat16_learns_as_well(tmp_path):
    config = small_config("recommended", epochs=12, lr=1e-2, precision="bfloat16")
    metrics = train_model(
        planted_dataset(800), config, 0, 1, 10, tmp_path / "m.ckpt", tmp_path / "logs", "cpu"
    )
    assert metrics["test"]["ratio_pearson"] > 0.7
    assert {value.dtype for value in load_model(tmp_path / "m.ckpt").parameters()} == {torch.float32}
