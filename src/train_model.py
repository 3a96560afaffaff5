"""Train one model on one fold with one seed: dataset.h5 -> model.ckpt, metrics.json, logs."""

import argparse
import json
from pathlib import Path

import torch

from deepallele.dataset.store import read_dataset
from deepallele.errors import InputError, run_step
from deepallele.files import write_json
from deepallele.model.presets import model_config
from deepallele.model.train import train_model


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument("--config", required=True, help="JSON: type, train_on, architecture, training")
    parser.add_argument("--fold", type=int, required=True, help="fold, from 0")
    parser.add_argument("--seed", type=int, required=True, help="seed of weights, order and augmentation")
    parser.add_argument(
        "--min-informative", type=int, default=10, help="fewest informative pairs for a ratio to count"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto", help="device to use")
    parser.add_argument("--devices", type=int, default=1, help="number of devices")
    parser.add_argument("--out-checkpoint", type=Path, required=True, help="model.ckpt to write")
    parser.add_argument("--out-metrics", type=Path, required=True, help="metrics.json to write")
    parser.add_argument("--out-logs", type=Path, required=True, help="folder of CSV and TensorBoard logs")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Train, then write what was reached."""
    try:
        section = json.loads(arguments.config)
    except json.JSONDecodeError as error:
        raise InputError(f"--config is not JSON ({error}): {arguments.config[:80]!r}") from error
    config = model_config(section, arguments.model)
    torch.set_num_threads(arguments.threads)
    arguments.out_logs.mkdir(parents=True, exist_ok=True)
    metrics = train_model(
        read_dataset(arguments.dataset),
        config,
        arguments.fold,
        arguments.seed,
        arguments.min_informative,
        arguments.out_checkpoint,
        arguments.out_logs,
        arguments.accelerator,
        arguments.devices,
    )
    names = {"model": arguments.model, "type": config.type, "fold": arguments.fold, "seed": arguments.seed}
    write_json({**names, **metrics}, arguments.out_metrics)


if __name__ == "__main__":
    run_step(main, build_parser())
