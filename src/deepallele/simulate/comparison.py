"""All numbers of a run on simulated data, as found and as they could be at best."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from deepallele.errors import InputError
from deepallele.files import read_table
from deepallele.simulate.comparison_table import descriptions
from deepallele.simulate.found_ratios import gene_ratios, pseudobulk_ratios, region_ratios
from deepallele.simulate.found_reads import assess_assignment
from deepallele.simulate.found_regions import causal_share, match_regions, motifs_found, pearson, with_truth
from deepallele.simulate.settings import Paths


@dataclass(frozen=True)
class Run:
    """What a run is: folder, haplotype names, the model of each role it has, and the thresholds."""

    results: Path
    haplotypes: tuple[str, str]
    models: Mapping[str, str]
    exclude: Sequence[str] = ("chrM",)
    min_informative: int = 10
    min_measured: int = 50
    min_instances: int = 200
    max_q: float = 0.05
    best: int = 4


class Truth:
    """What was simulated: files, assay, cell types, and the sign of a run's log ratios against it."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self._settings = json.loads(paths.settings.read_text())
        self.assay: str = self._settings.get("assay", "atac")
        types = self._settings["cell_types"] if self.assay == "scatac" else ""
        self.cell_types = [name.strip() for name in types.split(",") if name]

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Table of the true regions."""
        columns = ["chrom", "start", "end", "summit", "log_ratio", "causal_variant"]
        return read_table(self.paths.regions, columns)

    def sign(self, haplotypes: tuple[str, str]) -> int:
        """1 where the run's first haplotype is the simulator's A (the reference), -1 where it is B.

        Raises
        ------
        InputError
            If they are not the simulated ones.
        """
        simulated = (self._settings["reference_name"], self._settings["strain"])
        if set(haplotypes) != set(simulated):
            raise InputError(
                f"--haplotypes {' '.join(haplotypes)}: not those of the simulation; "
                f"{self.paths.settings} has {' '.join(simulated)}"
            )
        return 1 if haplotypes[0] == simulated[0] else -1

    def descriptions(self, roles: Sequence[str]) -> dict[str, str]:
        """The numbers of a run with models for these roles."""
        return descriptions(self.assay, roles, self.cell_types)


def compare(truth: Truth, run: Run) -> dict[str, float]:
    """Every number of `Truth.descriptions` but time and memory; NaN where there is nothing to count.

    Assignment is described at `assess_assignment`, regions at `match_regions`, the causal share at
    `causal_share`, motifs at `motifs_found`. `measured_ratio_r` is over matched regions, or genes, with at
    least `min_measured` informative fragments; `ratio_r_*` over the out-of-fold predictions of regions with
    at least `min_informative`, and its ceiling over those of them (recommended model's table) that match a
    true region.

    Raises
    ------
    InputError
        If a file lacks a column, or the haplotypes are not the simulated ones.
    """
    paths, results = truth.paths, run.results
    reads = assess_assignment(paths.reads, paths.blacklist, results / "allele", run.haplotypes, run.exclude)
    sign = truth.sign(run.haplotypes)
    numbers = {
        "assignment_precision": reads.precision,
        "assignment_recall": reads.recall,
        "reference_bias": reads.bias,
    }
    if truth.assay == "rna":
        genes = gene_ratios(paths.genes, results / "counts" / "imbalance.tsv", run.min_measured, sign)
        ratio = pearson(genes["log_ratio"], genes["true_log_ratio"])
        return numbers | {"measured_ratio_r": ratio, "measured_genes": len(genes)}
    return numbers | _of_regions(truth, run, sign) | _of_models(truth, run, sign)


def _of_regions(truth: Truth, run: Run, sign: int) -> dict[str, float]:
    counts = run.results / "counts"
    peaks = match_regions(truth.regions, read_regions(run.results / "peaks" / "regions.bed"))
    measured = region_ratios(truth.regions, counts / "imbalance.tsv", run.min_measured, sign)
    numbers = {
        "peak_recall": peaks.recall,
        "peak_precision": peaks.precision,
        "measured_ratio_r": pearson(measured["log_ratio"], measured["true_log_ratio"]),
    }
    for name in truth.cell_types:
        table = pseudobulk_ratios(truth.regions, counts / "counts.tsv.gz", name, run.min_measured, sign)
        numbers[f"measured_ratio_r_{name}"] = pearson(table["log_ratio"], table["true_log_ratio"])
    return numbers


def _of_models(truth: Truth, run: Run, sign: int) -> dict[str, float]:
    predictions = {role: _predictions(run.results, model) for role, model in run.models.items()}
    numbers: dict[str, float] = {}
    for role, table in predictions.items():
        kept = table[table["informative"] >= run.min_informative]
        numbers[f"ratio_r_{role}"] = pearson(kept["log_ratio"], kept["measured_log_ratio"])
    if "recommended" not in predictions:
        return numbers
    recommended = with_truth(predictions["recommended"], truth.regions, sign)
    ceiling = recommended[recommended["informative"] >= run.min_informative]
    model = run.models["recommended"]
    variants = read_table(run.results / "variants" / f"{model}.tsv.gz", ["region", "variant", "main"])
    share, trusted = causal_share(recommended, variants)
    tomtom = read_table(run.results / "motifs" / model / "tomtom.tsv", ["tf", "q_value", "rank"])
    summary = read_table(truth.paths.motif_summary, ["tf", "n_instances"])
    planted, found = motifs_found(summary, tomtom, run.min_instances, run.max_q, run.best)
    return numbers | {
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
