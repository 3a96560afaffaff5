"""Count one sample's fragments per region: of haplotype A, of B, ambiguous."""

import argparse
from pathlib import Path

from deepallele.allele.bam_index import find_index
from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import read_regions, write_counts
from deepallele.errors import run_step


def main(arguments: argparse.Namespace) -> None:
    """Write the counts of one sample."""
    regions = read_regions(arguments.regions)
    index, note = find_index(arguments.bam)
    if note:
        print(f"note: {note}; without it, one thread counts and a second one decompresses")
    counts = count_fragments(arguments.bam, regions, arguments.threads, index=index)
    write_counts(regions, arguments.sample, counts, arguments.out)
    a, b, ambiguous = counts.sum(axis=0)
    print(f"{arguments.sample}: A {a}, B {b}, ambiguous {ambiguous} in {len(regions)} regions")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--bam", type=Path, required=True, help="coordinate-sorted BAM with HP tags, .bai or .csi beside it"
    )
    parser.add_argument("--regions", type=Path, required=True, help="regions BED")
    parser.add_argument("--sample", required=True, help="name of the sample")
    parser.add_argument("--threads", type=int, default=1, help="threads; with an index, one per contig")
    parser.add_argument("--out", type=Path, required=True, help="counts table to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
