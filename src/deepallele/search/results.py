"""What a search found: the table of its trials, and the settings of the best one."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import yaml

from deepallele.errors import InputError
from deepallele.search.score import RESULTS
from deepallele.search.space import PARTS, with_settings

SHARED = ("model", "type", "fold", "seed")  # what all trials of a search have in common


def collect_trials(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Table of all trials, the best first; those without a score last.

    Parameters
    ----------
    records
        One per trial: model, type, fold, seed, trial, settings (value of each key of the space) and what
        `score.trial_result` gives.

    Returns
    -------
    pd.DataFrame
        Columns trial, one per key of the space, score, validation_ratio_r, validation_count_r, epochs,
        best_epoch, failed.

    Raises
    ------
    InputError
        If the records are not of one search, or no trial has a score.
    """
    first = records[0]
    for record in records[1:]:
        same = all(record[key] == first[key] for key in SHARED)
        if not same or set(record["settings"]) != set(first["settings"]):
            raise InputError(
                f"trials {first['trial']} and {record['trial']} are of different searches; run them again"
            )
    if all(record["score"] is None for record in records):
        raise InputError(f"all {len(records)} trials failed; trial {first['trial']}: {first['failed']}")
    keys = sorted(first["settings"])
    rows = [
        [record["trial"], *(record["settings"][key] for key in keys), *(record[key] for key in RESULTS)]
        for record in sorted(records, key=_rank)
    ]
    table = pd.DataFrame(rows, columns=["trial", *keys, *RESULTS])
    return table.astype({"epochs": "Int64", "best_epoch": "Int64"})


def _rank(record: Mapping[str, Any]) -> tuple[bool, float, int]:
    return record["score"] is None, -(record["score"] or 0.0), record["trial"]


def best_settings(section: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> str:
    """Settings of the best trial as YAML, to stand in place of the model's own under `models.<name>`.

    Parameters
    ----------
    section
        The model's own section of the configuration.
    records
        As for `collect_trials`; one at least has a score.
    """
    best = min(records, key=_rank)
    whole = with_settings(section, {} if best["trial"] == 0 else best["settings"])
    parts = {part: dict(whole.get(part) or {}) for part in sorted(PARTS)}
    own = next((record["score"] for record in records if record["trial"] == 0), None)
    lines = [
        f"# Best of {len(records)} trials is trial {best['trial']}: validation score {best['score']:.4f}"
        + ("." if own is None else f"; the model's own settings have {own:.4f}."),
        f"# To use it, put this in place of architecture and training under models.{best['model']}.",
    ]
    if best["trial"] == 0:
        lines.append("# These are the model's own settings: no trial was better.")
    return "\n".join(lines) + "\n" + yaml.safe_dump(parts, sort_keys=True)
