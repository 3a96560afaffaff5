"""Count the fragments of each barcode, and tell which barcodes are cells."""

import argparse
from pathlib import Path

from deepallele.counts.regions import read_regions
from deepallele.errors import InputError, run_step
from deepallele.files import write_json, write_table
from deepallele.single_cell.cells import call_cells, count_barcodes, summarise
from deepallele.single_cell.fragments import FragmentReader
from deepallele.single_cell.groups import read_groups, read_whitelist


def main(arguments: argparse.Namespace) -> None:
    """Write the table of the barcodes and its summary."""
    groups = read_groups(arguments.groups, arguments.samples) if arguments.groups else None
    whitelist = read_whitelist(arguments.whitelist) if arguments.whitelist else None
    found = count_barcodes(FragmentReader(arguments.bam, read_regions(arguments.regions), arguments.threads))
    try:
        of_sample = None if groups is None else groups.get(arguments.sample, {})
        table = call_cells(found, arguments.min_fragments, whitelist, of_sample)
    except InputError as error:
        raise InputError(f"sample {arguments.sample}: {error}") from None
    summary = summarise(found, table, arguments.min_fragments)
    write_table(table, arguments.out)
    write_json(summary, arguments.summary)
    for name, value in summary.items():
        print(f"{name}: {value}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--bam", type=Path, required=True, help="BAM of the sample, tags HP and CB")
    add("--regions", type=Path, required=True, help="regions BED")
    add("--sample", required=True, help="name of the sample")
    add("--samples", nargs="+", required=True, help="names of all samples of the table of groups")
    add("--whitelist", type=Path, help="barcodes that can be cells, one a line; without it, all")
    add("--groups", type=Path, help="TSV with the columns barcode, group and, if wanted, sample")
    add("--min-fragments", type=int, required=True, help="fragments in regions that make a cell")
    add("--threads", type=int, default=1, help="threads; a second one decompresses")
    add("--out", type=Path, required=True, help="table of the barcodes to write")
    add("--summary", type=Path, required=True, help="JSON with the numbers")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
