"""Exchanged alleles in windows made by the real chain: bcftools consensus, maps, windows, variants."""

import subprocess

import numpy as np
import pandas as pd
import pysam
import pytest

from deepallele.dataset.store import REGION_COLUMNS, Dataset
from deepallele.dataset.variants import window_variants
from deepallele.dataset.windows import cut_windows
from deepallele.effects.flank import Genomes
from deepallele.effects.variants import exchange_alleles
from deepallele.genome.haplotype_map import HaplotypeMap

LENGTH = 41
GAP = 60  # no window, nor what an indel brings into it, sees two variants
SIZE = 12_000


def draw_variants(generator, reference):
    """Anchored insertions and deletions, SNVs and exchanges of several bases, one per `GAP` bases."""
    found = []
    for pos in range(100, SIZE - 100, GAP):
        size = int(generator.integers(1, 9))
        bases = "".join(generator.choice(list("ACGT"), size))
        here = reference[pos : pos + size + 1]
        pairs = [(here[0], here[0] + bases), (here, here[0]), (here, here[:1].translate(NEXT) + here[1:])]
        pairs.append((here, here.translate(NEXT)))
        found.append((pos, *pairs[int(generator.integers(4))]))
    return found


NEXT = str.maketrans("ACGT", "CGTA")


@pytest.fixture
def world(tmp_path):
    generator = np.random.default_rng(11)
    reference = "".join(generator.choice(list("ACGT"), SIZE))
    a, b, vcf = tmp_path / "a.fa", tmp_path / "b.fa", tmp_path / "v.vcf"
    a.write_text(f">1\n{reference}\n")
    lines = ["##fileformat=VCFv4.2", f"##contig=<ID=1,length={SIZE}>"]
    lines += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">']
    lines += ["\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", "cross"])]
    for pos, ref, alt in draw_variants(generator, reference):
        lines.append(f"1\t{pos + 1}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t0|1")
    vcf.write_text("\n".join(lines) + "\n")
    bcf, chain = tmp_path / "v.bcf", tmp_path / "b.chain"
    run = {"check": True, "capture_output": True}
    subprocess.run(["bcftools", "view", "-O", "b", "-o", bcf, vcf], **run)
    subprocess.run(["bcftools", "index", bcf], **run)
    subprocess.run(["bcftools", "consensus", "-H", "A", "-f", a, "-c", chain, "-o", b, bcf], **run)
    identity = tmp_path / "a.chain"
    identity.write_text(f"chain {SIZE} 1 {SIZE} + 0 {SIZE} 1 {SIZE} + 0 {SIZE} 1\n{SIZE}\n\n")
    for path in (a, b):
        pysam.faidx(str(path))
    return [a, b], [HaplotypeMap.from_chain(path) for path in (identity, chain)], bcf


def made(world, strand, pad="real"):
    genomes, maps, bcf = world
    centre = np.arange(150, SIZE - 150, 7)
    names = [f"r{c}" for c in centre]
    place = {"start": centre - 10, "end": centre + 10, "summit": centre}
    region = pd.DataFrame({"name": names, "chrom": "1", **place, "strand": strand})
    windows = cut_windows(region, genomes, maps, LENGTH, pad)
    assert (windows.reason == "").all()
    n = len(region)
    return Dataset(
        sequence=windows.sequence,
        region=region[list(REGION_COLUMNS)],
        start=windows.start,
        variant=window_variants(region, windows.start, LENGTH, bcf, maps, windows.own),
        count=np.ones((n, 1, 3), dtype=np.int32),
        sample=["s"],
        split=np.full((1, n), 2, dtype=np.int8),
        attributes={"pad": pad},
        reverse=region["strand"].to_numpy() == "-",
    )


@pytest.mark.parametrize("strand", ["+", "-"])
def test_exchange_of_the_only_variant_gives_the_other_haplotypes_window(world, strand):
    dataset = made(world, strand)
    variant = dataset.variant
    edits = exchange_alleles(dataset, np.arange(len(dataset.region)), variant, Genomes(world[0]))
    assert edits.placed.all()
    row = variant["region"].to_numpy()
    size = variant[["allele_a", "allele_b"]].map(len).to_numpy()
    offset = variant[["offset_a", "offset_b"]].to_numpy()
    spans = (size[:, 0] != size[:, 1]) & ((offset < LENGTH // 2) & (offset + size > LENGTH // 2)).any(axis=1)
    assert min((size[:, 0] < size[:, 1]).sum(), (size[:, 0] > size[:, 1]).sum(), spans.sum()) > 20
    np.testing.assert_array_equal(edits.window, dataset.sequence[row][:, ::-1])


@pytest.mark.parametrize("strand", ["+", "-"])
def test_padded_windows_are_edited_without_the_genomes(world, strand):
    dataset = made(world, strand, "zeros")
    variant = dataset.variant
    edits = exchange_alleles(dataset, np.arange(len(dataset.region)), variant, None)
    whole = ~variant["clipped"].to_numpy()
    size = variant[["allele_a", "allele_b"]].map(len).to_numpy()
    assert edits.placed[whole].all() and (size[whole, 0] != size[whole, 1]).sum() > 200
    row = variant["region"].to_numpy()[whole]
    np.testing.assert_array_equal(edits.window[whole], dataset.sequence[row][:, ::-1])
