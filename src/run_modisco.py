"""Find motifs with TF-MoDISco in the pooled, different windows of both haplotypes."""

import argparse
import sys
from pathlib import Path

import numpy as np

from deepallele.dataset.store import read_dataset
from deepallele.errors import run_step
from deepallele.files import atomic_path
from deepallele.motifs.attributions import read_contributions, read_patches
from deepallele.motifs.modisco import choose_windows, find_patterns, write_patterns


def build_parser() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--attributions", type=Path, required=True, help="HDF5 of hypothetical attributions")
    parser.add_argument("--max-seqlets", type=int, required=True, help="most seqlets per sign")
    parser.add_argument("--out", type=Path, required=True, help="modisco-lite HDF5 to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read attributions, write patterns."""
    dataset = read_dataset(arguments.dataset)
    names = dataset.region["name"].tolist()
    contribution = read_contributions(arguments.attributions, dataset.sequence, names)
    window = choose_windows(dataset.sequence, contribution, dataset.region["chrom"].to_numpy())
    del contribution
    codes = dataset.sequence[window[:, 0], window[:, 1]]
    whole = np.column_stack([window, np.zeros(len(window), dtype=np.int64)])
    hypothetical = read_patches(arguments.attributions, dataset.sequence, names, whole, codes.shape[1])
    positive, negative = find_patterns(codes, hypothetical, arguments.max_seqlets)
    with atomic_path(arguments.out) as temporary:
        write_patterns(positive, negative, window, codes.shape[1], temporary)
    print(
        f"{len(positive)} positive and {len(negative)} negative patterns in {len(window)} different windows "
        f"of {2 * len(names)}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run_step(main, build_parser())
