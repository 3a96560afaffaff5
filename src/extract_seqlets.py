"""Find seqlets in the attributions of both haplotypes and look them up in the other one."""

import argparse
import sys
from pathlib import Path

from deepallele.dataset.store import read_dataset
from deepallele.errors import InputError, run_step
from deepallele.files import write_table
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.motifs.attributions import read_contributions
from deepallele.motifs.seqlets import seqlet_table


def build_parser() -> argparse.ArgumentParser:
    """Command line of this step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="dataset.h5")
    parser.add_argument("--attributions", type=Path, required=True, help="HDF5 of hypothetical attributions")
    parser.add_argument(
        "--chains",
        type=Path,
        nargs="*",
        default=[],
        help="chain files of haplotypes A and B, in this order (none for imported datasets)",
    )
    parser.add_argument(
        "--min-z", type=float, required=True, help="smallest |contribution| / RMS of a seqlet's positions"
    )
    parser.add_argument("--out", type=Path, required=True, help="table of seqlets (.tsv.gz) to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read attributions, write seqlets."""
    if arguments.min_z <= 0:
        raise InputError(f"--min-z: {arguments.min_z} is not above 0")
    dataset = read_dataset(arguments.dataset)
    if len(arguments.chains) != (0 if dataset.imported else 2):
        raise InputError(
            f"--chains: {len(arguments.chains)} files; give those of both haplotypes, or none for an "
            "imported dataset"
        )
    maps = dict(zip(dataset.haplotypes, map(HaplotypeMap.from_chain, arguments.chains), strict=False))
    contribution = read_contributions(
        arguments.attributions, dataset.sequence, dataset.region["name"].tolist()
    )
    table = seqlet_table(contribution, dataset, maps, arguments.min_z)
    write_table(table, arguments.out)
    regions = table["row"].nunique()
    print(
        f"{len(table)} seqlets in {regions} of {len(dataset.region)} regions, "
        f"{int(table['common'].sum())} of them common to both haplotypes",
        file=sys.stderr,
    )


if __name__ == "__main__":
    run_step(main, build_parser())
