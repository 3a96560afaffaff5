"""One simulation from settings to files."""

import numpy as np

from deepallele.files import write_json
from deepallele.simulate import outputs
from deepallele.simulate.assay import Assay
from deepallele.simulate.chip import ChipAssay
from deepallele.simulate.planting import Layout
from deepallele.simulate.records import make_records, vcf_text
from deepallele.simulate.rna import RnaAssay
from deepallele.simulate.sequencing import ReadWriter
from deepallele.simulate.settings import Paths, Settings
from deepallele.simulate.single_cell import SingleCellAssay
from deepallele.simulate.truth_tables import World, write_truth
from deepallele.simulate.world import make_world

_STREAMS = (
    *("genome", "layout", "sites", "variants", "vcf", "levels", "qualities", "reads"),
    *("genes", "cell_types", "droplets"),
)


def simulate(settings: Settings, paths: Paths) -> World:
    """Make a genome, variants, regions and reads, and write everything under `paths.folder`.

    Each part has its own stream of randomness, so a changed option disturbs little else.

    Returns
    -------
    World
        What is true, as it was written to the truth tables.
    """
    streams = dict(zip(_STREAMS, np.random.default_rng(settings.seed).spawn(len(_STREAMS)), strict=True))
    world, layout = make_world(settings, streams)
    outputs.write_genome(world.genome, paths.fasta)
    records = make_records(streams["vcf"], world.genome, world.variants)
    outputs.write_vcf(vcf_text(world.genome, records, settings.strain, settings.other_strain), paths.vcf)
    write_truth(world, paths)
    write_json(settings.written(), paths.settings)
    assay = make_assay(settings, world, layout, streams["droplets"])
    units = ReadWriter(assay, paths, streams["qualities"]).write(streams["reads"])
    outputs.write_samples(paths, units, settings.mates, assay.control)
    assay.write(paths)
    return world


def make_assay(settings: Settings, world: World, layout: Layout, droplets: np.random.Generator) -> Assay:
    """The assay that the settings name; `droplets` draws those of single-cell assays."""
    if settings.assay == "scatac":
        return SingleCellAssay(settings, world, layout, droplets)
    return {"atac": Assay, "chip": ChipAssay, "rna": RnaAssay}[settings.assay](settings, world, layout)
