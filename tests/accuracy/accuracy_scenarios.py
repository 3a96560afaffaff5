"""The situations in which accuracy is measured, each from made genomes to a scored table."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from accuracy_reads import ReadSettings, Truth, write_reads
from accuracy_score import Calls, read_calls, score
from accuracy_steps import SRC, Assigned, Cross, assign, make_cross, map_reads
from accuracy_world import REFERENCE, STRAIN, WorldSettings, make_world, write_world

HAPLOTYPES = [
    {"name": REFERENCE, "source": "reference"},
    {"name": STRAIN, "source": "vcf", "vcf_sample": STRAIN},
]
_WORLD, _PAIRS = WorldSettings(), ReadSettings()
_SINGLE = replace(_PAIRS, read_length=36, paired=False)
SCENARIOS = {
    "default": (_WORLD, _PAIRS),
    "repeats": (replace(_WORLD, repeat_share=0.15), _PAIRS),
    "single": (_WORLD, _SINGLE),
    "imperfect": (replace(_WORLD, missing_share=0.05, false_share=0.02), _PAIRS),
}


@dataclass(frozen=True)
class Mapped:
    """Reads of a made world, mapped to both haplotypes; `bams` are of the reference and the strain."""

    folder: Path
    truth: Truth
    cross: Cross
    bams: list[Path]
    source: Path = SRC


@dataclass(frozen=True)
class Measured:
    """What the assignment said, and the table of `accuracy_score.score`."""

    truth: Truth
    assigned: Assigned
    calls: Calls
    table: pd.DataFrame


def prepare(folder: Path, world: WorldSettings, reads: ReadSettings, source: Path = SRC) -> Mapped:
    """Make a world and its reads, make both genomes from the VCF, and map the reads to both."""
    folder.mkdir(parents=True, exist_ok=True)
    made = make_world(world)
    fasta, vcf = folder / "genome.fa", folder / "variants.vcf.gz"
    write_world(made, fasta, vcf)
    files, truth = write_reads(made, reads, folder)
    cross = make_cross(folder / "cross", fasta, vcf, HAPLOTYPES, source)
    bams = [map_reads(cross.path(f"{name}.fa"), files, folder / f"{name}.bam") for name in cross.haplotypes]
    return Mapped(folder, truth, cross, bams, source)


def measure(mapped: Mapped) -> Measured:
    """Assign the pairs and compare with the truth."""
    assigned = assign(mapped.cross, mapped.bams, mapped.folder / "assigned", mapped.source)
    calls = read_calls(assigned.bam, len(mapped.truth.haplotype))
    return Measured(mapped.truth, assigned, calls, score(mapped.truth, calls))


def measure_swapped(mapped: Mapped) -> Measured:
    """The same with the parents swapped in the configuration: the strain is A.

    The genomes are made anew from the swapped configuration and seen to be the same, so that the reads need
    not be mapped again.
    """
    folder = mapped.folder / "swapped"
    fasta, vcf = mapped.folder / "genome.fa", mapped.folder / "variants.vcf.gz"
    cross = make_cross(folder, fasta, vcf, HAPLOTYPES[::-1], mapped.source)
    for name in cross.haplotypes:
        if cross.path(f"{name}.fa").read_bytes() != mapped.cross.path(f"{name}.fa").read_bytes():
            raise AssertionError(f"{name}.fa depends on the order of the parents")
    assigned = assign(cross, mapped.bams[::-1], folder / "assigned", mapped.source)
    calls = read_calls(assigned.bam, len(mapped.truth.haplotype))
    return Measured(mapped.truth, assigned, calls, score(mapped.truth, calls, first=1))
