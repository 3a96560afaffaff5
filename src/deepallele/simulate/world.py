"""What is true before the first read is drawn: genome, variants, regions and their activities."""

import numpy as np
from numpy.typing import NDArray

from deepallele.errors import InputError
from deepallele.simulate.activity import expected_pairs
from deepallele.simulate.cell_types import CellTypes, draw_strengths, type_grammars
from deepallele.simulate.effects import RegionTruth, effect_truth, region_truth
from deepallele.simulate.genes import Genes, lay_out_genes
from deepallele.simulate.genome import Genome, random_genome
from deepallele.simulate.grammar import Grammar, parse_cooperation
from deepallele.simulate.motifs import load_motifs
from deepallele.simulate.planting import Layout, chromosome_length, lay_out, plant
from deepallele.simulate.settings import Settings
from deepallele.simulate.truth_tables import World
from deepallele.simulate.variants import (
    Variants,
    build_haplotype,
    concatenate,
    left_align,
    random_variants,
    settle,
    swap_alleles,
)

_WIDEST_MOTIF = 24 - 3


def make_world(settings: Settings, streams: dict[str, np.random.Generator]) -> tuple[World, Layout]:
    """Genome, variants and the truth that follows from the grammar, without reads.

    `streams` holds the sources of randomness of `simulate`; those of genes and cell types only where the
    assay has them.

    Raises
    ------
    InputError
        If the motifs or their cooperation are not what they should be.
    """
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
        _blacklist_loci(settings),
    )
    sites, planted = plant(
        streams["sites"], genome.codes, layout.summit, motifs, cooperation, settings.site_variant_share
    )
    genes = make_genes(settings, streams["genes"], genome, layout) if settings.assay == "rna" else None
    variants = make_variants(settings, streams["variants"], genome, planted, genes)
    second = build_haplotype(genome, variants)
    shared = streams["levels"].normal(0.0, settings.shared_sd, len(layout.summit))
    budget = _region_fragments(settings)

    def expect(activity: NDArray[np.float64]) -> NDArray[np.float64]:
        return expected_pairs(activity, shared, budget, settings.min_expected)

    types = None
    if settings.assay == "scatac":
        names = settings.type_names()
        strength = draw_strengths(streams["cell_types"], motifs, len(names), settings.type_motif_share)
        grammars, grammar = type_grammars(motifs, cooperation, strength)
        activities = [region_truth(genome, second, layout.summit, one).activity for one in grammars]
        types = CellTypes(names, strength, np.stack([expect(activity) for activity in activities]))
        expected = types.expected.mean(axis=0)
        regions = RegionTruth(np.log2(expected))
    else:
        regions = region_truth(genome, second, layout.summit, grammar)
        expected = expect(regions.activity)
    effects = effect_truth(genome, second, variants, layout.summit, grammar)
    world = World(
        genome, second, variants, layout.summit, grammar.motifs, sites, regions, effects, shared, expected
    )
    return world._replace(genes=genes, cell_types=types), layout


def make_genes(settings: Settings, rng: np.random.Generator, genome: Genome, layout: Layout) -> Genes:
    """Genes of all regions; their splice motifs are written into the reference."""
    shares = (settings.overlap_share, settings.isoform_share, settings.unlisted_share)
    genes = lay_out_genes(rng, genome, layout.summit, *shares)
    genes.write_splice_motifs(genome.codes)
    return genes


def make_variants(
    settings: Settings, rng: np.random.Generator, genome: Genome, planted: Variants, genes: Genes | None
) -> Variants:
    """The planted variants and random ones; the reference gets the other allele of some (in place)."""
    kept = genes.kept(len(genome.codes)) if genes is not None else None
    nuclear = int(genome.offset[-2])
    scattered = random_variants(rng, genome.codes, nuclear, settings.snp_rate, settings.indel_rate)
    chosen = settle(genome.codes, concatenate(planted, scattered), first=len(planted), kept=kept)
    swapped = swap_alleles(rng, genome.codes, chosen)
    return settle(genome.codes, left_align(genome.codes, swapped), first=0, kept=kept)


def _blacklist_loci(settings: Settings) -> int:
    """Loci of high coverage; RNA-seq has none."""
    return 0 if settings.assay == "rna" else settings.blacklist_loci


def _region_fragments(settings: Settings) -> float:
    """Expected number of distinct fragments that come from regions, all samples together."""
    elsewhere = settings.background_share + settings.mito_share
    elsewhere += settings.blacklist_share if _blacklist_loci(settings) else 0.0
    return settings.pairs * (1 - settings.duplicate_share) * (1 - elsewhere)
