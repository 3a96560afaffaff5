"""How well the model types learn the log ratio from one dataset, and how fast.

Every training runs in a process of its own on one thread and leaves a JSON of its curve (CPU seconds and
validation R of each epoch) and scores in OUT/runs; one that is there already is not run again. Then the table
of all that are there is written: models.tsv (a row per training), models.md (mean and sd over seeds) and
curves.png.

Models: `recommended` is the preset; `published_*` are the published presets with the published schedule and
early stopping; `narrow_*` are published types that are small enough to see the data many times in the
budget.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import numpy as np
import pandas as pd
from matplotlib import pyplot

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "src"))

TYPES = ("single_head", "computed_ratio", "multi_head")
NARROW = {
    "architecture": {"kernel_number": 64, "filter_number": 32, "hidden": 64, "conv_layers": 3},
    "training": {"epochs": 1000, "patience": 1000, "lr": 1e-3},
}
MODELS: dict[str, dict[str, Any]] = {
    "recommended": {"type": "recommended"},
    **{f"published_{kind}": {"type": kind} for kind in TYPES},
    **{f"narrow_{kind}": {"type": kind, **NARROW} for kind in TYPES},
}
MIN_INFORMATIVE = 10


def train(arguments: argparse.Namespace, name: str, seed: int) -> None:
    """Train one model in this process and write its JSON."""
    import pytorch_lightning as pl
    import torch

    from deepallele.dataset.store import TEST, read_dataset
    from deepallele.model.checkpoint import load_model
    from deepallele.model.predict import predict
    from deepallele.model.presets import model_config
    from deepallele.model.train import train_model

    class Clock(pl.Callback):
        """Note CPU seconds and score of each epoch; stop when the budget is spent."""

        def __init__(self) -> None:
            self.start, self.curve = 0.0, []

        def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            self.start = time.process_time()

        def on_validation_end(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
            spent = time.process_time() - self.start
            self.curve.append((spent, float(trainer.callback_metrics["val_ratio_r"])))
            if spent > arguments.budget:
                trainer.should_stop = True

    torch.set_num_threads(1)
    dataset, clock = read_dataset(arguments.dataset), Clock()
    checkpoint = arguments.out / "runs" / f"{name}.seed{seed}.ckpt"
    metrics = train_model(
        dataset, model_config(MODELS[name], name), arguments.fold, seed, MIN_INFORMATIVE, checkpoint,
        arguments.out / "runs" / f"{name}.seed{seed}.logs", "cpu", callbacks=[clock],
    )  # fmt: skip
    codes = dataset.sequence[dataset.split[arguments.fold] == TEST][:256]
    network = load_model(checkpoint)
    forward, swapped = predict(network, codes)[1], predict(network, codes[:, ::-1].copy())[1]
    same = predict(network, np.repeat(codes[:, :1], 2, axis=1))[1]
    result = {
        "model": name,
        "seed": seed,
        "cpu_s": clock.curve[-1][0],
        "curve": clock.curve,
        "identical": float(np.abs(same).max()),
        "swapped": float(np.abs(forward + swapped).max()),
        **metrics,
    }
    run_file(arguments.out, name, seed).write_text(json.dumps(result))


def run_file(out: Path, name: str, seed: int) -> Path:
    """Where a training's JSON lies."""
    return out / "runs" / f"{name}.seed{seed}.json"


def collect(out: Path) -> None:
    """Write the tables and the figure of all trainings that are there."""
    runs = [json.loads(path.read_text()) for path in sorted((out / "runs").glob("*.json"))]
    table = pd.DataFrame(
        {
            "model": run["model"],
            "seed": run["seed"],
            "epochs": run["epochs"],
            "cpu_s": run["cpu_s"],
            "validation_r": max(score for _, score in run["curve"]),
            "test_r": run["test"]["ratio_pearson"],
            "ceiling": run["test"]["split_half_ceiling"],
            "count_r": (run["test"]["count_a_pearson"] + run["test"]["count_b_pearson"]) / 2,
            "identical": run["identical"],
            "swapped": run["swapped"],
        }
        for run in runs
    )
    table.to_csv(out / "models.tsv", sep="\t", index=False, float_format="%.4g")
    text = "\n".join([*summary(table), "", *times(runs), ""])
    (out / "models.md").write_text(text)
    print(text)
    draw(runs, out / "curves.png")


def summary(table: pd.DataFrame) -> list[str]:
    """Mean and sd over seeds as lines of a Markdown table, best model first."""
    lines = [
        "| model | seeds | CPU s | validation R | test R, mean (sd) | share of ceiling | counts R | "
        "max abs R(A,A) | max abs R(A,B)+R(B,A) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    groups = sorted(table.groupby("model"), key=lambda group: -group[1]["test_r"].mean())
    for name, rows in groups:
        mean = rows.mean(numeric_only=True)
        test = mean["test_r"]
        sd = f"{rows['test_r'].std():.3f}" if len(rows) > 1 else "-"
        lines.append(
            f"| {name} | {len(rows)} | {mean['cpu_s']:.0f} | {mean['validation_r']:.3f} | {test:.3f} "
            f"({sd}) | {test / mean['ceiling']:.3f} | {mean['count_r']:.3f} | "
            f"{rows['identical'].max():.1e} | {rows['swapped'].max():.1e} |"
        )
    return lines


def times(runs: list[dict[str, Any]]) -> list[str]:
    """CPU seconds in which `recommended` reaches the best validation R of each other model, as lines."""
    lines = ["| to the best validation R of | R | its CPU s | recommended, CPU s, mean | share |"]
    lines.append("|---|---|---|---|---|")
    ours = [run for run in runs if run["model"] == "recommended"]
    for run in runs:
        if run["model"] == "recommended" or not ours:
            continue
        spent, best = max(run["curve"], key=lambda point: point[1])
        reached = [next((t for t, score in one["curve"] if score >= best), np.inf) for one in ours]
        mean, name = float(np.mean(reached)), f"{run['model']}, seed {run['seed']}"
        lines.append(f"| {name} | {best:.3f} | {spent:.0f} | {mean:.1f} | {mean / spent:.3f} |")
    return lines


def draw(runs: list[dict[str, Any]], path: Path) -> None:
    """Draw validation R against CPU seconds, a line per training."""
    figure, ax = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    names = sorted({run["model"] for run in runs})
    for run in runs:
        seconds, scores = np.transpose(run["curve"])
        number = names.index(run["model"])
        first = run is next(one for one in runs if one["model"] == run["model"])
        ax.plot(seconds, scores, color=f"C{number}", linewidth=1, label=run["model"] if first else None)
    ax.set(xscale="log", xlabel="CPU seconds", ylabel="validation R of log2(A/B)")
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(figure)


def main() -> None:
    """Run what is missing, then collect."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--models", nargs="*", default=["recommended", *(f"narrow_{kind}" for kind in TYPES)])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--budget", type=float, default=240, help="CPU seconds after which a training stops")
    parser.add_argument("--one", nargs=2, metavar=("MODEL", "SEED"), help="train this one only, here")
    arguments = parser.parse_args()
    (arguments.out / "runs").mkdir(parents=True, exist_ok=True)
    if arguments.one:
        train(arguments, arguments.one[0], int(arguments.one[1]))
        return
    for name in arguments.models:
        for seed in arguments.seeds:
            if not run_file(arguments.out, name, seed).exists():
                subprocess.run([sys.executable, *sys.argv, "--one", name, str(seed)], check=True)
    collect(arguments.out)


if __name__ == "__main__":
    main()
