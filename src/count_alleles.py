"""Count one sample's fragments per region: of haplotype A, of B, ambiguous."""

import argparse
from pathlib import Path

from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import read_regions, write_counts
from deepallele.errors import run_step


def main(arguments: argparse.Namespace) -> None:
    """Write the counts of one sample."""
    regions = read_regions(arguments.regions)
    counts = count_fragments(arguments.bam, regions, arguments.threads)
    write_counts(regions, arguments.sample, counts, arguments.out)
    a, b, ambiguous = counts.sum(axis=0)
    print(f"{arguments.sample}: A {a}, B {b}, ambiguous {ambiguous} in {len(regions)} regions")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bam", type=Path, required=True, help="coordinate-sorted BAM with HP tags")
    parser.add_argument("--regions", type=Path, required=True, help="regions BED")
    parser.add_argument("--sample", required=True, help="name of the sample")
    parser.add_argument("--threads", type=int, default=1, help="threads; a second one decompresses")
    parser.add_argument("--out", type=Path, required=True, help="counts table to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
