"""Coverage of a sample as bigWig: of all its pairs and of each haplotype, on one scale (CPM)."""

import argparse
import json
from pathlib import Path

from deepallele.errors import InputError, run_step
from deepallele.tracks.coverage import extension, write_coverage
from deepallele.tracks.scale import fragments_kept, scale_factor


def main(arguments: argparse.Namespace) -> None:
    """Write one bigWig for each BAM."""
    if len(arguments.bams) != len(arguments.out):
        raise InputError("--bams and --out: one of each is needed for every track")
    try:
        assignment = json.loads(arguments.assignment.read_text())
    except json.JSONDecodeError as error:
        raise InputError(f"{arguments.assignment}: not JSON ({error}); run the assignment again") from error
    fragments = fragments_kept(assignment, str(arguments.assignment))
    factor = scale_factor(fragments)
    options = []
    if arguments.extend:
        options = extension(assignment["paired"], arguments.max_insert, arguments.fragment_length)
    print(f"scale: 1e6 / {fragments} fragments = {factor:.6g}; options: {' '.join(options) or 'none'}")
    for bam, out in zip(arguments.bams, arguments.out, strict=True):
        write_coverage(bam, out, factor, arguments.bin_size, options, arguments.threads)


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--bams", type=Path, nargs="+", required=True, help="sorted BAMs with index, all of one sample")
    add("--assignment", type=Path, required=True, help="JSON of the numbers of the sample's assignment")
    add("--bin-size", type=int, required=True, help="width of the bins (bp)")
    add("--extend", action="store_true", help="draw whole fragments, not reads")
    add("--max-insert", type=int, default=1000, help="longest fragment of a pair (bp)")
    add("--fragment-length", type=int, help="fragment length of single-end reads (bp)")
    add("--threads", type=int, default=1, help="threads to use")
    add("--out", type=Path, nargs="+", required=True, help="bigWigs to write, in the order of the BAMs")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
