"""Copy the reference genome into the form that every later step reads, and index it."""

import argparse

from deepallele.errors import run_step
from deepallele.genome.reference import prepare_reference


def main(arguments: argparse.Namespace) -> None:
    """Write the FASTA and its index."""
    lengths = prepare_reference(arguments.fasta, arguments.out)
    print(f"{len(lengths)} contigs, {sum(lengths.values())} bases")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fasta", required=True, help="reference genome, FASTA, plain or gzip")
    parser.add_argument(
        "--out", required=True, help="FASTA to write: upper-case, wrapped; .fai goes beside it"
    )
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
