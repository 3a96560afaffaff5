"""The VCF holds every trap, and what it says of the strain is what was applied."""

from collections import Counter

import numpy as np
import pysam
import pytest

from deepallele.simulate.outputs import write_vcf
from deepallele.simulate.records import TRAPS, make_records, vcf_text
from deepallele.simulate.run import make_world
from deepallele.simulate.settings import Settings

STREAMS = ("genome", "layout", "sites", "variants", "vcf", "levels", "qualities", "reads")


@pytest.fixture(scope="module", params=[(2, 20), (4, 100)], ids=["tiny", "small"])
def made(request):
    chromosomes, regions = request.param
    streams = dict(zip(STREAMS, np.random.default_rng(8).spawn(8), strict=True))
    settings = Settings(chromosomes=chromosomes, regions_per_chromosome=regions, blacklist_loci=0)
    world, _ = make_world(settings, streams)
    return world, make_records(streams["vcf"], world.genome, world.variants)


def applied(record):
    """Whether the strain's genome has the record: passing, homozygous, not symbolic."""
    a, b = record.strain.replace("|", "/").split("/")
    return record.filter == "PASS" and a == b and a not in "0." and not record.alt.startswith("<")


def test_every_trap_is_there(made):
    world, records = made
    inside = set()
    for start, length in zip(world.variants.pos, world.variants.ref_length, strict=True):
        inside.update(range(int(start) + 1, int(start + length)))
    seen = Counter()
    for record in records:
        seen["not_pass"] += record.filter != "PASS" and record.strain == "1/1"
        seen["heterozygous"] += record.strain == "0/1"
        seen["two_alternatives"] += record.strain == "1/2"
        seen["missing"] += record.strain == "./."
        seen["reference"] += record.strain == "0/0"
        seen["symbolic"] += record.alt == "<DEL>"
        seen["overlapping"] += applied(record) and record.pos in inside
        seen["second alternative"] += record.strain == "2/2"
        seen["first of two"] += record.strain in ("1/1", "1|1") and "," in record.alt
        seen["multi-allelic reference"] += record.strain == "0/0" and "," in record.alt
        seen["phased"] += record.strain == "1|1"
    assert set(TRAPS) < set(seen)
    for kind, number in seen.items():
        assert number >= 1, kind


def test_applied_records_are_the_variants(made):
    world, records = made
    at = dict(zip(world.variants.pos.tolist(), range(len(world.variants)), strict=True))
    found = 0
    for record in records:
        if not applied(record) or record.pos not in at:
            continue
        row = at[record.pos]
        index = int(record.strain[0]) - 1
        allele = "".join("ACGTN"[c] for c in world.variants.allele(row))
        assert record.alt.split(",")[index] == allele
        assert len(record.ref) == world.variants.ref_length[row]
        found += 1
    assert found == len(world.variants)


def test_reference_alleles_agree_with_the_genome_and_pysam_reads_it(made, tmp_path):
    world, records = made
    path = tmp_path / "v.vcf.gz"
    write_vcf(vcf_text(world.genome, records, "ONE", "TWO"), path)
    with pysam.VariantFile(str(path)) as vcf:
        assert list(vcf.header.samples) == ["ONE", "TWO"]
        assert list(vcf.header.contigs) == world.genome.names
        read = 0
        for record in vcf:
            contig = world.genome.names.index(record.chrom)
            text = world.genome.text(contig)[record.pos - 1 : record.pos - 1 + len(record.ref)]
            assert text.decode() == record.ref
            assert len(set(record.alleles)) == len(record.alleles)
            read += 1
        assert read == len(records)
        assert sum(1 for _ in vcf.fetch("chr1", 0, 20_000)) > 50
