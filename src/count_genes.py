"""Count one sample's fragments per gene: of haplotype A, of B, ambiguous."""

import argparse
from pathlib import Path

from deepallele.annotation.gene_counts import count_genes, status_table
from deepallele.annotation.genes import read_genes
from deepallele.counts.tables import counts_table
from deepallele.errors import run_step
from deepallele.files import write_json, write_table, write_text


def main(arguments: argparse.Namespace) -> None:
    """Write the counts of one sample, and what was not counted."""
    genes = read_genes(arguments.genes)
    counts, summary = count_genes(
        arguments.bam, arguments.exons, genes["gene_id"], arguments.strandness, arguments.threads
    )
    table = counts_table(genes.rename(columns={"gene_id": "name"}), arguments.sample, counts)
    write_table(table, arguments.out)
    write_json(summary, arguments.summary)
    names = [f"{arguments.sample} {name}" for name in (*arguments.haplotypes, "ambiguous")]
    write_text(status_table(summary, (names[0], names[1], names[2])), arguments.statuses)
    for name, numbers in summary.items():
        print(f"{arguments.sample}, {name}: " + ", ".join(f"{key} {value}" for key, value in numbers.items()))


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bam", type=Path, required=True, help="coordinate-sorted BAM with HP tags")
    parser.add_argument("--genes", type=Path, required=True, help="table of genes of list_genes.py")
    parser.add_argument("--exons", type=Path, required=True, help="SAF of list_genes.py")
    parser.add_argument("--strandness", type=int, choices=(0, 1, 2), default=0, help="as of featureCounts")
    parser.add_argument("--haplotypes", nargs=2, required=True, metavar=("A", "B"), help="their names")
    parser.add_argument("--sample", required=True, help="name of the sample")
    parser.add_argument("--threads", type=int, default=1, help="threads to use")
    parser.add_argument("--out", type=Path, required=True, help="counts table to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON of what was not counted to write")
    parser.add_argument("--statuses", type=Path, required=True, help="the same as featureCounts writes it")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
