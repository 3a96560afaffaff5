"""Check that FASTQ files are whole and hold reads, and that mates match."""

import argparse

from deepallele.errors import run_step
from deepallele.reads.fastq import check_fastq


def main(arguments: argparse.Namespace) -> None:
    """Count the reads, or fail with the file and the reason."""
    print(f"{check_fastq(arguments.fastq)} {'pairs' if len(arguments.fastq) == 2 else 'reads'}")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fastq", required=True, nargs="+", help="one FASTQ file, or the two files of mates")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
