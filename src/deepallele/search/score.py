"""What a trial of a search is worth, by its validation regions alone."""

import math
from collections.abc import Mapping
from typing import Any

from deepallele.model.presets import ModelConfig

RESULTS = ("score", "validation_ratio_r", "validation_count_r", "epochs", "best_epoch", "failed")


def trial_result(config: ModelConfig, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Result of a training as far as a search may see it: its test part is left out.

    Parameters
    ----------
    config
        The trial's settings.
    metrics
        What `train_model` gave.

    Returns
    -------
    dict[str, Any]
        epochs, best_epoch, validation_ratio_r (R of log2(A/B)), validation_count_r (mean R of the log2 counts
        that the model is trained on) and score: the former, but of a single-head model the latter, because
        its training sees no ratio. None where there is no finite score; `failed` then says so.
    """
    validation = metrics["validation"]
    columns = {"A": "a", "B": "b", "both": "ab"}[config.train_on]
    values = [_known(validation[f"count_{column}_pearson"]) for column in columns]
    counts = [value for value in values if value is not None]
    count_r = sum(counts) / len(counts) if len(counts) == len(columns) else None
    ratio_r = _known(validation["ratio_pearson"])
    score = count_r if config.type == "single_head" else ratio_r
    return {
        "epochs": metrics["epochs"],
        "best_epoch": metrics["best_epoch"],
        "validation_ratio_r": ratio_r,
        "validation_count_r": count_r,
        "score": score,
        "failed": "no finite validation score" if score is None else None,
    }


def failed_result(reason: str) -> dict[str, Any]:
    """Result of a trial that could not be trained."""
    return {**dict.fromkeys(RESULTS), "failed": reason}


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
