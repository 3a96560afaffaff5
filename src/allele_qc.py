"""Control the quality of the allele assignment of one sample."""

import argparse
import json
from pathlib import Path

from deepallele.errors import InputError, run_step
from deepallele.files import write_json
from deepallele.quality.sample import count_sample
from deepallele.quality.summary import summarise_quality


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--bam", type=Path, required=True, help="tagged BAM of all pairs, sorted")
    add("--assignment", type=Path, required=True, help="JSON of the assignment's numbers")
    add("--variants", type=Path, required=True, help="indexed BCF of the two haplotypes, phased A|B")
    add("--reference", type=Path, required=True, help="FASTA of the reference, with .fai")
    add("--hemizygous-contigs", nargs="*", default=[], help="contigs of which this sample has one copy")
    add("--out-counts", type=Path, required=True, help="table of the variants covered (.tsv.gz)")
    add("--out-suspects", type=Path, required=True, help="table of false and missing variants (.tsv.gz)")
    add("--out", type=Path, required=True, help="JSON of the assignment's numbers and the quality control")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Run the step and repeat its warnings in the log."""
    try:
        assignment = json.loads(arguments.assignment.read_text())
    except json.JSONDecodeError as error:
        raise InputError(f"{arguments.assignment}: not JSON ({error}); run the assignment again") from error
    counts = count_sample(
        arguments.bam,
        arguments.variants,
        arguments.reference,
        arguments.out_counts,
        arguments.out_suspects,
        arguments.hemizygous_contigs,
    )
    quality = summarise_quality(counts, assignment, arguments.hemizygous_contigs)
    write_json(assignment | {"qc": quality}, arguments.out)
    print(f"pairs: {quality['coverage']['pairs']}; VCF {quality['fit']['verdict'] or 'not tested'}")
    for warning in quality["warnings"]:
        print(f"warning: {warning}")


if __name__ == "__main__":
    run_step(main, build_parser())
