"""Complexity and enrichment of every library: one table, and the content of MultiQC."""

import argparse
import json
from pathlib import Path

import pandas as pd

from deepallele.counts.tables import read_counts
from deepallele.errors import InputError, run_step
from deepallele.files import write_table
from deepallele.quality.enrichment import COLUMNS, distances, library, read_components, read_profiles
from deepallele.quality.multiqc_libraries import write_libraries


def main(arguments: argparse.Namespace) -> None:
    """Write the table and the content."""
    if len(arguments.samples) != len(arguments.assignments):
        raise InputError("--samples and --assignments: one of each is needed for every library")
    haplotypes = tuple(arguments.haplotypes)
    counts = None if arguments.counts is None else read_counts(arguments.counts)
    profiles = {} if arguments.profiles is None else read_profiles(arguments.profiles)
    rows, lines = [], {}
    for sample, path in zip(arguments.samples, arguments.assignments, strict=True):
        try:
            stats = json.loads(path.read_text())
        except json.JSONDecodeError as error:
            raise InputError(f"{path}: not JSON ({error}); run the assignment again") from error
        own = None if counts is None else counts[counts["sample"] == sample]
        names = [sample, *(f"{sample} {haplotype}" for haplotype in haplotypes)]
        around = [profiles[name] for name in names] if sample in profiles else None
        # An input control has no counts.
        own = None if own is None or own.empty else own
        # Of RNA, start sites are one end of what is covered: nothing is enriched there.
        at_tss = around if arguments.places == "regions" else None
        rows.append(library(sample, stats, own, at_tss, arguments.bin_size))
        if around is not None:
            x = distances(len(around[0]), arguments.bin_size)
            for side, profile in enumerate(around[1:]):
                lines[(sample, side)] = [[at, round(y, 6)] for at, y in zip(x, profile.tolist(), strict=True)]
    write_table(pd.DataFrame(rows, columns=COLUMNS), arguments.out)
    components = None
    if arguments.components is not None:
        found, explained = read_components(arguments.components)
        owners = {f"{s} {name}": (s, side) for s in arguments.samples for side, name in enumerate(haplotypes)}
        components = ({owners[name]: point for name, point in found.items()}, explained)
    write_libraries(rows, haplotypes, arguments.places, lines, components, arguments.out_content)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--samples", nargs="+", required=True, help="names of the libraries")
    add("--assignments", type=Path, nargs="+", required=True, help="JSON of each assignment, in that order")
    add("--haplotypes", nargs=2, required=True, metavar=("A", "B"), help="names of the two haplotypes")
    add("--counts", type=Path, help="table of counts of regions or genes")
    add("--places", choices=("regions", "genes"), default="regions", help="what the counts are of")
    add("--profiles", type=Path, help="means around start sites, as plotProfile writes them")
    add("--components", type=Path, help="principal components, as plotPCA writes them")
    add("--bin-size", type=int, default=10, help="width of the bins of the profiles (bp)")
    add("--out", type=Path, required=True, help="table to write")
    add("--out-content", type=Path, required=True, help="folder for the content of MultiQC")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
