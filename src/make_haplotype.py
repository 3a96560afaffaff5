"""Apply one haplotype's variants to the reference: its genome, and the chain between the two."""

import argparse

from deepallele.errors import run_step
from deepallele.genome.consensus import make_haplotype


def main(arguments: argparse.Namespace) -> None:
    """Write the genome, its index and the chain."""
    applied = make_haplotype(
        reference=arguments.reference,
        variants=arguments.variants,
        summary=arguments.summary,
        haplotype=arguments.haplotype,
        fasta=arguments.out,
        chain=arguments.chain,
    )
    print(f"{applied} variants applied")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", required=True, help="indexed FASTA written by prepare_reference.py")
    parser.add_argument("--variants", required=True, help="BCF written by select_variants.py")
    parser.add_argument("--summary", required=True, help="counts written by select_variants.py")
    parser.add_argument("--haplotype", required=True, help="name of the haplotype to make")
    parser.add_argument("--out", required=True, help="FASTA to write; .fai goes beside it")
    parser.add_argument("--chain", required=True, help="chain to write, from the reference to the haplotype")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
