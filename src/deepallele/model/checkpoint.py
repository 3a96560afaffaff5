"""Checkpoints of trained models: what must be in them, and how they are read safely."""

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn

from deepallele.errors import InputError
from deepallele.model.build import build_network
from deepallele.model.presets import model_config
from deepallele.model.published_checkpoint import translate

NETWORK_PREFIX = "network."
AVERAGE_PREFIX = "average.module."


def load_model(path: str | Path, map_location: str | torch.device = "cpu") -> nn.Module:
    """Read a checkpoint of `train_model.py`, or one of the published models.

    Only tensors and plain values are read; nothing in the file is executed.

    Parameters
    ----------
    path
        The checkpoint.
    map_location
        Device the weights are put on.

    Returns
    -------
    nn.Module
        In evaluation mode; one-hot (B, 2, 4, L) -> `Prediction`. Where a moving average of the
        weights was kept, its weights.

    Raises
    ------
    InputError
        If the file is not such a checkpoint.
    FileNotFoundError
        If there is no such file.
    """
    content = read_checkpoint(path, map_location)
    try:
        hyper = content["hyper_parameters"]
        if "input_length" in hyper:
            config, length, weights = translate(hyper, content["state_dict"])
            tasks = 1
        else:
            config, length = model_config(hyper["model"]), int(hyper["length"])
            tasks = len(hyper.get("tasks", ["all"]))
            weights = _weights(content["state_dict"])
        network = build_network(config, length, tasks)
        network.load_state_dict(weights)
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        detail = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path}: not a checkpoint of this workflow ({detail}); train the model again"
        ) from error
    return network.to(map_location).eval()


def trained_tasks(path: str | Path) -> tuple[str, list[str]]:
    """Kind and names of a model's tasks, see `Dataset.task_targets`.

    Raises
    ------
    InputError
        If the file is not a checkpoint.
    """
    hyper = read_checkpoint(path).get("hyper_parameters", {})
    if "model" not in hyper:
        return "all", ["all"]
    return model_config(hyper["model"]).training.tasks, list(hyper.get("tasks", ["all"]))


def read_checkpoint(path: str | Path, map_location: str | torch.device = "cpu") -> dict[str, Any]:
    """Read the dictionary in a checkpoint file without executing anything in it.

    Raises
    ------
    InputError
        If the file is not a checkpoint, or holds more than tensors and plain values.
    FileNotFoundError
        If there is no such file.
    """
    try:
        content = torch.load(path, map_location=map_location, weights_only=True)
    except FileNotFoundError:
        raise
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: not a model checkpoint; give a model.ckpt of train_model.py") from error
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds a {type(content).__name__}; give a model.ckpt of train_model.py")
    return content


def _weights(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    prefix = AVERAGE_PREFIX if any(key.startswith(AVERAGE_PREFIX) for key in state) else NETWORK_PREFIX
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
