"""Put the samples' counts into one long table."""

import argparse
from pathlib import Path

import pandas as pd

from deepallele.counts.tables import read_counts
from deepallele.errors import run_step
from deepallele.files import write_table


def main(arguments: argparse.Namespace) -> None:
    """Write the samples' rows one after the other."""
    write_table(pd.concat([read_counts(path) for path in arguments.counts], ignore_index=True), arguments.out)


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, nargs="+", required=True, help="counts table of each sample")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
