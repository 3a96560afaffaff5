"""ChIP-seq with an input control, from reads to counts, on a simulated F1 whose truth is known."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepallele.files import read_table
from deepallele.simulate.found_regions import match_regions, pearson, with_truth

REPOSITORY = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "chip" / "config.yaml"
SIZE = ["--chromosomes", "2", "--regions-per-chromosome", "40", "--spacing", "8000", "--pairs", "40000"]
NOISE = ["--background-share", "0.4", "--control-pairs", "16000"]


@pytest.fixture(scope="session")
def chip(new_run):
    run = new_run("chip", CONFIG)
    command = [
        sys.executable,
        str(REPOSITORY / "src" / "simulate_f1.py"),
        "--out",
        "input",
        "--assay",
        "chip",
    ]
    subprocess.run([*command, *SIZE, *NOISE], cwd=run.directory, check=True, capture_output=True)
    targets = ["results/counts/imbalance.tsv", "results/deeptools/fingerprint.tsv"]
    run.whole("--notemp", *targets)
    return run


@pytest.fixture(scope="session")
def truth(chip):
    return read_table(chip.directory / "input" / "truth" / "regions.tsv")


@pytest.fixture(scope="session")
def regions(chip):
    names = ["chrom", "start", "end", "name", "score", "strand", "summit"]
    return pd.read_csv(chip.directory / "results/peaks/regions.bed", sep="\t", header=None, names=names)


def test_binding_sites_are_found_and_little_else(truth, regions):
    found = match_regions(truth, regions)
    assert found.recall >= 0.9
    assert found.precision >= 0.9


def test_summits_are_near_the_binding_sites(truth, regions):
    nearest = [
        (truth["summit"][truth["chrom"] == row.chrom] - row.summit).abs().min()
        for row in regions.itertuples()
    ]
    assert pd.Series(nearest).median() < 40


def test_measured_log_ratios_follow_the_true_ones(chip, truth):
    table = read_table(chip.directory / "results/counts/imbalance.tsv")
    table = with_truth(table[table["count_a"] + table["count_b"] >= 50], truth, 1)
    assert len(table) > 40
    assert pearson(table["log_ratio"], table["true_log_ratio"]) >= 0.9


def test_the_control_is_mapped_and_checked_but_has_no_peaks_and_no_counts(chip):
    results = chip.directory / "results"
    assert (results / "allele" / "input.bam").stat().st_size > 0
    assert not (results / "peaks" / "input_peaks.narrowPeak").exists()
    counts = read_table(results / "counts" / "counts.tsv.gz")
    assert set(counts["sample"]) == {"rep1", "rep2"}
    log = (results / "logs" / "call_peaks" / "rep1.narrowPeak.log").read_text()
    assert "input.reads.bam" in log
    assert "Paired-End mode is on" in log


def test_the_fingerprint_shows_samples_and_their_control(chip):
    lines = (chip.directory / "results" / "deeptools" / "fingerprint.tsv").read_text().splitlines()
    assert lines[1].split("\t") == ["'input'", "'rep1'", "'rep2'"]
    counts = np.sort([[float(value) for value in line.split("\t")] for line in lines[2:]], axis=0)
    # The share of the reads in the fuller half of the bins: uneven where there are peaks.
    upper = counts[len(counts) * 4 // 5 :].sum(axis=0) / counts.sum(axis=0)
    assert upper[0] + 0.1 < min(upper[1:])


def test_the_pooled_reads_are_called_against_the_control_once(chip):
    log = (chip.directory / "results/logs/call_pooled_peaks.narrowPeak.log").read_text()
    command = next(line for line in log.splitlines() if "Command line" in line)
    treatment, control = command.split("--control")
    assert "rep1.reads.bam" in treatment and "rep2.reads.bam" in treatment
    assert control.count(".reads.bam") == control.count("input.reads.bam") == 1


def test_conditions_are_compared_and_replicates_of_one_truth_hardly_differ(chip):
    header, *rows = (chip.directory / "input" / "samples.tsv").read_text().splitlines()
    conditions = {"rep1": "8 h", "rep2": "0 h", "input": ""}
    lines = [f"{header}\tcondition", *(f"{row}\t{conditions[row.split()[0]]}" for row in rows)]
    (chip.directory / "conditions.tsv").write_text("\n".join(lines) + "\n")
    run = chip.with_config("conditions", samples="conditions.tsv", counts={"compare": [["8 h", "0 h"]]})
    run.whole("--notemp", "results/counts/differential/8-h_vs_0-h.tsv")
    folder = chip.directory / "results" / "counts" / "differential"
    summary = json.loads((folder / "8-h_vs_0-h.json").read_text())
    assert summary["condition_1"] == {"name": "8 h", "samples": ["rep1"]}
    table = read_table(folder / "8-h_vs_0-h.tsv")
    assert summary["tested"] == table["p_value"].notna().sum() > 40
    assert summary["significant"] <= 2
    within = run.with_config("within", peaks={"reproducible_within": "condition", "min_samples": 2})
    done = within.snakemake("--dry-run")
    assert "'peaks.min_samples': 2, but conditions.tsv lists at most 1 samples of a condition" in done.stdout
    absent = run.with_config("absent", counts={"compare": [["8 h", "9 h"]]}).snakemake("--dry-run")
    assert "no sample of conditions.tsv has condition '9 h'; conditions: 0 h, 8 h" in absent.stdout


def test_broad_peaks_are_called_under_their_own_name(chip):
    broad = chip.with_config("broad", peaks={"broad": True})
    broad.whole("--notemp", "results/peaks/rep1_peaks.broadPeak")
    peaks = pd.read_csv(broad.directory / "results/peaks/rep1_peaks.broadPeak", sep="\t", header=None)
    assert peaks.shape[1] == 9
    assert len(peaks) > 50


def refused(run, name, sheet, **changes):
    (run.directory / "sheet.tsv").write_text(sheet)
    done = run.with_config(name, samples="sheet.tsv", **changes).snakemake("--dry-run")
    assert done.returncode != 0
    return done.stdout


def test_a_sample_without_its_control_stops_before_any_job(chip):
    sheet = (chip.directory / "input" / "samples.tsv").read_text()
    without = sheet.replace("\tinput\n", "\t\n")
    assert "ChIP sample 'input' has no control" in refused(chip, "without", without)
    (chip.directory / "sheet.tsv").write_text(without)
    alone = chip.with_config("alone", samples="sheet.tsv", peaks={"require_control": False})
    assert alone.snakemake("--dry-run", "results/peaks/regions.bed").returncode == 0
