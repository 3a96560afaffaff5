"""The command simulate_f1.py: its files, and the same bytes for the same seed."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pysam
import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "src" / "simulate_f1.py"
SIZE = ["--chromosomes", "2", "--regions-per-chromosome", "20", "--spacing", "2800", "--pairs", "6000"]
FILES = [
    "genome.fa",
    "genome.fa.fai",
    "variants.vcf.gz",
    "variants.vcf.gz.tbi",
    "blacklist.bed",
    "reads/rep1_R1.fq.gz",
    "reads/rep1_R2.fq.gz",
    "reads/rep1_lane2_R1.fq.gz",
    "reads/rep1_lane2_R2.fq.gz",
    "reads/rep2_R1.fq.gz",
    "reads/rep2_R2.fq.gz",
    "truth/reads.tsv.gz",
    "truth/regions.tsv",
    "truth/variants.tsv",
    "truth/motifs.tsv",
    "truth/motif_summary.tsv",
]


def run(folder, *options):
    command = [sys.executable, str(SCRIPT), "--out", "sim", *SIZE, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}
    for name, seed in (("one", "1"), ("same", "1"), ("other", "2")):
        folder = tmp_path_factory.mktemp(name)
        done = run(folder, "--seed", seed)
        assert done.returncode == 0, done.stderr
        made[name] = folder / "sim"
    return made


@pytest.mark.parametrize("file", FILES)
def test_same_seed_same_bytes_other_seed_other_bytes(folders, file):
    first, second, third = ((folders[name] / file).read_bytes() for name in ("one", "same", "other"))
    assert first == second
    if not file.endswith((".fai", ".bed", "motif_summary.tsv")):
        assert first != third


def test_nothing_else_is_written(folders):
    found = {str(p.relative_to(folders["one"])) for p in folders["one"].rglob("*") if p.is_file()}
    assert found == {*FILES, "samples.tsv", "truth/settings.json"}


def test_sample_sheet_is_usable_from_the_current_directory(folders):
    sheet = pd.read_csv(folders["one"] / "samples.tsv", sep="\t")
    assert sheet[["sample", "unit"]].to_numpy().tolist() == [
        ["rep1", "lane1"],
        ["rep1", "lane2"],
        ["rep2", "lane1"],
    ]
    here = folders["one"].parent
    number = []
    for one, two in zip(sheet["fastq_1"], sheet["fastq_2"], strict=True):
        assert one.startswith("sim/reads/")
        with pysam.FastxFile(str(here / one)) as first, pysam.FastxFile(str(here / two)) as second:
            lengths = [(len(a.sequence), len(b.sequence)) for a, b in zip(first, second, strict=True)]
        assert set(lengths) == {(50, 50)}
        number.append(len(lengths))
    assert number == [2700, 300, 3000]


def test_truth_tables_have_their_columns(folders):
    columns = {
        "regions.tsv": "region chrom start end summit expected_a expected_b log_ratio shared_level "
        "causal_variant causal_effect n_variants",
        "variants.tsv": "chrom pos ref alt region effect motif change",
        "motifs.tsv": "motif_id tf chrom start end strand haplotypes region strength score_a score_b",
        "motif_summary.tsv": "motif_id tf strength n_instances",
        "reads.tsv.gz": "read sample haplotype chrom start end n_variants duplicate source",
    }
    for name, expected in columns.items():
        table = pd.read_csv(folders["one"] / "truth" / name, sep="\t")
        assert list(table.columns) == expected.split() and len(table) > 0


def test_reads_cover_all_sources_and_expectations(folders):
    reads = pd.read_csv(folders["one"] / "truth" / "reads.tsv.gz", sep="\t")
    assert len(reads) == 6000
    assert reads["duplicate"].mean() == pytest.approx(0.08, abs=0.001)
    assert set(reads["source"]) == {"region", "background", "blacklist"}
    assert (reads["chrom"] == "chrM").mean() == pytest.approx(0.02, abs=0.01)
    regions = pd.read_csv(folders["one"] / "truth" / "regions.tsv", sep="\t")
    mine = reads[(reads["source"] == "region") & ~reads["duplicate"]]
    for row in regions.sort_values("expected_a").tail(3).itertuples():
        near = mine[
            (mine["chrom"] == row.chrom) & ((mine["start"] + mine["end"]) / 2 - row.summit).abs().lt(900)
        ]
        count = (near["haplotype"] == "REF").sum()
        assert count == pytest.approx(row.expected_a, rel=0.4)


def test_other_names_and_a_single_lane(tmp_path):
    options = ["--reference-name", "MUM", "--strain", "DAD", "--second-lane-share", "0", "--samples", "1"]
    done = run(tmp_path, *options, "--blacklist-loci", "0")
    assert done.returncode == 0, done.stderr
    sheet = pd.read_csv(tmp_path / "sim" / "samples.tsv", sep="\t")
    assert len(sheet) == 1
    reads = pd.read_csv(tmp_path / "sim" / "truth" / "reads.tsv.gz", sep="\t")
    assert set(reads["haplotype"]) == {"MUM", "DAD"} and "blacklist" not in set(reads["source"])
    with pysam.VariantFile(str(tmp_path / "sim" / "variants.vcf.gz")) as vcf:
        assert "DAD" in vcf.header.samples


def test_a_bad_option_is_one_clear_line(tmp_path):
    done = run(tmp_path, "--error-rate", "0.9")
    assert done.returncode == 1
    assert done.stderr == "error: --error-rate 0.9: out of range; give 0.0001 to 0.1\n"
