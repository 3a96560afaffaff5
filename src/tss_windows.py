"""Windows around the transcription start sites of genes, as BED."""

import argparse
from pathlib import Path

from deepallele.allele.intervals import read_contigs
from deepallele.annotation.genes import read_annotation
from deepallele.annotation.tss import tss_windows
from deepallele.errors import run_step
from deepallele.files import write_json, write_table, write_text


def main(arguments: argparse.Namespace) -> None:
    """Write the windows, the genes without one, and the numbers of both."""
    lengths = read_contigs(arguments.fai)
    annotation = read_annotation(arguments.gtf, list(lengths), arguments.exclude)
    windows, dropped, summary = tss_windows(annotation, lengths, arguments.flank, arguments.biotypes)
    write_text(windows.to_csv(sep="\t", header=False, index=False, lineterminator="\n"), arguments.out)
    write_table(dropped, arguments.dropped)
    write_json(summary, arguments.summary)
    print(f"{len(windows)} windows; without one: {summary['dropped'] or 'no gene'}")
    if not summary["biotypes_named"]:
        print("the annotation names no biotype (gene_biotype, gene_type): all genes were taken")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gtf", type=Path, required=True, help="GTF on the reference, plain or gzip")
    parser.add_argument("--fai", type=Path, required=True, help="index of the reference FASTA")
    parser.add_argument("--exclude", nargs="*", default=[], help="contigs whose genes are left out")
    parser.add_argument("--biotypes", nargs="*", default=[], help="biotypes of the genes to take; none: all")
    parser.add_argument("--flank", type=int, required=True, help="bases on either side of the TSS")
    parser.add_argument("--out", type=Path, required=True, help="BED to write")
    parser.add_argument("--dropped", type=Path, required=True, help="table of genes without window to write")
    parser.add_argument("--summary", type=Path, required=True, help="JSON of the numbers to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
