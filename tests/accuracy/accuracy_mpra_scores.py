"""Scores of out-of-fold predictions of the promoter assay, with intervals over groups of oligos."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from accuracy_bootstrap import VALUES, bootstrap_r, interval, resamples
from numpy.typing import NDArray

from deepallele.dataset.ceiling import pearson
from deepallele.dataset.schema import VALIDATION
from deepallele.effects.ensemble import test_fold
from deepallele.model.evaluate import mean_and_sd

REPEATS = 1000
IMBALANCED = 0.05  # FDR of the authors' test


class Measured(NamedTuple):
    """What predictions are compared with.

    Attributes
    ----------
    activity
        (n, 2), log2, of A and of B.
    skew
        (n,), log2(A/B).
    group, fold
        Group and test fold of each pair, (n,).
    imbalanced
        bool (n,), pairs that the authors' test calls imbalanced.
    library
        Library of each pair, (n,).
    unseen
        bool (n,), pairs in no fold's validation part: no choice of settings can have seen them.
    drawn
        Resamples of the groups.
    """

    activity: VALUES
    skew: VALUES
    group: NDArray[np.int64]
    fold: NDArray[np.int64]
    imbalanced: NDArray[np.bool_]
    library: NDArray[np.object_]
    unseen: NDArray[np.bool_]
    drawn: NDArray[np.int64]


def measurements(
    table: pd.DataFrame, activity: VALUES, group: NDArray[np.int64], split: NDArray[np.int8], seed: int
) -> Measured:
    """Gather the measurements of the pairs; `split` is the dataset's, `seed` that of the resamples."""
    drawn = resamples(int(group.max()) + 1, REPEATS, seed)
    imbalanced = (table["FDR"] < IMBALANCED).to_numpy()
    library = table["library"].to_numpy(dtype=object)
    unseen = ~(split == VALIDATION).any(axis=0)
    skew = table["measured"].to_numpy()
    return Measured(activity, skew, group, test_fold(split), imbalanced, library, unseen, drawn)


def score(activity: VALUES, skew: VALUES, measured: Measured) -> tuple[dict[str, Any], VALUES]:
    """Scores of a model, and its activity R in each resample.

    Each score has R over all pairs (`pooled`), its 95 % interval, and mean and sample sd over folds.
    """
    every = np.ones(len(skew), dtype=np.bool_)
    parts = {
        "activity": (activity, measured.activity, every),
        "activity_a": (activity[:, :1], measured.activity[:, :1], every),
        "skew": (skew[:, None], measured.skew[:, None], every),
        "skew_imbalanced": (skew[:, None], measured.skew[:, None], measured.imbalanced),
        "activity_unseen": (activity, measured.activity, measured.unseen),
        "skew_unseen": (skew[:, None], measured.skew[:, None], measured.unseen),
    }
    for library in np.unique(measured.library):
        mine = measured.library == library
        parts[f"activity_{library}"] = (activity, measured.activity, mine)
        parts[f"skew_{library}"] = (skew[:, None], measured.skew[:, None], mine)
    scores, draws = {}, {}
    for name, (x, y, rows) in parts.items():
        group = np.repeat(measured.group[rows], x.shape[1])
        draws[name] = bootstrap_r(x[rows].ravel(), y[rows].ravel(), group, measured.drawn)
        folds = [
            pearson(x[rows & (measured.fold == fold)].ravel(), y[rows & (measured.fold == fold)].ravel())
            for fold in np.unique(measured.fold)
        ]
        fold_mean, fold_sd = mean_and_sd(folds)
        scores[name] = {
            "pairs": int(rows.sum()),
            "pooled": pearson(x[rows].ravel(), y[rows].ravel()),
            "interval": interval(draws[name]),
            "fold_mean": fold_mean,
            "fold_sd": fold_sd,
        }
    return scores, draws["activity"]


def difference(scores: dict[str, Any], draws: dict[str, VALUES], best: str) -> dict[str, dict[str, Any]]:
    """Activity R of `best` minus that of each other model, with the interval of the same resamples."""
    return {
        name: {
            "pooled": scores[best]["activity"]["pooled"] - scores[name]["activity"]["pooled"],
            "interval": interval(draws[best] - draws[name]),
        }
        for name in scores
        if name != best
    }


def table_of(scores: dict[str, Any], differences: dict[str, Any]) -> pd.DataFrame:
    """Lay out one row per model, each R with its interval."""
    rows = {}
    for name, parts in scores.items():
        row = {f"{part} R": _with_interval(values) for part, values in parts.items()}
        for part in ("activity", "skew"):
            row[f"{part} R, folds"] = f"{parts[part]['fold_mean']:.3f} +- {parts[part]['fold_sd']:.3f}"
        if name in differences:
            row["lean's activity R is higher by"] = _with_interval(differences[name])
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").fillna("")


def markdown(table: pd.DataFrame, first: str) -> str:
    """Write a table of text as Markdown; `first` heads the column of row names."""
    lines = [[first, *table.columns], ["---"] * (len(table.columns) + 1)]
    lines += [[str(name), *map(str, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _with_interval(values: dict[str, Any]) -> str:
    low, high = values["interval"]
    return f"{values['pooled']:.3f} ({low:.3f} to {high:.3f})"
