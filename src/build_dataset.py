"""Build the dataset: windows of both haplotypes, their variants, counts and folds."""

import argparse
from pathlib import Path

from deepallele.dataset.build import build_dataset
from deepallele.dataset.schema import REAL, ZEROS
from deepallele.dataset.settings import SHARED_ACTIONS, Inputs, Settings
from deepallele.dataset.targets import KINDS
from deepallele.errors import InputError, run_step
from deepallele.files import write_json, write_table


def main(arguments: argparse.Namespace) -> None:
    """Write the dataset, the list of dropped regions, what shares sequence, and the numbers."""
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
        pad=arguments.pad,
        targets=arguments.targets,
        test_chromosomes=arguments.test_chromosomes,
        validation_chromosomes=arguments.validation_chromosomes,
        shared_sequence=arguments.shared_sequence,
        conditions=conditions_of(arguments.samples or [], arguments.conditions),
        min_informative=arguments.min_informative,
    )
    built = build_dataset(inputs, settings, arguments.out)
    write_table(built.dropped, arguments.dropped)
    if arguments.shared is not None:
        write_table(built.shared, arguments.shared)
    if arguments.summary is not None:
        write_json(built.summary, arguments.summary)
    variants = built.summary["variants"]["in_windows"]
    kept = built.summary["regions"]["kept"]
    print(f"{kept} regions with {variants} variants; {len(built.dropped)} regions dropped")
    for warning in built.summary["warnings"]:
        print(f"warning: {warning}")


def conditions_of(samples: list[str], pairs: list[str]) -> list[str]:
    """Condition of each sample, from texts `sample=condition`; empty where there is none."""
    known = dict(pair.partition("=")[::2] for pair in pairs)
    strange = sorted(set(known) - set(samples))
    if strange:
        raise InputError(f"--conditions: no sample {strange[0]!r} among --samples; write sample=condition")
    return [known.get(name, "") for name in samples]


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--regions", type=Path, required=True, help="regions BED; with strand - windows are read backwards")
    add("--counts", type=Path, required=True, help="counts of all samples")
    add("--variants", type=Path, required=True, help="indexed BCF of the applied variants")
    add("--reference", type=Path, required=True, help="reference FASTA, for its checksum")
    add("--genomes", type=Path, nargs=2, required=True, help="FASTA of haplotypes A and B")
    add("--chains", type=Path, nargs=2, required=True, help="chains of haplotypes A and B")
    add("--cross", required=True, help="name of the cross")
    add("--haplotypes", nargs=2, required=True, help="names of haplotypes A and B")
    add("--samples", nargs="+", help="samples in order (default: all, as in the counts)")
    add("--conditions", nargs="*", default=[], help="sample=condition, for samples that have one")
    add("--length", type=int, required=True, help="length of the windows (bp)")
    add("--pad", choices=[REAL, ZEROS], default=REAL, help="real bases, or the region's own and none behind")
    add("--folds", type=int, required=True, help="number of folds")
    add("--split", choices=["chromosome", "blocks"], required=True, help="unit of the folds")
    add("--test-chromosomes", nargs="*", default=[], help="one fold that tests on these")
    add("--validation-chromosomes", nargs="*", default=[], help="and validates on these")
    add("--validation-fraction", type=float, required=True, help="share for validation")
    add("--shared-sequence", choices=SHARED_ACTIONS, default="keep", help="regions alike in several parts")
    add("--pseudocount", type=float, required=True, help="added to both counts")
    add("--targets", choices=KINDS, default=KINDS[0], help="how counts become targets")
    add("--min-informative", type=int, default=0, help="fragments with which a ratio counts for the ceiling")
    add("--out", type=Path, required=True, help="dataset (HDF5) to write")
    add("--dropped", type=Path, required=True, help="table of dropped regions to write")
    add("--shared", type=Path, help="table of regions that share sequence to write")
    add("--summary", type=Path, help="numbers (JSON) to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
