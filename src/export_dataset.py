"""Export a dataset: the published HDF5, two FASTA files, or a NumPy archive."""

import argparse
from pathlib import Path

from deepallele.dataset.store import read_dataset
from deepallele.errors import InputError, run_step
from deepallele.exchange.export import write_fasta_pair, write_npz
from deepallele.exchange.layout import add_layout_options, layout_of
from deepallele.exchange.published_export import AMBIGUOUS, write_published

FORMATS = {"published": 1, "fasta": 2, "npz": 1}


def main(arguments: argparse.Namespace) -> None:
    """Read the dataset and write it in the wanted format."""
    files = arguments.out
    if len(files) != FORMATS[arguments.format]:
        raise InputError(
            f"--out: {len(files)} files; --format {arguments.format} writes {FORMATS[arguments.format]}"
        )
    published = arguments.format == "published"
    layout = layout_of(arguments, "" if published else f"--format is {arguments.format}")
    dataset = read_dataset(arguments.dataset)
    if published:
        write_published(dataset, files[0], arguments.ambiguous, layout)
    elif arguments.format == "fasta":
        write_fasta_pair(dataset, (files[0], files[1]))
    else:
        write_npz(dataset, files[0])
    print(f"{len(dataset.region)} regions written to {', '.join(map(str, files))}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--format", choices=list(FORMATS), required=True, help="what to write")
    parser.add_argument("--out", type=Path, nargs="+", required=True, help="file; fasta: of A and of B")
    parser.add_argument(
        "--ambiguous",
        choices=AMBIGUOUS,
        default="split",
        help="published: half of the ambiguous fragments for each haplotype, or informative ones only",
    )
    add_layout_options(parser)
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
