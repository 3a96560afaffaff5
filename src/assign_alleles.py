"""Assign read pairs to the two haplotypes of a cross and lift them to the reference."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deepallele.allele.assign import Inputs, Outputs, assign_alleles
from deepallele.allele.barcode import Barcode, BarcodeSource
from deepallele.allele.outcome import Mode, Settings, Umi
from deepallele.errors import run_step
from deepallele.genome.haplotype_map import HaplotypeMap

NOTHING_INFORMATIVE = (
    "NO PAIR IS INFORMATIVE: nothing downstream can tell the haplotypes apart. See which class most pairs are"
    " in, and whether chains, BAMs, variants and reads are of the same cross"
)


def add_pair(
    parser: argparse.ArgumentParser, option: str, kind: Callable[[str], Any], text: str, needed: bool = True
) -> None:
    """Add an option that takes one value for A and one for B."""
    parser.add_argument(option, type=kind, nargs=2, required=needed, metavar=("A", "B"), help=text)


def build_parser() -> argparse.ArgumentParser:
    """Build the parser of the command line; pairs of values are in the order A, B."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add_pair(parser, "--haplotypes", str, "names of the two haplotypes")
    add_pair(parser, "--bams", Path, "alignments to each haplotype: same reads, same order, unaligned kept")
    add_pair(parser, "--chains", Path, "chain files from the reference to each haplotype")
    add("--fai", type=Path, required=True, help="FASTA index of the reference")
    add("--variants", type=Path, help="BCF of what tells the haplotypes apart; other pairs are ambiguous")
    add("--blacklist", type=Path, help="BED of the reference; fragments that overlap it are dropped")
    add("--exclude-contigs", nargs="*", default=[], help="contigs of the reference whose pairs are dropped")
    add("--hemizygous-contigs", nargs="*", default=[], help="contigs of which the sample has one copy")
    add("--mode", type=Mode, choices=list(Mode), default=Mode.LIKELIHOOD, help="how haplotypes are compared")
    add("--min-posterior", type=float, default=0.95, help="smallest posterior of an informative pair")
    add("--min-mapq", type=int, default=2, help="smallest MAPQ of a pair (published: of each read)")
    add("--min-insert", type=int, default=0, help="smallest fragment length of a pair (bases)")
    add("--max-insert", type=int, default=1000, help="largest fragment length of a pair, introns included")
    add("--umi", type=Umi, choices=list(Umi), default=Umi.NONE, help="where the UMI of a read stands")
    add("--umi-separators", default="_:", help="a UMI in the name follows the last of these characters")
    add("--barcode", type=BarcodeSource, choices=list(BarcodeSource), help="single cells: where it stands")
    add("--barcode-regex", default="[^:]*", help="what of a name is the barcode, from its start")
    add("--barcode-tag", default="CB", help="tag of the barcode; the output's is CB")
    add("--keep-duplicates", action="store_true", help="do not remove duplicates")
    add("--threads", type=int, default=1, help="CPU threads")
    add("--sort-memory-mb", type=int, default=256, help="memory for sorting (MB)")
    add("--out", type=Path, required=True, help="BAM of all pairs on the reference (.bai beside it)")
    add_pair(parser, "--out-haplotypes", Path, "BAMs of the informative pairs of each haplotype")
    add_pair(parser, "--out-split", Path, "the same and half of the ambiguous pairs each", needed=False)
    add("--set-aside", type=Path, help="screen the variants; TSV of those that the reads contradict")
    add("--stats", type=Path, required=True, help="JSON with the number of pairs by what became of them")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Run the step and say in the log what became of the pairs."""
    barcode = None
    if arguments.barcode is not None:
        barcode = Barcode(arguments.barcode, arguments.barcode_regex, arguments.barcode_tag)
    maps = [HaplotypeMap.from_chain(path) for path in arguments.chains]
    stats = assign_alleles(
        Inputs(
            tuple(arguments.bams),
            (maps[0], maps[1]),
            tuple(arguments.haplotypes),
            arguments.fai,
            arguments.blacklist,
            arguments.exclude_contigs,
            arguments.variants,
            arguments.hemizygous_contigs,
        ),
        Outputs(
            arguments.out,
            tuple(arguments.out_haplotypes),
            arguments.stats,
            tuple(arguments.out_split) if arguments.out_split else None,
            arguments.set_aside,
        ),
        Settings(
            arguments.min_posterior,
            arguments.min_mapq,
            arguments.min_insert,
            arguments.max_insert,
            not arguments.keep_duplicates,
            arguments.mode,
            arguments.umi,
            arguments.umi_separators,
            barcode,
        ),
        arguments.threads,
        arguments.sort_memory_mb,
    )
    for name, value in stats.items():
        if not isinstance(value, dict):
            print(f"{name}: {value}")
    if stats["pairs_in"] and not stats["informative_share"]:
        print(f"WARNING: {NOTHING_INFORMATIVE}", file=sys.stderr)


if __name__ == "__main__":
    run_step(main, build_parser())
