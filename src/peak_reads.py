"""Write the reads that peaks are called on, without the excluded contigs, and the size of the genome."""

import argparse
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import write_text
from deepallele.peaks.cuts import genome_size
from deepallele.peaks.reads import write_reads


def main(arguments: argparse.Namespace) -> None:
    """Write the reads and the genome size."""
    size = genome_size(arguments.bam, arguments.exclude)
    number = write_reads(arguments.bam, arguments.out, arguments.exclude, arguments.threads)
    write_text(f"{size}\n", arguments.genome_size)
    print(f"{number} reads, {size} bases of the genome")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bam", type=Path, required=True, help="BAM in reference coordinates, sorted")
    parser.add_argument("--exclude", nargs="*", default=[], help="contigs to leave out")
    parser.add_argument("--threads", type=int, default=1, help="threads for compression")
    parser.add_argument("--out", type=Path, required=True, help="BAM to write")
    parser.add_argument("--genome-size", type=Path, required=True, help="text file with the size to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
