"""How good one model is: over folds, over seeds, in parts of the regions, and with its uncertainty."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.ceiling import ceilings, pearson
from deepallele.dataset.store import Dataset
from deepallele.effects.ensemble import NO_FOLD
from deepallele.errors import InputError
from deepallele.evaluation.sign import sign_accuracy
from deepallele.evaluation.strata import depth_bins, ratio_strata
from deepallele.evaluation.uncertainty import NOMINAL, coverage, measured_log_ratio
from deepallele.model.evaluate import agreement, mean_and_sd

SCORES = {
    "ratio_r": "ratio_pearson",
    "ratio_spearman": "ratio_spearman",
    "count_a_r": "count_a_pearson",
    "count_a_spearman": "count_a_spearman",
    "count_b_r": "count_b_pearson",
    "count_b_spearman": "count_b_spearman",
}
MAX_FDR = 0.05


def collect_metrics(
    dataset: Dataset,
    predictions: pd.DataFrame,
    runs: list[dict[str, Any]],
    min_informative: int,
    min_abs_log_ratio: float = 1.0,
    significant: NDArray[np.bool_] | None = None,
    checks: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Sum up one model.

    Parameters
    ----------
    dataset
        All n regions.
    predictions
        Table of `predict_out_of_fold`.
    runs
        The metrics.json of every fold and seed of the model.
    min_informative
        Smallest number of informative pairs with which a region's log ratio counts.
    min_abs_log_ratio
        Regions whose |measured log ratio| is above count for the sign.
    significant
        bool (n,); regions of significant imbalance; None where no test was made.
    checks
        Those of `predict_out_of_fold`; they are handed on.

    Returns
    -------
    dict[str, Any]
        model, type, folds (runs in order of fold and seed), ensemble (test part of each fold, mean of the
        seeds), checks' own parts, and

        - test: mean and sd over folds of each correlation, `ratio_r_pooled` (all regions at once),
          number of regions, and the ceilings of R with all these regions (see `dataset.ceiling.ceilings`;
          `ceiling` is that of counting noise). Runs and folds have those of their own regions;
        - seeds: the same correlations of single seeds, see `over_seeds`;
        - sign: `sign.sign_accuracy` of imbalanced and, where a test was made, of significant regions;
        - strata: `strata.ratio_strata`;
        - coverage: nominal shares, and `uncertainty.coverage` of all regions and by informative pairs.

    Raises
    ------
    InputError
        If the runs are of different models, or the predictions are of other regions.
    """
    if len({(run["model"], run["type"]) for run in runs}) != 1:
        raise InputError("--metrics: give the metrics.json of one model, and at least one")
    if predictions["region"].tolist() != dataset.region["name"].tolist():
        raise InputError("--predictions: not of the regions of the dataset; run predict.py again")
    ratio, measured = predictions["log_ratio"].to_numpy(), dataset.log_ratio()
    fold = predictions["fold"].to_numpy()
    used = dataset.kept(min_informative) & (fold != NO_FOLD)
    ensemble = _of_folds(dataset, predictions, min_informative)
    ordered = sorted(runs, key=lambda run: (run["fold"], run["seed"]))
    sign = {"imbalanced": sign_accuracy(ratio, measured, used & (np.abs(measured) > min_abs_log_ratio))}
    if significant is not None:
        sign["significant"] = sign_accuracy(ratio, measured, used & significant)
    return {
        "model": runs[0]["model"],
        "type": runs[0]["type"],
        "folds": ordered,
        "ensemble": ensemble,
        "test": _test(dataset, ensemble, ratio, used) | {"n": int((fold != NO_FOLD).sum())},
        "seeds": over_seeds(ordered),
        "sign": {"min_abs_log_ratio": min_abs_log_ratio, **sign},
        "strata": ratio_strata(dataset, ratio, used, min_informative),
        "coverage": _coverage(dataset, predictions, used, min_informative),
        **(checks or {}),
    }


def significant_regions(imbalance: pd.DataFrame, region: pd.Series) -> NDArray[np.bool_]:
    """Which regions (names, (n,)) the test of imbalance (columns region, fdr) calls at FDR below 0.05."""
    return region.isin(imbalance.loc[imbalance["fdr"] < MAX_FDR, "region"]).to_numpy()


def _of_folds(dataset: Dataset, predictions: pd.DataFrame, min_informative: int) -> list[dict[str, Any]]:
    kept, fold = dataset.kept(min_informative), predictions["fold"].to_numpy()
    count, ratio = predictions[["count_a", "count_b"]].to_numpy(), predictions["log_ratio"].to_numpy()
    measured_count, measured = dataset.log_counts(), dataset.log_ratio()
    found = []
    for k in np.setdiff1d(fold, [NO_FOLD]):
        rows = fold == k
        scores = agreement(count[rows], ratio[rows], measured_count[rows], measured[rows], kept[rows])
        best = ceilings(dataset.count[rows & kept], dataset.pseudocount, dataset.target_kind)
        found.append({"fold": int(k), **scores, **best})
    return found


def _test(
    dataset: Dataset, ensemble: list[dict[str, Any]], ratio: NDArray[np.float64], used: NDArray[np.bool_]
) -> dict[str, Any]:
    test: dict[str, Any] = {"n_ratio": int(used.sum()), "ceiling": None}
    for name, score in SCORES.items():
        test[name], test[f"{name}_sd"] = mean_and_sd([part[score] for part in ensemble])
    test["ratio_r_pooled"] = pearson(ratio[used], dataset.log_ratio()[used])
    # Of activities there is no counting noise that could be told.
    if dataset.activity is None:
        best = ceilings(dataset.count[used], dataset.pseudocount, dataset.target_kind)
        test |= {"ceiling": best["split_half_ceiling"], **best}
    return test


def over_seeds(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and sd over seeds of each correlation's mean over the folds.

    Parameters
    ----------
    runs
        Metrics of every fold and seed, with `test`.

    Returns
    -------
    dict
        seeds (ascending), and of each correlation {name}_by_seed (mean over the folds), {name} and {name}_sd
        (sample sd; None with one seed). A single seed is worse than the mean of their predictions.
    """
    seeds = sorted({run["seed"] for run in runs})
    found: dict[str, Any] = {"seeds": seeds}
    for name, score in SCORES.items():
        values = [
            mean_and_sd([run.get("test", {}).get(score) for run in runs if run["seed"] == seed])[0]
            for seed in seeds
        ]
        found[f"{name}_by_seed"] = values
        found[name], found[f"{name}_sd"] = mean_and_sd(values)
    return found


def _coverage(
    dataset: Dataset, predictions: pd.DataFrame, used: NDArray[np.bool_], min_informative: int
) -> dict[str, Any]:
    measured, error = measured_log_ratio(dataset), predictions["log_ratio_error"].to_numpy(dtype=np.float64)
    residual = measured.log_ratio - predictions["log_ratio"].to_numpy(dtype=np.float64)
    used = used & np.isfinite(residual) & np.isfinite(error)

    def among(rows: NDArray[np.bool_]) -> dict[str, Any]:
        return coverage(residual[rows], error[rows], measured.variance[rows])

    found: dict[str, Any] = {"nominal": list(NOMINAL), "all": among(used)}
    if dataset.activity is None:
        depth = dataset.informative()
        members = [(one, used & one.holds(depth)) for one in depth_bins(min_informative)]
        found["informative"] = [{**one._asdict(), **among(rows)} for one, rows in members if rows.any()]
    return found
