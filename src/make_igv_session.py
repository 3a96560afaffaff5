"""A session of IGV with the reads, coverage, regions and variants of a run; paths are relative to it."""

import argparse
import os
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import write_text
from deepallele.tracks.igv import best_place, contig_lengths, samples_of, session


def main(arguments: argparse.Namespace) -> None:
    """Write the session."""
    folder = arguments.out.parent
    samples = samples_of(arguments.samples, arguments.coverage, arguments.bams, folder)
    names = ["Regions"] * len(arguments.regions) + ["Genes"] * len(arguments.genes) + ["Variants"]
    paths = [*arguments.regions, *arguments.genes, arguments.variants]
    features = [(name, os.path.relpath(path, folder)) for name, path in zip(names, paths, strict=True)]
    locus = best_place(paths[0] if len(paths) > 1 else None, contig_lengths(arguments.genome))
    genome = os.path.relpath(arguments.genome, folder)
    write_text(session(genome, locus, samples, tuple(arguments.haplotypes), features), arguments.out)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--samples", nargs="+", required=True, help="names of the samples")
    add("--haplotypes", nargs=2, required=True, metavar=("A", "B"), help="names of the two haplotypes")
    add("--bams", type=Path, nargs="+", required=True, help="tagged BAM of each sample")
    add("--coverage", type=Path, nargs="*", default=[], help="bigWigs of each sample: all pairs, A, B")
    add("--genome", type=Path, required=True, help="FASTA of the reference, with .fai")
    add("--regions", type=Path, nargs="*", default=[], help="regions BED")
    add("--genes", type=Path, nargs="*", default=[], help="genes BED")
    add("--variants", type=Path, required=True, help="VCF with tabix index")
    add("--out", type=Path, required=True, help="session to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
