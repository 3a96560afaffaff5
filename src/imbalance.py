"""Test every region for allelic imbalance, counts summed over samples."""

import argparse
from pathlib import Path

from deepallele.counts.imbalance import imbalance_table
from deepallele.counts.tables import read_counts
from deepallele.errors import run_step
from deepallele.files import write_json, write_table


def main(arguments: argparse.Namespace) -> None:
    """Write the test of every region and the summary of the test."""
    counts = read_counts(arguments.counts)
    groups = dict(zip(arguments.samples, arguments.groups, strict=True)) or None
    table, summary = imbalance_table(counts, arguments.pseudocount, arguments.min_informative, groups)
    write_table(table, arguments.out)
    write_json(summary, arguments.summary)
    for key, value in summary.items():
        print(f"{key}: {value}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, required=True, help="counts of all samples")
    parser.add_argument("--samples", nargs="*", default=[], help="samples that --groups are of")
    parser.add_argument(
        "--groups", nargs="*", default=[], help="group of replicates of each sample; none: all are of one"
    )
    parser.add_argument("--pseudocount", type=float, required=True, help="added to both counts")
    parser.add_argument(
        "--min-informative", type=int, required=True, help="fewest informative fragments of a tested region"
    )
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON of the whole test to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
