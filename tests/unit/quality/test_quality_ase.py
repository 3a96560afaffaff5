"""Counts per variant in ASEReadCounter's format, against pysam's own counts of bases."""

import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
from quality_world import Pairs, World, count, write_reads

STEP = Path(__file__).resolve().parents[3] / "src" / "ase_table.py"


def test_counts_are_those_of_pysam_and_sites_of_two_alternatives_are_left_out(tmp_path, monkeypatch):
    rng = np.random.default_rng(5)
    reference = "".join(rng.choice(list("ACGT"), 2000))
    others = {base: [letter for letter in "ACGT" if letter != base] for base in "ACGT"}
    records, snps = [], {}
    for place in range(100, 1900, 100):
        genotype = (1, 0) if place % 200 else (0, 1)
        alleles = reference[place], others[reference[place]][0]
        records.append(("1", place, *alleles, genotype))
        snps[place] = tuple(alleles[allele] for allele in genotype)
    two = ("1", 900, reference[900], others[reference[900]][1], (0, 1))
    indel = ("1", 950, reference[950], reference[950] + "AC", (0, 1))
    # Mates do not overlap, so that bases are as many as pairs.
    rows = [
        (int(s), 160, int(rng.integers(2)), int(rng.integers(3)) or None) for s in rng.integers(0, 1800, 600)
    ]
    world = World(reference, snps)
    bam = write_reads(tmp_path / "x.bam", [world], [Pairs(rows)], rng, error=0.05)
    count(tmp_path, [world], bam, sorted([*records, two, indel], key=lambda record: record[1]))
    arguments = ["--counts", tmp_path / "counts.tsv.gz", "--out", tmp_path / "x.ase.tsv"]
    monkeypatch.setattr(sys, "argv", [str(STEP), *map(str, arguments)])
    runpy.run_path(str(STEP), run_name="__main__")
    table = pd.read_csv(tmp_path / "x.ase.tsv", sep="\t", dtype={"contig": str})
    assert table["position"].tolist() == [place + 1 for _, place, *_ in records if place != 900]
    assert (table["contig"] == "1").all()
    assert table["variantID"][0] == f"1:101:{records[0][2]}>{records[0][3]}"
    with pysam.AlignmentFile(str(bam)) as file:
        for row in table.itertuples():
            bases = file.count_coverage("1", row.position - 1, row.position, quality_threshold=20)
            found = {base: int(column[0]) for base, column in zip("ACGT", bases, strict=True)}
            assert row.refCount == found[row.refAllele]
            assert row.altCount == found[row.altAllele]
            assert row.totalCount == row.refCount + row.altCount
            assert row.rawDepth == sum(found.values()) == row.totalCount + row.otherBases
    assert table["otherBases"].sum() > 10
    assert (table["refCount"] > 5).all() and (table["altCount"] > 5).all()
    assert table[["lowMAPQDepth", "lowBaseQDepth", "improperPairs"]].to_numpy().sum() == 0
