"""Fixtures of the tests of variant selection."""

import json

import pysam
import pytest
from genome_world import GENOME, INBRED, REFERENCE

from deepallele.files import read_table
from deepallele.genome.reference import prepare_reference
from deepallele.genome.variants import select_variants


@pytest.fixture
def select(tmp_path, write_fasta, write_vcf):
    """Select from records; gives the variants as (contig, pos1, ref, alt, a, b), skips, summary."""
    reference = tmp_path / "reference.fa"
    prepare_reference(write_fasta(GENOME), reference)

    def run(
        records,
        haplotypes=(REFERENCE, INBRED),
        contigs=("chr1", "chr2"),
        samples=("S",),
        vcf=None,
        mask=None,
    ):
        vcfs = vcf or write_vcf(records, list(contigs), samples)
        vcfs = vcfs if isinstance(vcfs, list) else [vcfs]
        out, skipped, summary = (tmp_path / name for name in ("v.bcf", "skipped.tsv", "summary.json"))
        report = select_variants(vcfs, reference, haplotypes, "F1", out, skipped, summary, mask)
        assert json.loads(summary.read_text()) == report
        with pysam.VariantFile(str(out)) as file:
            assert list(file.header.samples) == ["F1"]
            assert list(file.header.contigs) == list(GENOME)
            rows = list(file)
            assert all(row.samples[0].phased for row in rows)
            chosen = [(row.contig, row.pos, *row.alleles, *row.samples[0]["GT"]) for row in rows]
        table = read_table(skipped)
        skips = list(zip(table["variant"], table["haplotype"], table["reason"], strict=True))
        return chosen, skips, report

    return run
