"""List the genes of a GTF, and their exons, which are counted."""

import argparse
from pathlib import Path

from deepallele.allele.intervals import read_contigs
from deepallele.annotation.bed import genes_bed
from deepallele.annotation.genes import read_annotation, write_saf
from deepallele.errors import run_step
from deepallele.files import write_json, write_table, write_text


def main(arguments: argparse.Namespace) -> None:
    """Write the table of genes, the exons and what was left out."""
    annotation = read_annotation(arguments.gtf, list(read_contigs(arguments.fai)), arguments.exclude)
    write_table(annotation.genes, arguments.genes)
    write_saf(annotation.exons, arguments.exons)
    write_text(genes_bed(annotation), arguments.bed)
    write_json(annotation.summary, arguments.summary)
    for key, value in annotation.summary.items():
        print(f"{key}: {value}")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gtf", type=Path, required=True, help="GTF on the reference, plain or gzip")
    parser.add_argument("--fai", type=Path, required=True, help="index of the reference FASTA")
    parser.add_argument("--exclude", nargs="*", default=[], help="contigs whose genes are left out")
    parser.add_argument("--genes", type=Path, required=True, help="table of genes to write")
    parser.add_argument("--exons", type=Path, required=True, help="SAF of the exons to write")
    parser.add_argument("--bed", type=Path, required=True, help="BED of the genes to write, exons as blocks")
    parser.add_argument("--summary", type=Path, required=True, help="JSON of what was left out to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
