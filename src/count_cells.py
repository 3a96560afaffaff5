"""Count the fragments of each cell in each region, and those of groups of cells together."""

import argparse
from pathlib import Path

from deepallele.counts.regions import read_regions
from deepallele.errors import run_step
from deepallele.files import write_table
from deepallele.single_cell.matrix import count_cells, pseudobulk, read_cells, write_matrix


def main(arguments: argparse.Namespace) -> None:
    """Write the matrices of a sample and the counts of its groups."""
    regions, cells = read_regions(arguments.regions), read_cells(arguments.cells)
    matrices = count_cells(arguments.bam, regions, cells["barcode"].tolist(), arguments.threads)
    sample = arguments.sample
    write_matrix(arguments.out, cells, regions, matrices, sample, tuple(arguments.haplotypes))
    write_table(pseudobulk(cells, regions, matrices, sample, arguments.groups), arguments.out_counts)
    a, b, ambiguous = (int(matrix.sum()) for matrix in matrices)
    print(f"{sample}: {len(cells)} cells, {len(regions)} regions: A {a}, B {b}, ambiguous {ambiguous}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--bam", type=Path, required=True, help="BAM of the sample, tags HP and CB")
    add("--regions", type=Path, required=True, help="regions BED")
    add("--cells", type=Path, required=True, help="table of the barcodes, from call_cells.py")
    add("--sample", required=True, help="name of the sample")
    add("--haplotypes", nargs=2, required=True, metavar=("A", "B"), help="names of the haplotypes")
    add("--groups", nargs="*", default=[], help="groups to count; none: all cells together")
    add("--threads", type=int, default=1, help="threads; a second one decompresses")
    add("--out", type=Path, required=True, help="AnnData file (.h5ad) to write")
    add("--out-counts", type=Path, required=True, help="counts table of the groups to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
