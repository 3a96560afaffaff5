"""Genes of a GTF: spans, merged exons, names, and the rule for a gene on several contigs."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepallele.annotation.genes import read_annotation, read_genes, write_saf
from deepallele.annotation.gtf import attribute_of, tags_of
from deepallele.errors import InputError
from deepallele.files import write_table

SRC = Path(__file__).parents[3] / "src"
CONTIGS = ["c2", "c1", "X", "Y"]


def row(gene, contig, start, end, strand="+", transcript="t", feature="exon", more=""):
    """One line; start and end as in a GTF."""
    told = f'gene_id "{gene}"; transcript_id "{transcript}"; {more}'
    return f"{contig}\tm\t{feature}\t{start}\t{end}\t.\t{strand}\t.\t{told}\n"


def annotation_of(tmp_path, *rows, **options):
    path = tmp_path / "a.gtf"
    path.write_text("".join(rows))
    return read_annotation(path, CONTIGS, **options)


def test_exons_of_all_transcripts_are_merged_and_genes_ordered_by_place(tmp_path):
    made = annotation_of(
        tmp_path,
        row("g1", "c1", 11, 20, more='gene_name "One"; gene_biotype "protein_coding";'),
        row("g1", "c1", 101, 120),
        row("g1", "c1", 16, 30, transcript="t2"),
        row("g1", "c1", 31, 32, transcript="t2"),
        row("g0", "c1", 5, 40, strand="-", transcript="u", more='gene_type "lncRNA";'),
        row("g9", "c2", 500, 600, transcript="v"),
    )
    assert made.genes.to_numpy().tolist() == [
        ["g9", "g9", "c2", 499, 600, "+", ".", 101],
        ["g0", "g0", "c1", 4, 40, "-", "lncRNA", 36],
        ["g1", "One", "c1", 10, 120, "+", "protein_coding", 42],
    ]
    assert made.exons[["gene_id", "start", "end"]].to_numpy().tolist() == [
        ["g9", 499, 600],
        ["g0", 4, 40],
        ["g1", 10, 32],
        ["g1", 100, 120],
    ]
    lengths = dict(zip(made.transcripts["transcript_id"], made.transcripts["length"], strict=True))
    assert lengths == {"t": 30, "t2": 17, "u": 36, "v": 101}


def test_merging_equals_sets_of_bases(tmp_path):
    rng = np.random.default_rng(4)
    rows, bases = [], {}
    for number in range(300):
        gene, strand = f"g{rng.integers(20)}", "+-"[rng.integers(2)]
        start = int(rng.integers(1, 900))
        end = start + int(rng.integers(0, 60))
        rows.append(row(gene, "c1", start, end, strand, transcript=str(number)))
        bases.setdefault((gene, strand), set()).update(range(start - 1, end))
    made = annotation_of(tmp_path, *rows)
    found = {}
    for exon in made.exons.itertuples():
        known = found.setdefault((exon.gene_id, exon.strand), set())
        span = set(range(exon.start - 1, exon.end + 1))
        assert not known & span, "exons overlap or touch"
        known.update(range(exon.start, exon.end))
    assert found == bases
    for gene in made.genes.itertuples():
        both = bases.get((gene.gene_id, "+"), set()) | bases.get((gene.gene_id, "-"), set())
        assert gene.exonic_length == len(both)


@pytest.mark.parametrize(("x_end", "contig"), [(50, "X"), (40, "Y")])
def test_a_gene_on_two_contigs_is_that_with_more_exonic_bases_then_the_first(tmp_path, x_end, contig):
    made = annotation_of(
        tmp_path,
        row("par", "Y", 1, 50),
        row("par", "X", 1, x_end),
        row("g", "c1", 1, 9, transcript="u"),
    )
    assert made.genes.set_index("gene_id").loc["par", "chrom"] == contig
    assert made.exons.loc[made.exons["gene_id"] == "par", "chrom"].tolist() == [contig]
    assert made.summary["genes_on_several_contigs"] == {"par": contig}


def test_what_is_left_out_is_told(tmp_path):
    made = annotation_of(
        tmp_path,
        row("g", "c1", 1, 9),
        row("g", "c1", 21, 29, strand="-", transcript="u"),
        row("h", "X", 1, 9, transcript="v"),
        row("i", "scaffold", 1, 9, transcript="w"),
        row("bare", "c1", 1, 9, feature="gene"),
        exclude=["X"],
    )
    assert made.genes["gene_id"].tolist() == ["g"] and made.genes["strand"].tolist() == ["."]
    assert made.summary == {
        "genes": 1,
        "exons_on_unknown_contigs": {"scaffold": 1},
        "exons_on_excluded_contigs": 1,
        "genes_on_several_contigs": {},
        "genes_of_several_strands": 1,
        "genes_without_exons": ["bare"],
    }


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row("g", "scaffold", 1, 9), "no exon on a contig of the genome that is counted (c2, c1, X, ..."),
        (row("g", "X", 1, 9), "no exon on a contig"),
        (row("g", "c1", 1, 9, feature="gene"), "no exon on a contig"),
        (row("g", "c1", 9, 1), "line 1: start 9, end 1; needed"),
        (row("", "c1", 1, 9), "line 1: an exon without gene_id"),
        (row("g" * 300, "c1", 1, 9), "a gene_id of 300 characters"),
    ],
)
def test_a_bad_gtf_is_refused_in_one_line(tmp_path, line, message):
    with pytest.raises(InputError, match=r"a\.gtf") as error:
        annotation_of(tmp_path, line, exclude=["X"])
    assert message in str(error.value) and "\n" not in str(error.value)


def test_tags_and_attributes():
    told = 'gene_id "a b"; tag "basic"; tag "MANE Select"; ref_gene_id "no"; level 2;'
    assert tags_of(told) == {"basic", "MANE_Select"}
    assert tags_of('gene_id "g";') == set()
    assert attribute_of(told, "gene_id") == "a b"
    assert attribute_of(told, "level") == "2"
    assert attribute_of(told, "gene_name") == ""


def test_tables_come_back_as_they_were_written(tmp_path):
    made = annotation_of(tmp_path, row("NA", "c1", 3, 9, more='gene_name "007";'))
    write_table(made.genes, tmp_path / "genes.tsv")
    assert read_genes(tmp_path / "genes.tsv").to_numpy().tolist() == made.genes.to_numpy().tolist()
    write_saf(made.exons, tmp_path / "e.saf")
    assert (tmp_path / "e.saf").read_text() == "GeneID\tChr\tStart\tEnd\tStrand\nNA\tc1\t3\t9\t+\n"
    (tmp_path / "bad.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="columns a b; expected gene_id"):
        read_genes(tmp_path / "bad.tsv")


def test_the_step_writes_genes_exons_and_summary(tmp_path):
    (tmp_path / "a b.gtf").write_text(row("g", "c1", 1, 9) + row("m", "M", 1, 9, transcript="u"))
    (tmp_path / "r.fai").write_text("c1\t100\t0\t60\t61\nM\t50\t0\t60\t61\n")
    command = [
        sys.executable,
        SRC / "list_genes.py",
        "--gtf",
        tmp_path / "a b.gtf",
        "--fai",
        tmp_path / "r.fai",
    ]
    command += ["--exclude", "M", "--genes", tmp_path / "g.tsv", "--exons", tmp_path / "e.saf"]
    command += ["--bed", tmp_path / "g.bed"]
    subprocess.run([*command, "--summary", tmp_path / "s.json"], check=True, capture_output=True)
    assert read_genes(tmp_path / "g.tsv")["gene_id"].tolist() == ["g"]
    assert (tmp_path / "g.bed").read_text().startswith("c1\t0\t9\tg\t")
    assert json.loads((tmp_path / "s.json").read_text())["exons_on_excluded_contigs"] == 1
