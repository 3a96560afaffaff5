"""Write the Tn5 cut sites of a BAM as BED for the peak caller, and the size of the genome."""

import argparse
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import write_text
from deepallele.peaks.cuts import genome_size, write_cuts


def main(arguments: argparse.Namespace) -> None:
    """Write the cuts and the genome size of one sample."""
    size = genome_size(arguments.bam, arguments.exclude)
    written = write_cuts(arguments.bam, arguments.cuts, arguments.exclude, arguments.threads)
    write_text(f"{size}\n", arguments.genome_size)
    print(f"{written} cut sites; {size} bases of genome")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bam", type=Path, required=True, help="indexed BAM in reference coordinates")
    parser.add_argument("--exclude", nargs="*", default=[], help="contigs to leave out")
    parser.add_argument("--threads", type=int, default=1, help="threads for decompression")
    parser.add_argument("--cuts", type=Path, required=True, help="BED (gzip) of one-base cut sites to write")
    parser.add_argument(
        "--genome-size", type=Path, required=True, help="text file to write: bases of the genome"
    )
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
