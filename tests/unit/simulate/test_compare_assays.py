"""The comparison with the truth of RNA-seq, single-cell ATAC-seq, and runs that lack some models."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.errors import InputError
from deepallele.simulate.comparison_table import descriptions
from deepallele.simulate.found_ratios import gene_ratios, pseudobulk_ratios
from deepallele.simulate.found_reads import assess_assignment

SCRIPT = Path(__file__).resolve().parents[3] / "src" / "compare_with_truth.py"
COSTS = {"seconds_total", "peak_mem_mb"}
ASSIGNMENT = {"assignment_precision", "assignment_recall", "reference_bias"}
HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 20_000}]}
TRUE = [2.0, 1.0, 0.0, -1.5]
COUNTS = [(80, 20), (60, 30), (26, 30), (20, 70)]


def write(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(table).to_csv(path, sep="\t", index=False, na_rep="NA")


def simulated(folder, **settings):
    """A simulation of four reads, and the results folder with their BAM."""
    reads = {
        "read": ["r1", "r2", "r3", "r4"], "sample": "s1", "haplotype": ["REF", "REF", "ALT", "ALT"],
        "chrom": "chr1", "start": [100, 200, 300, 300], "end": [200, 300, 400, 400], "n_variants": 1,
    }  # fmt: skip
    if settings["assay"] == "scatac":
        reads["barcode"] = ["A", "A", "A", "C"]
    write(folder / "sim/truth/reads.tsv.gz", reads)
    text = json.dumps({"reference_name": "REF", "strain": "ALT", **settings})
    (folder / "sim/truth/settings.json").write_text(text)
    (folder / "results/allele").mkdir(parents=True)
    with pysam.AlignmentFile(str(folder / "results/allele/s1.bam"), "wb", header=HEADER) as out:
        for name, tag in (("r1", 1), ("r2", 1), ("r3", 2)):
            read = pysam.AlignedSegment(out.header)
            read.query_name, read.flag, read.reference_id, read.reference_start = name, 0, 0, 100
            read.query_sequence, read.cigarstring = "A" * 50, "50M"
            read.set_tag("HP", tag)
            out.write(read)
    return folder


def regions(**columns):
    start = 1000 * np.arange(1, 5)
    place = {"chrom": "chr1", "start": start, "end": start + 251, "summit": start + 125}
    return pd.DataFrame({**place, "log_ratio": TRUE, "causal_variant": "chr1:1:A>C", **columns})


def counts(names):
    pairs = np.array(COUNTS)
    ratio = np.log2((pairs[:, 0] + 1) / (pairs[:, 1] + 1))
    return pd.DataFrame({"region": names, "count_a": pairs[:, 0], "count_b": pairs[:, 1], "log_ratio": ratio})


def compare(folder, *options):
    command = [sys.executable, str(SCRIPT), "--simulation", str(folder / "sim"), "--cross", "x"]
    command += ["--results", str(folder / "results"), "--out", str(folder / "found.json"), *options]
    done = subprocess.run([*command, "--haplotypes", "REF", "ALT"], capture_output=True, text=True)
    return done, json.loads((folder / "found.json").read_text()) if done.returncode == 0 else {}


def test_rna_has_assignment_and_genes_and_nothing_else(tmp_path):
    folder = simulated(tmp_path, assay="rna")
    names = ["g1", "g2", "g3", "g4"]
    write(folder / "sim/truth/genes.tsv", {"gene_id": [*names[::-1], "g5"], "log_ratio": [*TRUE[::-1], 9.0]})
    few = pd.DataFrame({"region": ["g5"], "count_a": [49], "count_b": [0], "log_ratio": [5.0]})
    table = pd.concat([counts(names), few])
    write(folder / "results/counts/imbalance.tsv", table)
    done, found = compare(folder, "--seconds", "3")
    assert done.returncode == 0, done.stderr
    assert set(found) == {*ASSIGNMENT, "measured_ratio_r", "measured_genes", *COSTS}
    assert found["measured_genes"] == 4
    assert found["measured_ratio_r"] == pytest.approx(np.corrcoef(TRUE, table["log_ratio"][:4])[0, 1])
    # r3 and r4 are one fragment.
    assert found["assignment_recall"] == 1
    shown = [line.split()[0] for line in done.stdout.splitlines()[2:]]
    assert set(shown) == set(found)
    swapped = gene_ratios(folder / "sim/truth/genes.tsv", folder / "results/counts/imbalance.tsv", 50, -1)
    assert swapped["true_log_ratio"].tolist() == [-value for value in TRUE]


def test_a_gene_the_truth_does_not_know_is_refused(tmp_path):
    write(tmp_path / "genes.tsv", {"gene_id": ["g1"], "log_ratio": [1.0]})
    write(tmp_path / "imbalance.tsv", counts(["g1", "g2", "g1", "g1"]))
    with pytest.raises(InputError, match="gene 'g2' is not in"):
        gene_ratios(tmp_path / "genes.tsv", tmp_path / "imbalance.tsv", 50, 1)


@pytest.fixture
def cells(tmp_path):
    """Results of two samples and two types; the counts of one type are those of the other, mirrored."""
    folder = simulated(tmp_path, assay="scatac", cell_types="one,two")
    types = {"log_ratio_one": TRUE, "log_ratio_two": TRUE[::-1]}
    truth = regions(**types)
    write(folder / "sim/truth/regions.tsv", truth)
    place = truth[["chrom", "start", "end"]]
    mine = place.join(counts(list("abcd")))
    write(folder / "results/counts/imbalance.tsv", mine)
    parts = []
    for sample in ("s1", "s2"):
        for name, order in (("one", [0, 1, 2, 3]), ("two", [3, 2, 1, 0])):
            part = mine.assign(sample=f"{sample}.{name}")
            part[["count_a", "count_b"]] = np.array(COUNTS)[order]
            parts.append(part.drop(columns="log_ratio"))
    write(folder / "results/counts/counts.tsv.gz", pd.concat(parts))
    (folder / "results/peaks").mkdir()
    bed = place.assign(name="x", score=1, strand=".", summit=truth["summit"])
    bed.to_csv(folder / "results/peaks/regions.bed", sep="\t", header=False, index=False)
    return folder


def test_each_cell_type_is_held_against_its_own_truth(cells):
    done, found = compare(cells, "--target", "measured_ratio_r_one=0.9", "--roles")
    assert done.returncode == 0, done.stderr
    measured = {"measured_ratio_r", "measured_ratio_r_one", "measured_ratio_r_two"}
    assert set(found) == {*ASSIGNMENT, "peak_recall", "peak_precision", *measured, *COSTS}
    summed = 2 * np.array(COUNTS)
    expected = np.corrcoef(TRUE, np.log2((summed[:, 0] + 1) / (summed[:, 1] + 1)))[0, 1]
    assert found["measured_ratio_r_one"] == pytest.approx(expected, abs=1e-6)
    assert found["measured_ratio_r_two"] == pytest.approx(expected, abs=1e-6)
    assert "R of measured and true log2(A/B)" in done.stdout and "(pseudobulk)" in done.stdout


def test_fragments_of_two_cells_are_two(cells):
    truth = cells / "sim/truth/reads.tsv.gz"
    found = assess_assignment(truth, cells / "no.bed", cells / "results/allele", ["REF", "ALT"], [])
    assert (found.precision, found.recall) == (1, 3 / 4)


def test_few_counts_and_absent_types(cells):
    table = cells / "results/counts/counts.tsv.gz"
    truth = pd.read_csv(cells / "sim/truth/regions.tsv", sep="\t")
    assert len(pseudobulk_ratios(truth, table, "one", 2 * 56, 1)) == 4
    assert len(pseudobulk_ratios(truth, table, "one", 2 * 56 + 1, 1)) == 3
    with pytest.raises(InputError, match="no sample of cell type 'three'"):
        pseudobulk_ratios(truth, table, "three", 50, 1)


def test_numbers_of_models_are_those_of_the_run():
    whole = descriptions("atac", ["single_head", "computed_ratio", "multi_head", "recommended"], [])
    assert list(
        descriptions("chip", ["single_head", "computed_ratio", "multi_head", "recommended"], [])
    ) == list(whole)
    some = descriptions("chip", ["recommended", "computed_ratio"], [])
    assert set(whole) - set(some) == {"ratio_r_single_head", "ratio_r_multi_head"}
    without = set(descriptions("chip", ["multi_head"], []))
    assert {name for name in without if name.startswith("ratio_r_")} == {"ratio_r_multi_head"}
    assert not without & {"trusted_regions", "motifs_found", "causal_main_variant_share"}


def test_a_role_that_does_not_exist_and_a_number_of_another_assay_are_refused(tmp_path):
    folder = simulated(tmp_path, assay="rna")
    done, _ = compare(folder, "--target", "peak_recall=0.9")
    assert done.returncode == 1 and "no number 'peak_recall'" in done.stderr
    done, _ = compare(folder, "--roles", "best")
    assert done.returncode != 0 and "invalid choice: 'best'" in done.stderr
