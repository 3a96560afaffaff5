"""Lift the gene annotation from the reference to one haplotype."""

import argparse
from pathlib import Path

from deepallele.annotation.lift import lift_gtf
from deepallele.errors import run_step
from deepallele.genome.haplotype_map import HaplotypeMap


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gtf", type=Path, required=True, help="GTF on the reference, plain or gzip")
    parser.add_argument("--chain", type=Path, required=True, help="chain from the reference to the haplotype")
    parser.add_argument("--out", type=Path, required=True, help="GTF on the haplotype to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON with the numbers of features")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Lift, and say in the log what was left out."""
    coordinates = HaplotypeMap.from_chain(arguments.chain)
    report = lift_gtf(arguments.gtf, coordinates, arguments.out, arguments.summary)
    print(f"{report['features_lifted']} of {report['features']} features lifted")
    elsewhere = report["features_on_unknown_contigs"]
    if elsewhere:
        names = ", ".join(sorted(elsewhere))
        print(f"left out, contig not in the genome: {sum(elsewhere.values())} ({names})")
    if report["features_vanished"]:
        print(f"left out, no base exists on this haplotype: {sum(report['features_vanished'].values())}")


if __name__ == "__main__":
    run_step(main, build_parser())
