"""Compare the quality control of all samples: extreme variants, their mask, and the content of MultiQC."""

import argparse
import json
from pathlib import Path

from deepallele.errors import InputError, run_step
from deepallele.files import write_table, write_text
from deepallele.quality.extremes import extreme_variants, false_variants, mask
from deepallele.quality.multiqc import write_content


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--samples", nargs="+", required=True, help="names of the samples")
    add("--counts", type=Path, nargs="+", required=True, help="tables of variant counts, in that order")
    add("--stats", type=Path, nargs="+", required=True, help="JSON files of the samples, in that order")
    add("--haplotypes", nargs=2, required=True, metavar=("A", "B"), help="names of the two haplotypes")
    add("--out-extreme", type=Path, required=True, help="table of variants extreme in all samples")
    add("--out-mask", type=Path, required=True, help="BED of likely artefacts and false variants")
    add("--out-content", type=Path, required=True, help="folder for the content of MultiQC")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Write tables and content."""
    if not len(arguments.samples) == len(arguments.counts) == len(arguments.stats):
        raise InputError("--samples, --counts and --stats: one of each is needed for every sample")
    stats = {}
    for sample, path in zip(arguments.samples, arguments.stats, strict=True):
        try:
            stats[sample] = json.loads(path.read_text())
        except json.JSONDecodeError as error:
            raise InputError(f"{path}: not JSON ({error}); make it again") from error
    counts = dict(zip(arguments.samples, arguments.counts, strict=True))
    extreme, false = extreme_variants(counts), false_variants(counts)
    write_table(extreme, arguments.out_extreme)
    masked = mask(extreme, false)
    write_text(masked.to_csv(sep="\t", index=False, header=False, lineterminator="\n"), arguments.out_mask)
    write_content(stats, tuple(arguments.haplotypes), arguments.out_content)
    print(f"extreme variants: {len(extreme)}; likely false SNPs: {len(false)}; masked: {len(masked)}")


if __name__ == "__main__":
    run_step(main, build_parser())
