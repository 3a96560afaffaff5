"""Write the fragment files of a single-cell ATAC sample: of A, B, ambiguous, and each with half of these."""

import argparse
from dataclasses import asdict
from pathlib import Path

from deepallele.errors import run_step
from deepallele.files import write_json
from deepallele.single_cell.barcodes import BarcodeIndex
from deepallele.single_cell.fragment_files import FragmentPaths, write_fragments
from deepallele.single_cell.fragments import FragmentReader
from deepallele.single_cell.groups import read_whitelist


def main(arguments: argparse.Namespace) -> None:
    """Write the files and their numbers."""
    whitelist = arguments.whitelist
    index = BarcodeIndex(read_whitelist(whitelist), grows=False) if whitelist else BarcodeIndex()
    paths = FragmentPaths(
        tuple(arguments.out_haplotypes), arguments.out_ambiguous, tuple(arguments.out_split)
    )
    reader = FragmentReader(arguments.bam, threads=arguments.threads)
    counts = asdict(
        write_fragments(reader, index, paths, tuple(arguments.haplotypes), arguments.hemizygous_contigs)
    )
    write_json(counts, arguments.summary)
    for name, value in counts.items():
        print(f"{name}: {value}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line; pairs of values are in the order A, B."""
    parser = argparse.ArgumentParser(description=__doc__)
    add, pair = parser.add_argument, {"nargs": 2, "required": True, "metavar": ("A", "B")}
    add("--bam", type=Path, required=True, help="BAM of the sample, tags HP, CB and dc")
    add("--haplotypes", help="names of the haplotypes", **pair)
    add("--hemizygous-contigs", nargs="*", default=[], help="contigs whose fragments are not split")
    add("--whitelist", type=Path, help="barcodes whose fragments are written; without it, all")
    add("--threads", type=int, default=1, help="threads; a second one decompresses")
    add("--out-haplotypes", type=Path, help="informative fragments (.tsv.gz)", **pair)
    add("--out-ambiguous", type=Path, required=True, help="ambiguous fragments")
    add("--out-split", type=Path, help="informative ones and half of the ambiguous", **pair)
    add("--summary", type=Path, required=True, help="JSON with the numbers")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
