"""Single-cell ATAC-seq from FASTQ to fragments, cells, matrices and pseudobulk counts."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pysam
import pytest
from cell_reads import add_barcodes

from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import read_regions
from deepallele.counts.tables import COUNTS, read_counts
from deepallele.files import read_table

REPOSITORY = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "scatac" / "config.yaml"
SIZE = ["--chromosomes", "2", "--regions-per-chromosome", "15", "--spacing", "6000", "--pairs", "12000"]
SAMPLES = ("rep1", "rep2")
CELLS, EMPTY = 12, 60


def simulate(run, tag=False):
    command = [sys.executable, str(REPOSITORY / "src" / "simulate_f1.py"), "--out", "input", *SIZE]
    subprocess.run(command, cwd=run.directory, check=True, capture_output=True)
    add_barcodes(run.directory / "input", CELLS, EMPTY, tag)


@pytest.fixture(scope="session")
def cells(new_run):
    run = new_run("scatac", CONFIG)
    simulate(run)
    files = ["REF.fragments.tsv.gz", "h5ad", "cells.json"]
    targets = [f"results/single_cell/{sample}.{file}" for sample in SAMPLES for file in files]
    run.whole("results/counts/imbalance.tsv", *targets)
    return run


@pytest.fixture(scope="session")
def results(cells):
    return cells.directory / "results"


def test_the_cells_are_those_of_the_simulation(cells, results):
    listed = read_table(cells.directory / "input" / "cell_types.tsv").set_index("barcode")["group"]
    for sample in SAMPLES:
        table = read_table(results / "single_cell" / f"{sample}.cells.tsv").set_index("barcode")
        called = table[table["is_cell"]]
        assert set(called.index) == set(listed.index)
        assert (called["group"] == listed[called.index]).all()
        assert called["share_in_regions"].between(0.3, 1).all()
        summary = json.loads((results / "single_cell" / f"{sample}.cells.json").read_text())
        assert summary["groups"] == {"A": CELLS // 2, "B": CELLS // 2}
        assert 0 < summary["without_barcode"] < summary["outside_whitelist"] < 0.1 * summary["fragments"]
        parts = [summary[key] for key in ("without_barcode", "outside_whitelist", "in_whitelist")]
        assert sum(parts) == summary["fragments"] == kept_pairs(results, sample)


def kept_pairs(results, sample):
    stats = json.loads((results / "allele" / f"{sample}.assignment.json").read_text())
    return sum(stats[key] for key in ("informative_A", "informative_B", "ambiguous", "hemizygous"))


def test_fragments_are_those_of_the_bam_and_the_split_bams(results):
    for sample in SAMPLES:
        folder = results / "single_cell"
        for name in ("REF", "ALT", "REF.split", "ALT.split"):
            assert fragments(folder / f"{sample}.{name}.fragments.tsv.gz") == from_bam(
                results / "allele" / f"{sample}.{name}.bam"
            )
        written = json.loads((folder / f"{sample}.fragments.json").read_text())
        cells = json.loads((folder / f"{sample}.cells.json").read_text())
        kinds = ("fragments_a", "fragments_b", "fragments_ambiguous")
        assert sum(written[kind] for kind in kinds) == cells["in_whitelist"]
        with pysam.TabixFile(str(folder / f"{sample}.ambiguous.fragments.tsv.gz")) as file:
            assert len(list(file.fetch("chr1"))) > 100


def fragments(path):
    return sorted(
        tuple(line.split("\t")) for line in gzip.decompress(path.read_bytes()).decode().splitlines()
    )


def from_bam(path):
    """Fragments of a BAM by pysam, from its own pairs."""
    ends, rows = {}, []
    whitelist = set((path.parents[2] / "input" / "whitelist.txt").read_text().split())
    with pysam.AlignmentFile(str(path)) as file:
        for read in file:
            if not read.has_tag("CB") or read.get_tag("CB") not in whitelist:
                continue
            ends.setdefault(read.query_name, {})[read.is_reverse] = (
                read.reference_end if read.is_reverse else read.reference_start
            )
            if len(ends[read.query_name]) == 2:
                start, end = ends[read.query_name][False] + 4, ends[read.query_name][True] - 5
                copies = str(read.get_tag("dc"))
                rows.append((read.reference_name, str(start), str(end), read.get_tag("CB"), copies))
    return sorted(rows)


def test_duplicates_are_removed_within_a_cell_and_counted(results):
    stats = json.loads((results / "allele" / "rep1.assignment.json").read_text())
    copies = 0
    with pysam.AlignmentFile(str(results / "allele" / "rep1.bam")) as file:
        for read in file:
            copies += read.get_tag("dc") - 1 if read.is_read1 else 0
    assert copies == stats["duplicates"] > 100


def test_pseudobulk_equals_the_bulk_count_of_the_same_cells(results, tmp_path):
    regions = read_regions(results / "peaks" / "regions.bed")
    counts = read_counts(results / "counts" / "counts.tsv.gz")
    assert list(counts["sample"].unique()) == [f"{s}.{group}" for s in SAMPLES for group in "AB"]
    for (sample, group), table in counts.groupby(counts["sample"].str.split(".").apply(tuple)):
        cells = read_table(results / "single_cell" / f"{sample}.cells.tsv")
        chosen = cells["barcode"][cells["is_cell"] & (cells["group"] == group)]
        (tmp_path / "list.txt").write_text("".join(f"{name}\n" for name in chosen))
        bam = results / "allele" / f"{sample}.bam"
        part = tmp_path / "part.bam"
        view = ["samtools", "view", "-b", "-D", f"CB:{tmp_path / 'list.txt'}", "-o", part, bam]
        subprocess.run(view, check=True)
        np.testing.assert_array_equal(table[COUNTS].to_numpy(), count_fragments(part, regions))


def test_matrices_add_up_to_the_pseudobulk(results):
    counts = read_counts(results / "counts" / "counts.tsv.gz")
    for sample in SAMPLES:
        data = anndata.read_h5ad(results / "single_cell" / f"{sample}.h5ad")
        for group in "AB":
            rows = (data.obs["group"] == group).to_numpy()
            table = counts[counts["sample"] == f"{sample}.{group}"]
            assert data.var_names.tolist() == table["region"].tolist()
            for layer, column in zip(("A", "B", "ambiguous"), COUNTS, strict=True):
                sums = np.asarray(data.layers[layer][rows].sum(axis=0)).ravel()
                assert sums.tolist() == table[column].tolist()


def test_the_table_of_imbalance_has_the_sum_of_all_groups(results):
    counts = read_counts(results / "counts" / "counts.tsv.gz")
    table = pd.read_csv(results / "counts" / "imbalance.tsv", sep="\t").set_index("region")
    assert table["count_a"].to_dict() == counts.groupby("region")["count_a"].sum().to_dict()


def test_a_lower_threshold_calls_cells_again_and_the_rest_of_the_run_follows(cells):
    planned = cells.with_config("lower", single_cell__min_fragments=90).planned()
    assert {"report", "build_dataset", "train_model", "imbalance"} <= set(planned)
    assert planned["call_cells"] == planned["count_cells"] == 2
    assert not {"cell_fragments", "assign_alleles", "count_alleles"} & set(planned)


def test_barcodes_and_umis_in_comments_reach_the_bam(new_run):
    """From the FASTQ comments through trimming and mapping to the tags of the assigned reads."""
    run = new_run("tags", CONFIG)
    simulate(run, tag=True)
    for path in (run.directory / "input" / "reads").glob("*.fq.gz"):
        lines = gzip.decompress(path.read_bytes()).decode().splitlines()
        # Every PCR duplicate is a molecule of its own here.
        lines[::4] = [
            f"{line}\tRX:Z:{'AC' if ':d' in line.split(chr(9))[0] else 'GT'}" for line in lines[::4]
        ]
        path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 1))
    run = run.with_config("tags", allele={"umi": "tag"}, single_cell__barcode="tag")
    run.whole("results/allele/rep1.bam", "results/single_cell/rep1.ambiguous.fragments.tsv.gz")
    without = 0
    with pysam.AlignmentFile(str(run.directory / "results" / "allele" / "rep1.bam")) as file:
        for read in file:
            assert read.get_tag("RX") == ("AC" if read.query_name.endswith(":d") else "GT")
            without += not read.has_tag("CB")
            assert not read.has_tag("CB") or len(read.get_tag("CB")) == 16
    assert 0 < without < 500
    stats = json.loads((run.directory / "results" / "allele" / "rep1.assignment.json").read_text())
    # 8 in 100 pairs are copies, but of other molecules.
    assert stats["duplicates"] < 0.01 * stats["pairs_in"]


def test_bad_inputs_stop_before_any_job(cells):
    folder = cells.directory / "input"
    sheet = read_table(folder / "samples.tsv")
    sheet.assign(fastq_2="").to_csv(folder / "single.tsv", sep="\t", index=False)
    (folder / "other.txt").write_text("ACGT-1\nTTTT-1\n")
    (folder / "colour.tsv").write_text("barcode\tgroup\tcolour\nAC\tT\tred\n")
    cases = [
        ({"samples": "input/single.tsv"}, "'rep1' is single-end, but assay: scatac needs both ends"),
        ({"single_cell__barcode_regex": "cell_[0-9]+"}, "matches nothing at the start of any of the first"),
        ({"single_cell__whitelist": "input/other.txt"}, "other.txt: none of the"),
        ({"single_cell__groups": "input/colour.tsv"}, "line 1: unknown column 'colour'"),
    ]
    for number, (changes, words) in enumerate(cases):
        done = cells.with_config(f"bad{number}", **changes).snakemake(
            "--dry-run", "results/genomes/scatac/ALT.fa"
        )
        assert done.returncode != 0
        assert words in done.stdout and "Traceback" not in done.stdout and "Job stats" not in done.stdout
