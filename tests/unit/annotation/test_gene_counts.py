"""Counting per gene: the classes of reads, samples without some, and what is refused."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pysam
import pytest

from deepallele.annotation.gene_counts import count_genes, split_classes
from deepallele.counts.tables import read_counts
from deepallele.errors import InputError

SRC = Path(__file__).parents[3] / "src"
SAF = "GeneID\tChr\tStart\tEnd\tStrand\ng1\tc1\t101\t200\t+\ng1\tc1\t301\t400\t+\ng2\tc1\t351\t500\t-\n"
GENES = pd.Series(["g2", "g1"])
EMPTY = {"counted": 0, "several_genes": 0, "no_gene": 0, "duplicates": 0, "other": 0}

needs_program = pytest.mark.skipif(
    shutil.which("featureCounts") is None, reason="featureCounts (subread) is not installed"
)


def make_bam(path, reads):
    """Reads (position, CIGAR, HP) of single ends."""
    header = pysam.AlignmentHeader.from_dict({"HD": {"SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": 1000}]})
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for number, (position, cigar, haplotype) in enumerate(reads):
            read = pysam.AlignedSegment(header)
            read.query_name, read.reference_id, read.reference_start = f"r{number}", 0, position
            read.cigarstring, read.mapping_quality, read.flag = cigar, 60, 0
            read.query_sequence = "A" * read.infer_query_length()
            if haplotype is not None:
                read.set_tag("HP", haplotype)
            file.write(read)
    return path


@pytest.fixture
def saf(tmp_path):
    path = tmp_path / "e.saf"
    path.write_text(SAF)
    return path


@needs_program
def test_classes_are_counted_apart(tmp_path, saf):
    reads = [
        (110, "20M", 1),
        (120, "20M", 1),
        (190, "10M100N10M", 2),  # both exons of g1: one fragment
        (230, "20M", 1),  # in the intron
        (195, "5M200N20M", None),  # from g1 over g1's second exon to g2
        (360, "20M", 2),  # in both genes
        (420, "20M", None),
    ]
    counts, summary = count_genes(make_bam(tmp_path / "a b.bam", reads), saf, GENES, 0)
    assert counts.tolist() == [[0, 0, 1], [2, 1, 0]]
    assert summary["a"] == EMPTY | {"counted": 2, "no_gene": 1}
    assert summary["b"] == EMPTY | {"counted": 1, "several_genes": 1}
    assert summary["ambiguous"] == EMPTY | {"counted": 1, "several_genes": 1}


@needs_program
@pytest.mark.parametrize(("strandness", "gene"), [(1, 1), (2, 0)])
def test_the_strand_decides_between_genes(tmp_path, saf, strandness, gene):
    """Forward reads in both genes: of mate 1's strand, they are of the gene on the plus strand."""
    counts, _ = count_genes(make_bam(tmp_path / "a.bam", [(360, "20M", 1)]), saf, GENES, strandness)
    assert counts[:, 0].tolist() == [int(gene == 0), int(gene == 1)]


@needs_program
def test_a_sample_without_reads_has_no_counts(tmp_path, saf):
    counts, summary = count_genes(make_bam(tmp_path / "a.bam", []), saf, GENES, 0)
    assert counts.tolist() == [[0, 0, 0]] * 2
    assert summary == dict.fromkeys(("a", "b", "ambiguous"), EMPTY)


def test_each_read_is_of_one_class(tmp_path):
    reads = [(10 * n, "20M", haplotype) for n, haplotype in enumerate([1, 2, None, 1, None, None])]
    sizes = []
    for part in split_classes(make_bam(tmp_path / "a.bam", reads), tmp_path):
        with pysam.AlignmentFile(str(part)) as file:
            sizes.append(len(list(file)))
    assert sizes == [2, 1, 3]


def test_another_haplotype_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a\.bam: read r1: HP tag 3; only 1 and 2 are known"):
        split_classes(make_bam(tmp_path / "a.bam", [(5, "20M", 1), (9, "20M", 3)]), tmp_path)


@needs_program
def test_other_genes_and_a_failing_program_are_told(tmp_path, saf):
    bam = make_bam(tmp_path / "a.bam", [(110, "20M", 1)])
    with pytest.raises(InputError, match=r"e\.saf: 2 genes, but the table has 1"):
        count_genes(bam, saf, GENES[:1], 0)
    saf.write_text("")
    with pytest.raises(InputError, match=r"a\.bam: featureCounts failed: ."):
        count_genes(bam, saf, GENES, 0)


@needs_program
def test_the_step_writes_a_counts_table(tmp_path, saf):
    make_bam(tmp_path / "a b.bam", [(110, "20M", 1), (420, "20M", None)])
    (tmp_path / "genes.tsv").write_text(
        "gene_id\tgene_name\tchrom\tstart\tend\tstrand\tbiotype\texonic_length\n"
        "g1\tOne\tc1\t100\t400\t+\t.\t200\ng2\tTwo\tc1\t350\t500\t-\t.\t150\n"
    )
    command = [sys.executable, SRC / "count_genes.py", "--bam", tmp_path / "a b.bam", "--exons", saf]
    command += ["--genes", tmp_path / "genes.tsv", "--sample", "01", "--threads", "2"]
    command += ["--out", tmp_path / "c.tsv.gz", "--summary", tmp_path / "s.json"]
    command += ["--haplotypes", "A", "B", "--statuses", tmp_path / "s.summary"]
    subprocess.run(command, check=True, capture_output=True)
    assert read_counts(tmp_path / "c.tsv.gz").to_numpy().tolist() == [
        ["g1", "c1", 100, 400, "01", 1, 0, 0],
        ["g2", "c1", 350, 500, "01", 0, 0, 1],
    ]
    assert json.loads((tmp_path / "s.json").read_text())["ambiguous"]["counted"] == 1
    table = pd.read_csv(tmp_path / "s.summary", sep="\t", index_col="Status")
    assert list(table.columns) == ["01 A", "01 B", "01 ambiguous"]
    assert table.loc["Assigned"].tolist() == [1, 0, 1]
    assert set(table.index) > {"Unassigned_Ambiguity", "Unassigned_NoFeatures"}
