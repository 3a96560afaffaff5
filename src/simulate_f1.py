"""Simulate an F1 hybrid with a known regulatory grammar: genome, VCF, reads, and the truth about them."""

import argparse
from pathlib import Path

import numpy as np

from deepallele.errors import run_step
from deepallele.simulate.options import add_options, settings_from
from deepallele.simulate.run import simulate
from deepallele.simulate.settings import Paths
from deepallele.simulate.truth_tables import World


def build_parser() -> argparse.ArgumentParser:
    """Command line of the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the simulated experiment")
    add_options(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Simulate and print a summary."""
    settings = settings_from(arguments)
    world = simulate(settings, Paths(arguments.out))
    for line in summary(world):
        print(line)
    kind = "read pairs" if settings.mates == 2 else "reads"
    print(f"{settings.pairs} {kind} of {settings.samples} samples: {Paths(arguments.out).samples}")


def summary(world: World) -> list[str]:
    """What a user wants to know before running the workflow on it."""
    ratio = np.abs(world.regions.log_ratio)
    total = world.expected.sum(axis=1)
    low, middle, high = np.percentile(total, [5, 50, 95])
    lines = [
        f"{len(world.genome.names) - 1} chromosomes and chrM, {len(world.genome.codes) / 1e6:.2f} Mb",
        f"{len(world.variants)} variants between the haplotypes, one per "
        f"{len(world.genome.codes) / max(len(world.variants), 1):.0f} bp",
        f"{len(ratio)} regions; true log2 ratio: sd {world.regions.log_ratio.std():.2f}, "
        f"{(ratio > 0.3).mean():.0%} above 0.3, {(ratio > 1).mean():.0%} above 1 (absolute)",
        f"expected pairs per region: {low:.0f}, {middle:.0f}, {high:.0f} (5th, 50th, 95th percentile)",
    ]
    if world.genes is not None:
        transcripts = world.genes.transcripts
        unlisted = sum(not transcript.listed for transcript in transcripts)
        lines.append(f"{len(ratio)} genes, {len(transcripts)} transcripts; the GTF lacks {unlisted} of these")
    if world.cell_types is not None:
        names, ratios = world.cell_types.names, world.cell_types.log_ratio
        acting = np.count_nonzero(world.cell_types.strength, axis=1)
        lines += [
            f"{name} cells: {motifs} motifs act; true log2 ratio: sd {ratio.std():.2f}"
            for name, motifs, ratio in zip(names, acting, ratios, strict=True)
        ]
    return lines


if __name__ == "__main__":
    run_step(main, build_parser())
