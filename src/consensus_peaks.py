"""Choose fixed-width, disjoint regions from the samples' peaks or from the user's own regions."""

import argparse
from pathlib import Path

import pandas as pd
import pysam

from deepallele.errors import InputError, run_step
from deepallele.files import write_table
from deepallele.peaks.consensus import POOLED, Rules, consensus
from deepallele.peaks.known import KnownBases
from deepallele.peaks.regions import read_own_regions, read_peaks, write_regions

NO_INTERVALS = pd.DataFrame({"chrom": [], "start": [], "end": []})


def main(arguments: argparse.Namespace) -> None:
    """Write the regions and the list of what was dropped."""
    if bool(arguments.peaks) == bool(arguments.regions):
        raise InputError("give either --peaks or --regions")
    if arguments.regions:
        peaks = {str(path): read_own_regions(path) for path in arguments.regions}
    else:
        named = zip(arguments.samples, arguments.peaks, strict=True)
        peaks = {str(name): read_peaks(path) for name, path in named}
    min_samples = 1 if arguments.regions else arguments.min_samples
    if min_samples > len(peaks):
        raise InputError(f"peaks.min_samples: {min_samples}, but there are {len(peaks)} samples; lower it")
    groups = dict(zip(arguments.samples, arguments.groups, strict=True)) if arguments.groups else {}
    if arguments.pooled:
        peaks[POOLED] = read_peaks(arguments.pooled[0])
    blacklist = pd.concat([read_peaks(path) for path in arguments.blacklist] or [NO_INTERVALS])
    with pysam.AlignmentFile(str(arguments.bam)) as bam:
        lengths = dict(zip(bam.references, bam.lengths, strict=True))
    known = KnownBases(arguments.genomes, arguments.chains) if arguments.genomes else None
    rules = Rules(
        width=arguments.width,
        min_samples=min_samples,
        lengths=lengths,
        exclude=arguments.exclude,
        blacklist=blacklist,
        known=known,
        min_known=arguments.min_known,
        groups=groups,
    )
    regions, dropped = consensus(peaks, rules)
    write_table(dropped, arguments.dropped)
    counts = sorted(dropped["reason"].value_counts().items())
    reasons = ", ".join(f"{reason} {number}" for reason, number in counts) or "none"
    if regions.empty:
        raise InputError(f"no region is left; dropped: {reasons}; see the section 'peaks' of the config")
    write_regions(regions, arguments.out)
    print(f"{len(regions)} regions; dropped: {reasons}")


def build_parser() -> argparse.ArgumentParser:
    """Build the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peaks", type=Path, nargs="*", default=[], help="peaks of each sample")
    parser.add_argument(
        "--pooled", type=Path, nargs="*", default=[], help="peaks of the samples' pooled reads"
    )
    parser.add_argument("--samples", nargs="*", default=[], help="sample of each file of --peaks")
    parser.add_argument(
        "--groups",
        nargs="*",
        default=[],
        help="group of each sample, of one of which --min-samples are needed",
    )
    parser.add_argument(
        "--regions",
        type=Path,
        nargs="*",
        default=[],
        help="your own BED, narrowPeak or SAF, instead of --peaks",
    )
    parser.add_argument("--bam", type=Path, required=True, help="BAM whose header lists the contigs")
    parser.add_argument("--blacklist", type=Path, nargs="*", default=[], help="BED of places to leave out")
    parser.add_argument(
        "--genomes", type=Path, nargs="*", default=[], help="FASTA of each haplotype, indexed"
    )
    parser.add_argument("--chains", type=Path, nargs="*", default=[], help="chain of each haplotype")
    parser.add_argument("--exclude", nargs="*", default=[], help="contigs to leave out")
    parser.add_argument("--width", type=int, required=True, help="width of the regions (bp)")
    parser.add_argument("--min-samples", type=int, default=1, help="samples with a peak in a region")
    parser.add_argument(
        "--min-known", type=float, default=0.0, help="share of a region that each haplotype must have as ACGT"
    )
    parser.add_argument("--out", type=Path, required=True, help="regions BED to write")
    parser.add_argument("--dropped", type=Path, required=True, help="table of dropped candidates to write")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
