"""Rewrite the counts per variant of one sample in the format of GATK's ASEReadCounter."""

import argparse
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import write_table
from deepallele.quality.ase import ase_table
from deepallele.quality.extremes import read_variant_counts


def main(arguments: argparse.Namespace) -> None:
    """Write the table."""
    table = ase_table(read_variant_counts(arguments.counts))
    write_table(table, arguments.out)
    print(f"{len(table)} SNPs, {table['totalCount'].sum()} bases of either allele")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=Path, required=True, help="table of allele_qc.py")
    parser.add_argument("--out", type=Path, required=True, help="table to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
