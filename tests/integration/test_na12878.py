"""A human null: in whole-genome reads of a phased person both haplotypes are equally many."""

import json
from pathlib import Path

import pandas as pd
import pysam
import pytest
from scipy import stats

from deepallele.counts.imbalance import find_imbalance

CONFIG = Path(__file__).parent / "na12878" / "config.yaml"


@pytest.fixture(scope="module")
def run(new_run, shared_data):
    run = new_run("na12878", CONFIG, shared_data / "na12878_chr22")
    (run.directory / "samples.tsv").write_text(
        "sample\tunit\tfastq_1\tfastq_2\nNA12878\tlane1\tdata/R1.fq.gz\tdata/R2.fq.gz\n"
    )
    run.whole("results/allele/NA12878.allele_stats.json")
    return run


def test_the_haplotypes_are_equally_many(run):
    counts = json.loads((run.directory / "results/allele/NA12878.allele_stats.json").read_text())
    a, b = counts["informative_A"], counts["informative_B"]
    assert a + b > 500
    low, high = stats.binomtest(a, a + b).proportion_ci(0.95)
    assert low <= 0.5 <= high, (a, b)


def test_only_phased_heterozygous_sites_tell_the_haplotypes_apart(run):
    with pysam.VariantFile(str(run.directory / "results/genomes/NA12878/variants.bcf")) as records:
        genotypes = {record.pos: record.samples[0]["GT"] for record in records}
    with pysam.VariantFile(str(run.directory / "data/NA12878.phased.local.vcf.gz")) as records:
        expected = {record.pos: record.samples[0]["GT"] for record in records}
    assert genotypes == {pos: genotype for pos, genotype in expected.items() if any(genotype)}


def test_p_values_of_the_variants_are_uniform(run):
    """As far as its few SNPs can say; neighbours share some of their reads."""
    table = pd.read_csv(run.directory / "results/allele/NA12878.variant_counts.tsv.gz", sep="\t")
    result = find_imbalance(table[["count_a"]].to_numpy(), table[["count_b"]].to_numpy(), 10)
    p = result.p_value[result.tested]
    assert len(p) > 20
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert (result.fdr[result.tested] < 0.05).sum() == 0
