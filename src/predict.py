"""Out-of-fold predictions of one model: dataset.h5, checkpoints -> predictions, those of tasks, checks."""

import argparse
from pathlib import Path

import torch

from deepallele.dataset.store import read_dataset
from deepallele.effects.ensemble import choose_device
from deepallele.errors import run_step
from deepallele.evaluation.out_of_fold import predict_out_of_fold
from deepallele.evaluation.task_predictions import predict_each_task
from deepallele.files import write_json, write_table


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        required=True,
        help="checkpoints of all folds and seeds of one model, .../fold{k}/seed{s}/model.ckpt",
    )
    parser.add_argument(
        "--min-informative", type=int, default=10, help="trusted: fewest informative pairs of a region"
    )
    parser.add_argument(
        "--min-abs-log-ratio", type=float, default=1.0, help="trusted: smallest |measured log2(A/B)|"
    )
    parser.add_argument(
        "--min-abs-z", type=float, default=1.65, help="trusted: smallest |z| of the predicted log2(A/B)"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto", help="device to use")
    parser.add_argument("--out", type=Path, required=True, help="table of predictions to write")
    parser.add_argument("--tasks", type=Path, help="table of each task's predictions to write")
    parser.add_argument(
        "--checks", type=Path, help="JSON of what equal and exchanged sequences give, and of the errors' fit"
    )
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Predict, and say how many regions are trusted."""
    torch.set_num_threads(arguments.threads)
    dataset, device = read_dataset(arguments.dataset), choose_device(arguments.accelerator)
    table, checks = predict_out_of_fold(
        dataset,
        arguments.checkpoints,
        arguments.min_informative,
        arguments.min_abs_log_ratio,
        arguments.min_abs_z,
        device,
    )
    write_table(table, arguments.out)
    if arguments.tasks:
        write_table(predict_each_task(dataset, arguments.checkpoints, device), arguments.tasks)
    if arguments.checks:
        write_json(checks, arguments.checks)
    print(f"regions: {len(table)}; in no test fold: {int(table['log_ratio'].isna().sum())}")
    print(f"trusted: {int(table['trusted'].sum())}")
    print(f"mean error of log2(A/B): {table['log_ratio_error'].mean():.3g}")


if __name__ == "__main__":
    run_step(main, build_parser())
