"""Build the dataset: windows of both haplotypes, their variants, counts and folds."""

import argparse
from pathlib import Path

from deepallele.dataset.build import Inputs, Settings, build_dataset
from deepallele.dataset.store import write_dataset
from deepallele.errors import run_step
from deepallele.files import write_table


def main(arguments: argparse.Namespace) -> None:
    """Write the dataset and the list of dropped regions."""
    inputs = Inputs(
        arguments.regions,
        arguments.counts,
        arguments.variants,
        arguments.reference,
        arguments.genomes,
        arguments.chains,
    )
    settings = Settings(
        cross=arguments.cross,
        haplotypes=arguments.haplotypes,
        samples=arguments.samples,
        length=arguments.length,
        folds=arguments.folds,
        split=arguments.split,
        validation_fraction=arguments.validation_fraction,
        pseudocount=arguments.pseudocount,
    )
    dataset, dropped = build_dataset(inputs, settings)
    write_table(dropped, arguments.dropped)
    write_dataset(dataset, arguments.out)
    print(
        f"{len(dataset.region)} regions with {len(dataset.variant)} variants; {len(dropped)} regions dropped"
    )


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--regions", type=Path, required=True, help="regions BED")
    parser.add_argument("--counts", type=Path, required=True, help="counts of all samples")
    parser.add_argument("--variants", type=Path, required=True, help="indexed BCF of the applied variants")
    parser.add_argument("--reference", type=Path, required=True, help="reference FASTA, for its checksum")
    parser.add_argument("--genomes", type=Path, nargs=2, required=True, help="FASTA of haplotypes A and B")
    parser.add_argument("--chains", type=Path, nargs=2, required=True, help="chains of haplotypes A and B")
    parser.add_argument("--cross", required=True, help="name of the cross")
    parser.add_argument("--haplotypes", nargs=2, required=True, help="names of haplotypes A and B")
    parser.add_argument("--samples", nargs="+", help="samples in order (default: all, as in the counts)")
    parser.add_argument("--length", type=int, required=True, help="length of the windows (bp)")
    parser.add_argument("--folds", type=int, required=True, help="number of folds")
    parser.add_argument("--split", choices=["chromosome", "blocks"], required=True, help="unit of the folds")
    parser.add_argument("--validation-fraction", type=float, required=True, help="share for validation")
    parser.add_argument("--pseudocount", type=float, required=True, help="added to both counts")
    parser.add_argument("--out", type=Path, required=True, help="dataset (HDF5) to write")
    parser.add_argument("--dropped", type=Path, required=True, help="table of dropped regions to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
