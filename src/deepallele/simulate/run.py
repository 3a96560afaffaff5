"""One simulation from settings to files."""

from dataclasses import asdict

import numpy as np

from deepallele.errors import InputError
from deepallele.files import write_json
from deepallele.simulate import outputs
from deepallele.simulate.activity import expected_pairs
from deepallele.simulate.chip import CONTROL
from deepallele.simulate.effects import effect_truth, region_truth
from deepallele.simulate.genome import random_genome
from deepallele.simulate.grammar import Grammar, parse_cooperation
from deepallele.simulate.motifs import load_motifs
from deepallele.simulate.planting import BLACKLIST_LENGTH, Layout, chromosome_length, lay_out, plant
from deepallele.simulate.records import make_records, vcf_text
from deepallele.simulate.sequencing import ReadWriter
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.truth_tables import World, write_truth
from deepallele.simulate.variants import (
    build_haplotype,
    concatenate,
    left_align,
    random_variants,
    settle,
    swap_alleles,
)

_WIDEST_MOTIF = 24 - 3


def simulate(settings: Settings, paths: Paths) -> World:
    """Make a genome, variants, regions and reads, and write everything under `paths.folder`.

    Each part has its own stream of randomness, so a changed option disturbs little else.

    Returns
    -------
    World
        What is true, as it was written to the truth tables.
    """
    streams = dict(
        zip(
            ("genome", "layout", "sites", "variants", "vcf", "levels", "qualities", "reads"),
            np.random.default_rng(settings.seed).spawn(8),
            strict=True,
        )
    )
    world, layout = make_world(settings, streams)
    outputs.write_genome(world.genome, paths.fasta)
    records = make_records(streams["vcf"], world.genome, world.variants)
    outputs.write_vcf(vcf_text(world.genome, records, settings.strain, settings.other_strain), paths.vcf)
    outputs.write_blacklist(world.genome, layout.blacklist, BLACKLIST_LENGTH, paths.blacklist)
    write_truth(world, paths)
    write_json(asdict(settings), paths.settings)
    writer = ReadWriter(settings, paths, world, layout, streams["qualities"])
    control = CONTROL if settings.assay == "chip" else None
    mates = 1 if settings.layout == "single" else 2
    outputs.write_samples(paths, writer.write(streams["reads"]), mates, control)
    return world


def make_world(settings: Settings, streams: dict[str, np.random.Generator]) -> tuple[World, Layout]:
    """Genome, variants and the truth that follows from the grammar, without reads."""
    motifs = load_motifs(settings.motifs)
    for motif in motifs:
        if motif.width > _WIDEST_MOTIF:
            raise InputError(
                f"--motifs: {motif.motif_id} has {motif.width} bases; at most {_WIDEST_MOTIF} fit"
            )
    cooperation = parse_cooperation(settings.cooperative, motifs)
    grammar = Grammar(motifs, cooperation)
    length = chromosome_length(settings.regions_per_chromosome, settings.spacing)
    genome = random_genome(streams["genome"], settings.chromosomes, length)
    layout = lay_out(
        streams["layout"],
        settings.chromosomes,
        settings.regions_per_chromosome,
        settings.spacing,
        settings.blacklist_loci,
    )
    sites, planted = plant(
        streams["sites"], genome.codes, layout.summit, motifs, cooperation, settings.site_variant_share
    )
    nuclear = int(genome.offset[-2])
    rng = streams["variants"]
    scattered = random_variants(rng, genome.codes, nuclear, settings.snp_rate, settings.indel_rate)
    chosen = settle(genome.codes, concatenate(planted, scattered), first=len(planted))
    swapped = swap_alleles(rng, genome.codes, chosen)
    variants = settle(genome.codes, left_align(genome.codes, swapped), first=0)
    second = build_haplotype(genome, variants)
    regions = region_truth(genome, second, layout.summit, grammar)
    effects = effect_truth(genome, second, variants, layout.summit, grammar)
    shared = streams["levels"].normal(0.0, settings.shared_sd, len(layout.summit))
    expected = expected_pairs(regions.activity, shared, _region_fragments(settings), settings.min_expected)
    return (
        World(genome, second, variants, layout.summit, motifs, sites, regions, effects, shared, expected),
        layout,
    )


def _region_fragments(settings: Settings) -> float:
    """Expected number of distinct fragments that come from regions, all samples together."""
    elsewhere = settings.background_share + settings.mito_share
    elsewhere += settings.blacklist_share if settings.blacklist_loci else 0.0
    return settings.pairs * (1 - settings.duplicate_share) * (1 - elsewhere)
