"""All numbers of a run on simulated data, as found and as they could be at best."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepallele.errors import InputError
from deepallele.files import read_table
from deepallele.simulate.found_reads import assess_assignment
from deepallele.simulate.found_regions import causal_share, match_regions, motifs_found, pearson, with_truth
from deepallele.simulate.settings import Paths

ROLES = ("single_head", "computed_ratio", "multi_head", "recommended")
DESCRIPTIONS = {
    "assignment_precision": "tagged pairs given to the right haplotype",
    "assignment_recall": "distinct fragments over a variant that are tagged right",
    "reference_bias": "|share of A found - true share of A|",
    "peak_recall": "true regions that were found",
    "peak_precision": "found regions that overlap a true one",
    "measured_ratio_r": "R of measured and true log2(A/B)",
    "ratio_r_single_head": "R of predicted (single head) and measured log2(A/B)",
    "ratio_r_computed_ratio": "R of predicted (computed ratio) and measured log2(A/B)",
    "ratio_r_multi_head": "R of predicted (multi-head) and measured log2(A/B)",
    "ratio_r_recommended": "R of predicted (recommended) and measured log2(A/B)",
    "ratio_r_ceiling": "R of true and measured log2(A/B), the same regions",
    "causal_main_variant_share": "trusted regions whose main variant is the causal one",
    "trusted_regions": "regions that are trusted",
    "motifs_planted": "motifs planted often enough to be found",
    "motifs_found": "of these, named by a found motif",
    "seconds_total": "wall-clock seconds of the run",
    "peak_mem_mb": "peak memory in MB",
}


@dataclass(frozen=True)
class Run:
    """What a run is: folder, haplotype names, the model of each role, and the comparison's thresholds."""

    results: Path
    haplotypes: tuple[str, str]
    models: Mapping[str, str]
    exclude: Sequence[str] = ("chrM",)
    min_informative: int = 10
    min_measured: int = 50
    min_instances: int = 200
    max_q: float = 0.05
    best: int = 4


def compare(simulation: Paths, run: Run) -> dict[str, float]:
    """Every number of `DESCRIPTIONS` but time and memory; NaN where there is nothing to count.

    Assignment is described at `assess_assignment`, regions at `match_regions`, the causal share at
    `causal_share`, motifs at `motifs_found`. `measured_ratio_r` is over matched regions with at least
    `min_measured` informative fragments; `ratio_r_*` over the out-of-fold predictions of regions with at
    least `min_informative`, and its ceiling over those of them (recommended model's table) that match a true
    region.

    Raises
    ------
    InputError
        If a file lacks a column, or the haplotypes are not the simulated ones.
    """
    results = run.results
    reads = assess_assignment(
        simulation.reads, simulation.blacklist, results / "allele", run.haplotypes, run.exclude
    )
    truth = read_table(simulation.regions, ["chrom", "start", "end", "summit", "log_ratio", "causal_variant"])
    peaks = match_regions(truth, read_regions(results / "peaks" / "regions.bed"))
    sign = _sign(simulation, run.haplotypes)
    imbalance = read_table(results / "counts" / "imbalance.tsv", ["count_a", "count_b", "log_ratio"])
    imbalance = imbalance[imbalance["count_a"] + imbalance["count_b"] >= run.min_measured]
    imbalance = with_truth(imbalance, truth, sign)
    predictions = {role: _predictions(results, run.models[role]) for role in ROLES}
    kept = {role: table[table["informative"] >= run.min_informative] for role, table in predictions.items()}
    recommended = with_truth(predictions["recommended"], truth, sign)
    ceiling = recommended[recommended["informative"] >= run.min_informative]
    model = run.models["recommended"]
    variants = read_table(results / "variants" / f"{model}.tsv.gz", ["region", "variant", "main"])
    share, trusted = causal_share(recommended, variants)
    tomtom = read_table(results / "motifs" / model / "tomtom.tsv", ["tf", "q_value", "rank"])
    summary = read_table(simulation.motif_summary, ["tf", "n_instances"])
    planted, found = motifs_found(summary, tomtom, run.min_instances, run.max_q, run.best)
    return {
        "assignment_precision": reads.precision,
        "assignment_recall": reads.recall,
        "reference_bias": reads.bias,
        "peak_recall": peaks.recall,
        "peak_precision": peaks.precision,
        "measured_ratio_r": pearson(imbalance["log_ratio"], imbalance["true_log_ratio"]),
        **{
            f"ratio_r_{role}": pearson(kept[role]["log_ratio"], kept[role]["measured_log_ratio"])
            for role in ROLES
        },
        "ratio_r_ceiling": pearson(ceiling["true_log_ratio"], ceiling["measured_log_ratio"]),
        "causal_main_variant_share": share,
        "trusted_regions": trusted,
        "motifs_planted": planted,
        "motifs_found": found,
    }


def read_regions(path: Path) -> pd.DataFrame:
    """Consensus regions: BED without header, columns chrom start end name score strand summit."""
    names = ["chrom", "start", "end", "name", "score", "strand", "summit"]
    try:
        return pd.read_csv(path, sep="\t", header=None, names=names)
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: no regions were found") from error


def _predictions(results: Path, model: str) -> pd.DataFrame:
    columns = ["region", "chrom", "start", "end", "log_ratio", "measured_log_ratio", "informative", "trusted"]
    return read_table(results / "predictions" / f"{model}.tsv.gz", columns)


def _sign(simulation: Paths, haplotypes: tuple[str, str]) -> int:
    """1 where the run's first haplotype is the simulator's A (the reference), -1 where it is B."""
    settings = json.loads(simulation.settings.read_text())
    simulated = (settings["reference_name"], settings["strain"])
    if set(haplotypes) != set(simulated):
        raise InputError(
            f"--haplotypes {' '.join(haplotypes)}: not those of the simulation; "
            f"{simulation.settings} has {' '.join(simulated)}"
        )
    return 1 if haplotypes[0] == simulated[0] else -1


def best_possible(name: str, found: Mapping[str, float | None]) -> float | None:
    """What a perfect run would give; None where there is no such number."""
    if name == "reference_bias":
        return 0.0
    if name == "motifs_found":
        return found["motifs_planted"]
    if name.startswith("ratio_r_") and name != "ratio_r_ceiling":
        return found["ratio_r_ceiling"]
    counted = {"ratio_r_ceiling", "trusted_regions", "motifs_planted", "seconds_total", "peak_mem_mb"}
    return None if name in counted else 1.0


def found_or_none(numbers: Mapping[str, float | None]) -> dict[str, Any]:
    """The same numbers, rounded to 6 digits, with None for NaN, which JSON cannot hold."""
    return {
        name: None
        if value is None or not np.isfinite(value)
        else value
        if isinstance(value, int)
        else round(value, 6)
        for name, value in numbers.items()
    }


def as_text(numbers: Mapping[str, float | None], targets: Mapping[str, float]) -> str:
    """Aligned table: what was found, what is best possible, the target, and what the number means."""
    rows: list[tuple[str, ...]] = [("number", "found", "best", "target", "meaning")]
    for name, meaning in DESCRIPTIONS.items():
        cells = (numbers[name], best_possible(name, numbers), targets.get(name))
        shown = ["-" if cell is None else f"{cell:.4g}" if cell < 10 else f"{cell:.0f}" for cell in cells]
        rows.append((name, shown[0], shown[1], shown[2], meaning))
    if not targets:
        rows = [(*row[:3], *row[4:]) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    last = len(widths) - 1
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 0 < column < last else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
