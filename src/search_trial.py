"""One trial of a search: dataset.h5 -> trial.json with settings and validation scores; no model is kept."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from deepallele.dataset.store import Dataset, read_dataset
from deepallele.errors import InputError, run_step
from deepallele.files import write_json
from deepallele.model.presets import ModelConfig, model_config
from deepallele.model.train import fold_rows, train_model
from deepallele.search.score import failed_result, trial_result
from deepallele.search.space import draw_trial, read_space, settings_of, with_settings


def build_parser() -> argparse.ArgumentParser:
    """Arguments of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--model", required=True, help="name of the model")
    parser.add_argument("--config", required=True, help="JSON: type, train_on, architecture, training")
    parser.add_argument(
        "--space",
        default="null",
        help="JSON: for each training.<setting> or architecture.<setting> a list of values, or low, high and "
        "log; null (default): that of the type",
    )
    parser.add_argument("--trial", type=int, required=True, help="number; trial 0 has the settings as given")
    parser.add_argument("--fold", type=int, default=0, help="fold, from 0")
    parser.add_argument("--seed", type=int, required=True, help="seed of the draws and of every training")
    parser.add_argument(
        "--min-informative", type=int, default=10, help="fewest informative pairs for a ratio to count"
    )
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--devices", type=int, default=1, help="number of devices")
    parser.add_argument("--accelerator", choices=("auto", "cpu", "gpu"), default="auto", help="device to use")
    parser.add_argument("--out", type=Path, required=True, help="trial.json to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Draw the settings, train, and write the validation scores."""
    section = _parse(arguments.config, "--config")
    space = read_space(section, _parse(arguments.space, "--space"), arguments.model)
    drawn = draw_trial(space, arguments.seed, arguments.trial)
    print(f"trial {arguments.trial}: {drawn or 'settings as given'}", flush=True)
    config = model_config(with_settings(section, drawn), arguments.model)
    dataset = read_dataset(arguments.dataset)
    # A fold that cannot be trained on stops the search; what fails after this is up to the drawn settings.
    fold_rows(dataset, arguments.fold, arguments.min_informative)
    torch.set_num_threads(arguments.threads)
    names = {key: getattr(arguments, key) for key in ("model", "fold", "seed", "trial")}
    result = _train(dataset, config, arguments)
    record = {**names, "type": config.type, "settings": settings_of(config, space), **result}
    write_json(record, arguments.out)
    print(f"score: {record['score']}" if record["failed"] is None else f"failed: {record['failed']}")


def _train(dataset: Dataset, config: ModelConfig, arguments: argparse.Namespace) -> dict[str, Any]:
    """Train in a folder that is thrown away; settings that cannot be trained with are a result too."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            metrics = train_model(
                dataset=dataset,
                config=config,
                fold=arguments.fold,
                seed=arguments.seed,
                min_informative=arguments.min_informative,
                checkpoint=Path(folder) / "model.ckpt",
                logs=Path(folder) / "logs",
                accelerator=arguments.accelerator,
                devices=arguments.devices,
            )
        except InputError as error:
            return failed_result(str(error))
    return trial_result(config, metrics)


def _parse(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{option} is not JSON ({error}): {text[:80]!r}") from error


if __name__ == "__main__":
    run_step(main, build_parser())
