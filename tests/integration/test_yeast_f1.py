"""Real reads, planted truth: from the yeast FASTQ files to counts, dataset and a trained model."""

import gzip
import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.dataset.store import read_dataset

CONFIG = Path(__file__).parent / "yeast_f1" / "config.yaml"


@pytest.fixture(scope="module")
def yeast(new_run, shared_data):
    run = new_run("yeast", CONFIG, shared_data / "yeast_f1")
    # The reads carry RM's SNPs but not its indels (README of the data).
    subprocess.run(
        ["bcftools", "view", "--types", "snps", "-Oz", "-o", "snps.vcf.gz", "data/BYxRM_F1.phased.vcf.gz"],
        cwd=run.directory,
        check=True,
    )
    # The ribosomal DNA array, some 150 copies of which the reference shows two.
    (run.directory / "blacklist.bed").write_text("chrXII\t450000\t491000\n")
    (run.directory / "samples.tsv").write_text(
        "sample\tunit\tfastq_1\tfastq_2\nyeast\tlane1\tdata/R1.fq.gz\tdata/R2.fq.gz\n"
    )
    run.whole(
        "results/predictions/recommended.tsv.gz",
        "results/counts/imbalance.tsv",
        "results/allele/yeast.allele_stats.json",
    )
    return run


@pytest.fixture(scope="module")
def calls(yeast):
    """One row per pair of the tagged BAM: read name and HP (0 where ambiguous)."""
    with pysam.AlignmentFile(yeast.directory / "results/allele/yeast.bam") as bam:
        rows = [
            (read.query_name, read.get_tag("HP") if read.has_tag("HP") else 0)
            for read in bam
            if read.is_read1
        ]
    return pd.DataFrame(rows, columns=["read", "hp"])


@pytest.fixture(scope="module")
def truth(shared_data):
    with gzip.open(shared_data / "yeast_f1" / "truth_reads.tsv.gz", "rt") as file:
        table = pd.read_csv(file, sep="\t")
    return table.assign(hp=table["hap"].map({"BY": 1, "RM": 2}))


def test_assigned_pairs_agree_with_the_planted_haplotype(calls, truth):
    assigned = calls[calls["hp"] > 0].merge(truth, on="read", suffixes=("", "_true"), validate="one_to_one")
    assert (assigned["hp"] == assigned["hp_true"]).mean() >= 0.999
    planted = assigned[assigned["n_snp_bases"] > 0]
    assert len(planted) > 50_000
    assert (planted["hp"] == planted["hp_true"]).mean() >= 0.999
    # Pairs without a planted allele can only be told apart by differences of their own.
    assert len(planted) / len(assigned) >= 0.997


def test_the_share_of_each_haplotype_is_recovered_per_bin_and_overall(calls, truth, shared_data):
    merged = calls.merge(truth, on="read", suffixes=("", "_true"))
    informative = merged[merged["n_snp_bases"] > 0]
    found = informative[informative["hp"] > 0]
    assert abs((found["hp"] == 2).mean() - (informative["hp_true"] == 2).mean()) <= 0.002
    middle = (found["start"] + found["end"]) // 2
    share = found.assign(start=middle // 5000 * 5000, rm=found["hp"] == 2)
    share = share.groupby(["chrom", "start"])["rm"].agg(["size", "mean"]).reset_index()
    bins = pd.read_csv(shared_data / "yeast_f1" / "truth_bins.tsv", sep="\t")
    bins = share.merge(bins, on=["chrom", "start"])
    bins = bins[bins["size"] >= 50]
    assert len(bins) > 300
    true = bins["informative_RM"] / (bins["informative_RM"] + bins["informative_BY"])
    assert np.corrcoef(bins["mean"], true)[0, 1] >= 0.97
    # Against the planted probability even the true shares of these reads reach only about 0.95.
    ceiling = np.corrcoef(true, bins["planted_RM_fraction"])[0, 1]
    assert np.corrcoef(bins["mean"], bins["planted_RM_fraction"])[0, 1] >= ceiling - 0.005


def test_every_pair_is_in_exactly_one_class(yeast):
    stats = json.loads((yeast.directory / "results/allele/yeast.allele_stats.json").read_text())
    assert stats["pairs_in"] > 400_000
    assert stats["informative_A"] + stats["informative_B"] > 50_000


def test_dataset_and_predictions_cover_the_same_regions(yeast):
    dataset = read_dataset(yeast.directory / "results/dataset/dataset.h5")
    assert dataset.sequence.shape[1:] == (2, 256)
    assert len(dataset.region) > 1000
    predictions = pd.read_csv(yeast.directory / "results/predictions/recommended.tsv.gz", sep="\t")
    assert list(predictions["region"]) == list(dataset.region["name"])
    assert predictions["log_ratio"].notna().all()
    assert predictions["log_ratio"].std() > 0
    same = (dataset.sequence[:, 0] == dataset.sequence[:, 1]).all(axis=1)
    assert same.any()
    assert predictions["log_ratio"][same].abs().max() < 1e-6
