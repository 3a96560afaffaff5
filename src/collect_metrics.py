"""Metrics of one model over its folds and seeds: metrics.json files and predictions -> one JSON."""

import argparse
import json
from pathlib import Path

from deepallele.dataset.store import read_dataset
from deepallele.errors import InputError, run_step
from deepallele.evaluation.metrics import collect_metrics, significant_regions
from deepallele.files import read_table, write_json

COLUMNS = ["region", "fold", "count_a", "count_b", "log_ratio", "log_ratio_error"]


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--predictions", type=Path, required=True, help="predictions of the model")
    parser.add_argument(
        "--metrics", type=Path, nargs="+", required=True, help="metrics.json of every fold and seed"
    )
    parser.add_argument(
        "--min-informative", type=int, default=10, help="fewest informative pairs for a ratio to count"
    )
    parser.add_argument(
        "--min-abs-log-ratio", type=float, default=1.0, help="sign: smallest |measured log2(A/B)| of a region"
    )
    parser.add_argument("--checks", type=Path, help="checks of predict.py, to hand on")
    parser.add_argument(
        "--imbalance", type=Path, nargs="?", help="table of the test of imbalance, where one was made"
    )
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Collect, and show the log ratio's R beside its ceiling."""
    dataset = read_dataset(arguments.dataset)
    significant = None
    if arguments.imbalance:
        imbalance = read_table(arguments.imbalance, ["region", "fdr"])
        significant = significant_regions(imbalance, dataset.region["name"])
    metrics = collect_metrics(
        dataset,
        read_table(arguments.predictions, COLUMNS),
        [_read_json(path) for path in arguments.metrics],
        arguments.min_informative,
        arguments.min_abs_log_ratio,
        significant,
        _read_json(arguments.checks) if arguments.checks else None,
    )
    write_json(metrics, arguments.out)
    print(f"test R of log2(A/B): {metrics['test']['ratio_r']}; ceiling: {metrics['test']['ceiling']}")


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: not JSON ({error}); make it again") from error


if __name__ == "__main__":
    run_step(main, build_parser())
