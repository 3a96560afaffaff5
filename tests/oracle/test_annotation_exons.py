"""Exons cut from a haplotype at their lifted places, against the variants applied to the exon alone."""

import subprocess
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.annotation.lift import lift_intervals
from deepallele.genome.haplotype_map import HaplotypeMap

CONTIGS = {"chr1": 30_000, "chr2": 8_000}


def random_variants(genome, rng, spacing):
    """SNPs and indels (pos0, ref, alt), anchored, that do not touch each other."""
    chosen = {}
    for contig, sequence in genome.items():
        place, records = 5, []
        while (place := place + 3 + int(rng.integers(0, spacing))) < len(sequence) - 40:
            kind, length = rng.choice(["snp", "insertion", "deletion"]), int(rng.integers(1, 12))
            base = sequence[place]
            if kind == "snp":
                ref, alt = base, str(rng.choice([letter for letter in "ACGT" if letter != base]))
            elif kind == "insertion":
                ref, alt = base, base + "".join(rng.choice(list("ACGT"), length))
            else:
                ref, alt = sequence[place : place + 1 + length], base
            records.append((place, ref, alt))
            place += len(ref)
        chosen[contig] = records
    return chosen


@pytest.fixture(scope="module")
def cross(tmp_path_factory):
    """The reference, the haplotype that bcftools consensus makes, its map and its variants."""
    folder = tmp_path_factory.mktemp("exons")
    rng = np.random.default_rng(2)
    genome = {name: "".join(rng.choice(list("ACGT"), length)) for name, length in CONTIGS.items()}
    reference = folder / "reference.fa"
    reference.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in genome.items()))
    variants = random_variants(genome, rng, spacing=45)
    lines = ["##fileformat=VCFv4.2", *(f"##contig=<ID={name}>" for name in genome)]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    for name, records in variants.items():
        lines += [f"{name}\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t." for place, ref, alt in records]
    vcf = folder / "variants.vcf"
    vcf.write_text("\n".join(lines) + "\n")
    packed = pysam.tabix_index(str(vcf), preset="vcf", force=True)
    chain = folder / "a.chain"
    text = consensus(reference.read_text(), packed, "--chain", str(chain))
    haplotype = dict(record.split("\n", 1) for record in text[1:].split("\n>"))
    haplotype = {name: sequence.replace("\n", "") for name, sequence in haplotype.items()}
    return reference, genome, haplotype, HaplotypeMap.from_chain(chain), variants, Path(packed)


def consensus(fasta, vcf, *options):
    run = subprocess.run(
        ["bcftools", "consensus", *options, str(vcf)], input=fasta, capture_output=True, text=True, check=True
    )
    return run.stdout


def cut(sequence, lifted, contig, start, end):
    new_start, new_end, exists = lift_intervals(lifted, contig, np.array([start]), np.array([end]))
    return sequence[int(new_start[0]) : int(new_end[0])] if exists[0] else ""


def away_from_borders(records, start, end):
    return all(
        not (place <= border <= place + len(ref)) for place, ref, _ in records for border in (start, end)
    )


def test_exons_equal_bcftools_consensus_of_the_exon(cross):
    reference, genome, haplotype, lifted, variants, vcf = cross
    rng = np.random.default_rng(3)
    exons, indels = [], 0
    while len(exons) < 300:
        contig = str(rng.choice(list(genome)))
        start = int(rng.integers(0, len(genome[contig]) - 400))
        end = start + int(rng.integers(20, 400))
        if away_from_borders(variants[contig], start, end):
            exons.append((contig, start, end))
            indels += sum(len(r) != len(a) for p, r, a in variants[contig] if start <= p < end)
    assert indels > 500
    regions = [f"{contig}:{start + 1}-{end}" for contig, start, end in exons]
    fasta = subprocess.run(
        ["samtools", "faidx", str(reference), *regions], capture_output=True, text=True, check=True
    ).stdout
    expected = [
        record.split("\n", 1)[1].replace("\n", "") for record in consensus(fasta, vcf)[1:].split("\n>")
    ]
    found = [cut(haplotype[contig], lifted, contig, start, end) for contig, start, end in exons]
    assert found == expected


def test_exons_with_variants_at_their_borders_equal_the_rule(cross):
    """Bases inserted at a border are outside; deleted bases are gone on either side."""
    _, genome, haplotype, lifted, variants, _ = cross
    rng = np.random.default_rng(4)
    compared = 0
    for contig, records in variants.items():
        for place, ref, alt in records:
            border = place + 1 + int(rng.integers(0, len(ref)))
            for start, end in (
                (max(border - 60, 0), border),
                (border, min(border + 60, len(genome[contig]))),
            ):
                assert cut(haplotype[contig], lifted, contig, start, end) == by_hand(
                    genome[contig], records, start, end
                )
                compared += len(ref) != len(alt)
    assert compared > 1000


def by_hand(sequence, records, start, end):
    """The exon base by base: each base is kept, changed or gone, and may be followed by inserted ones."""
    kept = {place: sequence[place] for place in range(start, end)}
    for place, ref, alt in records:
        if len(ref) == len(alt) and place in kept:
            kept[place] = alt
        for gone in range(place + 1, place + len(ref)):
            kept.pop(gone, None)
        if len(alt) > len(ref) and start <= place < end - 1:
            kept[place] += alt[1:]
    return "".join(kept[place] for place in sorted(kept))
