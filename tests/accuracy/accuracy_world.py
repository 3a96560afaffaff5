"""Made genomes of an F1: a reference, the second haplotype, and the VCF that the workflow is given.

The VCF may be imperfect: some true variants left out, some false ones added.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deepallele.simulate.genome import Genome, decode, random_genome, reverse_complement
from deepallele.simulate.outputs import write_genome, write_vcf
from deepallele.simulate.records import Record, vcf_text
from deepallele.simulate.variants import (
    MAX_INDEL,
    SecondHaplotype,
    Variants,
    build_haplotype,
    concatenate,
    left_align,
    settle,
)

REFERENCE, STRAIN, OTHER = "REF", "ALT", "OTHER"
MARGIN = 600  # contig ends are N (500 bases) and bare of variants and fragments
_GEOMETRIC = 0.3  # of indel lengths: 30 % have one base, the mean is three


@dataclass(frozen=True)
class WorldSettings:
    """What a world is made of; rates are per base, shares are between 0 and 1.

    `repeat_share` of the reference are copies of repeat families, each copy up to `repeat_divergence` apart
    from its family. `missing_share` of the true variants are left out of the VCF, and false ones added, as
    many as `false_share` of the VCF.
    """

    length: int = 3_000_000
    contigs: int = 3
    snp_rate: float = 1 / 150
    indel_rate: float = 1 / 1000
    max_indel: int = 15
    repeat_share: float = 0.0
    repeat_divergence: float = 0.06
    missing_share: float = 0.0
    false_share: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class World:
    """Both haplotypes, the true variants, and those that the VCF lists."""

    genomes: tuple[Genome, Genome]
    second: SecondHaplotype
    variants: Variants
    listed: Variants


def make_world(settings: WorldSettings) -> World:
    """Draw a world; the same settings give the same world."""
    rng = np.random.default_rng(settings.seed)
    whole = random_genome(rng, settings.contigs, settings.length // settings.contigs)
    codes = whole.codes[: whole.offset[-2]]  # without its chrM
    genome = Genome(whole.names[:-1], whole.offset[:-1], codes)
    if settings.repeat_share:
        plant_repeats(rng, genome, settings)
    variants = settle(codes, draw_variants(rng, genome, settings), 0)
    second = build_haplotype(genome, variants)
    return World((genome, second.genome), second, variants, listed_variants(rng, genome, variants, settings))


def plant_repeats(rng: np.random.Generator, genome: Genome, settings: WorldSettings) -> None:
    """Write copies of repeat families (300 to 2,000 bases) over `genome.codes`, in place.

    There are as many families as make about 20 copies of each; copies lie on either strand, and may lie
    partly over earlier ones, as nested repeats do.
    """
    wanted = round(settings.repeat_share * settings.length)
    sizes = rng.integers(300, 2001, max(1, wanted // (20 * 1150)))
    families = [rng.integers(0, 4, size).astype(np.uint8) for size in sizes]
    covered = np.zeros(len(genome.codes), dtype=bool)
    while covered.sum() < wanted:
        copy = families[rng.integers(len(families))].copy()
        changed = rng.random(len(copy)) < rng.uniform(0.01, settings.repeat_divergence)
        copy[changed] = (copy[changed] + rng.integers(1, 4, int(changed.sum()))) % 4
        contig = int(rng.integers(len(genome.names)))
        low, high = genome.offset[contig] + MARGIN, genome.offset[contig + 1] - MARGIN - len(copy)
        start = int(rng.integers(low, high))
        genome.codes[start : start + len(copy)] = copy if rng.random() < 0.5 else reverse_complement(copy)
        covered[start : start + len(copy)] = True


def draw_variants(rng: np.random.Generator, genome: Genome, settings: WorldSettings) -> Variants:
    """Draw SNPs, and as many insertions as deletions; left-aligned, unsorted, they may overlap."""
    codes, width = genome.codes, MAX_INDEL + 2
    snp = np.flatnonzero(rng.random(len(codes)) < settings.snp_rate)
    indel = np.flatnonzero(rng.random(len(codes)) < settings.indel_rate)
    snp, indel = (place[_inside(genome, place)] for place in (snp, indel))
    size = np.minimum(rng.geometric(_GEOMETRIC, len(indel)), settings.max_indel)
    insertion = rng.random(len(indel)) < 0.5
    alt = np.full((len(snp) + len(indel), width), 4, dtype=np.uint8)
    alt[: len(snp), 0] = (codes[snp] + rng.integers(1, 4, len(snp))) % 4
    alt[len(snp) :, 0] = codes[indel]
    fill = insertion[:, None] & (np.arange(1, width) <= size[:, None])
    alt[len(snp) :, 1:][fill] = rng.integers(0, 4, int(fill.sum()))
    one = np.ones(len(snp), dtype=np.int64)
    return left_align(
        codes,
        Variants(
            np.concatenate([snp, indel]),
            np.concatenate([one, np.where(insertion, 1, size + 1)]),
            np.concatenate([one, np.where(insertion, size + 1, 1)]),
            alt,
        ),
    )


def _inside(genome: Genome, place: NDArray[np.int64]) -> NDArray[np.bool_]:
    contig = genome.contig_of(place)
    return (place >= genome.offset[contig] + MARGIN) & (place < genome.offset[contig + 1] - MARGIN)


def listed_variants(
    rng: np.random.Generator, genome: Genome, variants: Variants, settings: WorldSettings
) -> Variants:
    """Choose what the VCF lists: the true variants, less the missing, and the false ones between them."""
    kept = variants.take(rng.random(len(variants)) >= settings.missing_share)
    wanted = round(settings.false_share * len(kept))
    if not wanted:
        return kept
    near = np.zeros(len(genome.codes), dtype=bool)
    for shift in range(-MAX_INDEL - 2, MAX_INDEL + 3):
        near[variants.pos + shift] = True
    false = draw_variants(rng, genome, settings)
    false = false.take(~near[false.pos] & ~near[false.pos + false.ref_length])
    false = settle(genome.codes, false, 0)
    false = false.take(np.sort(rng.permutation(len(false))[:wanted]))
    return settle(genome.codes, concatenate(kept, false), 0)


def write_world(world: World, fasta: Path, vcf: Path) -> None:
    """Write the reference and the VCF (two samples, of which the second is of no concern)."""
    genome, listed = world.genomes[0], world.listed
    write_genome(genome, fasta)
    records = []
    for row in range(len(listed)):
        place, length = int(listed.pos[row]), int(listed.ref_length[row])
        ref, alt = decode(genome.codes[place : place + length]), decode(listed.allele(row))
        records.append(Record(place, ref.decode(), alt.decode(), "PASS", ".", "1|1", "0|0"))
    write_vcf(vcf_text(genome, records, STRAIN, OTHER), vcf)
