"""Test every region for a difference of allelic imbalance between two conditions."""

import argparse
from pathlib import Path

from deepallele.counts.imbalance_differential import difference_table
from deepallele.counts.tables import read_counts
from deepallele.errors import run_step
from deepallele.files import write_json, write_table


def main(arguments: argparse.Namespace) -> None:
    """Write the test of every region and the summary of the test."""
    counts = read_counts(arguments.counts)
    groups = {arguments.first: arguments.first_samples} | {arguments.second: arguments.second_samples}
    table, summary = difference_table(counts, groups, arguments.pseudocount, arguments.min_informative)
    write_table(table, arguments.out)
    write_json(summary, arguments.summary)
    for key, value in summary.items():
        print(f"{key}: {value}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, required=True, help="counts of all samples")
    for place in ("first", "second"):
        parser.add_argument(f"--{place}", required=True, help=f"name of the {place} condition")
        parser.add_argument(f"--{place}-samples", nargs="+", required=True, help="its samples")
    parser.add_argument("--pseudocount", type=float, default=1.0, help="added to both counts of a log ratio")
    parser.add_argument(
        "--min-informative", type=int, default=10, help="fewest informative fragments in each condition"
    )
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON of the whole test to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
