"""Lift of a GTF on a chain small enough to check by eye."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepallele.annotation.lift import lift_gtf, lift_intervals
from deepallele.errors import InputError
from deepallele.genome.haplotype_map import HaplotypeMap

SRC = Path(__file__).parents[3] / "src"
# Reference 0-3 kept, 4-5 deleted, 6-8 kept, three bases inserted, 9-11 kept; of c2 nothing is left.
CHAIN = """chain 10 c1 12 + 0 12 c1 13 + 0 13 1
4 2 0
3 0 3
3

chain 0 c2 5 + 0 5 c2 0 + 0 0 2
0 5 0
0

"""


@pytest.fixture
def chain(tmp_path):
    path = tmp_path / "a.chain"
    path.write_text(CHAIN)
    return path


def row(contig, feature, start, end, attributes='gene_id "g"; transcript_id "t";'):
    return f"{contig}\tmade\t{feature}\t{start}\t{end}\t.\t+\t.\t{attributes}\n"


@pytest.mark.parametrize(
    ("interval", "lifted"),
    [
        ((0, 12), (0, 13)),
        ((0, 4), (0, 4)),
        ((0, 5), (0, 4)),  # the deletion over the end shortens it
        (
            (5, 9),
            (4, 7),
        ),  # the deletion over the start shortens it; what is inserted behind the end stays out
        ((9, 12), (10, 13)),  # what is inserted before the start stays out
        ((8, 10), (6, 11)),  # what is inserted inside is in
        ((4, 6), None),
        ((5, 6), None),
    ],
)
def test_intervals_keep_the_bases_that_exist(chain, interval, lifted):
    start, end, exists = lift_intervals(
        HaplotypeMap.from_chain(chain), "c1", np.array([interval[0]]), np.array([interval[1]])
    )
    assert exists.tolist() == [lifted is not None]
    assert lifted is None or (start[0], end[0]) == lifted


def test_the_step_lifts_and_counts(chain, tmp_path):
    gtf, out, summary = tmp_path / "a b.gtf", tmp_path / "out.gtf", tmp_path / "out.json"
    gtf.write_text(
        "# head\n"
        + row("c1", "gene", 1, 12, 'gene_id "g";')
        + row("c1", "exon", 1, 5)
        + row("zz", "exon", 1, 900)
        + row("c1", "exon", 5, 6)
        + row("c2", "exon", 2, 3, 'gene_id "h"; transcript_id "u";')
        + row("c2", "gene", 2, 3, 'gene_id "h";')
        + row("c1", "exon", 10, 12)
    )
    command = [sys.executable, SRC / "lift_gtf.py", "--gtf", gtf, "--chain", chain]
    command += ["--out", out, "--summary", summary]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.read_text() == (
        row("c1", "gene", 1, 13, 'gene_id "g";') + row("c1", "exon", 1, 4) + row("c1", "exon", 11, 13)
    )
    assert json.loads(summary.read_text()) == {
        "features": 7,
        "features_lifted": 3,
        "features_of_other_length": 2,
        "features_on_unknown_contigs": {"zz": 1},
        "features_vanished": {"exon": 2, "gene": 1},
        "transcripts_with_vanished_features": ["t", "u"],
    }
    assert "contig not in the genome: 1 (zz)" in said
    first = out.read_bytes()
    subprocess.run(command, check=True, capture_output=True)
    assert out.read_bytes() == first


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (row("c1", "exon", 3, 13), "line 1: end 13 is behind the end of contig 'c1', which has 12 bases"),
        (row("chr1", "exon", 3, 5), "no exon on a contig of the genome (c1, c2 against chr1)"),
        (row("c1", "gene", 3, 5), "no exon on a contig of the genome (c1, c2 against none)"),
    ],
)
def test_a_gtf_of_another_genome_is_refused_and_nothing_written(chain, tmp_path, text, message):
    gtf, out = tmp_path / "a.gtf", tmp_path / "out.gtf"
    gtf.write_text(text)
    with pytest.raises(InputError) as error:
        lift_gtf(gtf, HaplotypeMap.from_chain(chain), out, tmp_path / "out.json")
    assert message in str(error.value)
    assert not out.exists()
