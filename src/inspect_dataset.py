"""Show on one screen what a dataset holds: regions, variants, fragments, ceilings, folds, warnings."""

import argparse
from pathlib import Path

from deepallele.dataset.inspect import describe
from deepallele.dataset.store import read_dataset
from deepallele.errors import run_step


def main(arguments: argparse.Namespace) -> None:
    """Print the description."""
    print(arguments.dataset)
    print(describe(read_dataset(arguments.dataset), arguments.min_informative), end="")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument(
        "--min-informative",
        type=int,
        help="informative fragments that count (default: as when the dataset was built)",
    )
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
