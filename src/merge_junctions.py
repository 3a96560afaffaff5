"""Make one list of the splice junctions found in all samples, on both haplotypes, for both haplotypes."""

import argparse
from pathlib import Path

from deepallele.annotation.junctions import merge_junctions
from deepallele.errors import InputError, run_step
from deepallele.genome.haplotype_map import HaplotypeMap


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line; pairs of values are in the order A, B."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    for side in "ab":
        text = f"SJ.out.tab of each sample on {side.upper()}, samples in the same order"
        add(f"--junctions-{side}", type=Path, nargs="+", required=True, help=text)
    pair = {"type": Path, "nargs": 2, "required": True, "metavar": ("A", "B")}
    add("--chains", **pair, help="chain files from the reference to each haplotype")
    add("--min-reads", type=int, default=3, help="fewest uniquely aligned reads over a junction")
    add("--out", **pair, help="lists to write, for STAR's --sjdbFileChrStartEnd")
    add("--table", type=Path, required=True, help="TSV with the listed junctions on the reference")
    add("--summary", type=Path, required=True, help="JSON with the numbers of junctions")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Merge, and say in the log what was left out."""
    found = (arguments.junctions_a, arguments.junctions_b)
    if len(found[0]) != len(found[1]):
        raise InputError(
            f"{len(found[0])} files in --junctions-a, {len(found[1])} in --junctions-b; give one per sample"
        )
    maps = [HaplotypeMap.from_chain(path) for path in arguments.chains]
    report = merge_junctions(
        found, maps, arguments.min_reads, arguments.out, arguments.table, arguments.summary
    )
    for name, value in report.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    run_step(main, build_parser())
