"""Fetch one run of the Sequence Read Archive as compressed FASTQ."""

import argparse
from pathlib import Path

from deepallele.errors import run_step
from deepallele.fetch.runs import fetch_run


def main(arguments: argparse.Namespace) -> None:
    """Fetch the run."""
    fetch_run(arguments.run, arguments.out, arguments.threads)


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", required=True, help="accession: SRR, ERR or DRR and digits")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--out", type=Path, nargs="+", required=True, help="FASTQ of the mates or reads")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
