"""Choose the variants that make the two haplotypes of a cross, and list those that are left out."""

import argparse
import json

from deepallele.errors import run_step
from deepallele.genome.alleles import Skip, read_haplotypes
from deepallele.genome.variants import select_variants


def main(arguments: argparse.Namespace) -> None:
    """Write the chosen variants, the skipped ones, and the counts; print the counts."""
    report = select_variants(
        vcfs=arguments.vcf,
        reference=arguments.reference,
        haplotypes=read_haplotypes(arguments.haplotypes),
        cross=arguments.cross,
        variants=arguments.out,
        skipped=arguments.skipped,
        summary=arguments.summary,
        mask=arguments.mask,
    )
    print(json.dumps(report, indent=2))
    for name, reasons in report["skipped"].items():
        if reasons.get(Skip.OTHER_UNKNOWN, 0) > report["between_haplotypes"]["total"]:
            print(
                f"warning: most variants of {name} were left out because the other haplotype's genotype is "
                "not known there; if a missing genotype means the reference, `bcftools merge "
                "--missing-to-ref` writes it so"
            )


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", required=True, help="indexed FASTA written by prepare_reference.py")
    parser.add_argument(
        "--vcf", required=True, nargs="+", help="variants: VCFs, plain or bgzip, or BCFs; each sorted"
    )
    parser.add_argument(
        "--haplotypes",
        required=True,
        type=json.loads,
        help="the config's cross.haplotypes as JSON: two objects with name, source, vcf_sample, phase",
    )
    parser.add_argument("--mask", help="BED of the reference; variants that overlap it are not applied")
    parser.add_argument("--cross", required=True, help="name of the cross, the sample name in the BCF")
    parser.add_argument("--out", required=True, help="BCF to write; its index goes beside it")
    parser.add_argument("--skipped", required=True, help="TSV to write: records left out, with the reason")
    parser.add_argument(
        "--summary", required=True, help="JSON to write: counts by haplotype, class and reason"
    )
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
