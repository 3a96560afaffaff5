"""What a dataset is built from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deepallele.dataset.schema import REAL
from deepallele.dataset.targets import KINDS

SHARED_ACTIONS = ("keep", "drop", "move")


@dataclass(frozen=True)
class Inputs:
    """Files of the dataset; pairs are in haplotype order.

    Attributes
    ----------
    regions, counts, variants, reference
        Regions BED, counts table, BCF of the applied variants, reference FASTA (only its checksum).
    genomes, chains
        FASTA and chain of each haplotype.
    """

    regions: Path
    counts: Path
    variants: Path
    reference: Path
    genomes: Sequence[Path]
    chains: Sequence[Path]


@dataclass(frozen=True)
class Settings:
    """Names and numbers of the dataset, as in the config section `dataset`.

    Attributes
    ----------
    samples
        Names in order, all if None.
    conditions
        Condition of each sample, empty where it has none; empty list: none has one.
    min_informative
        Smallest number of informative fragments with which a log ratio counts for the ceilings.
    """

    cross: str
    haplotypes: Sequence[str]
    samples: list[str] | None
    length: int
    folds: int
    split: str
    validation_fraction: float
    pseudocount: float
    pad: str = REAL
    targets: str = KINDS[0]
    test_chromosomes: Sequence[str] = ()
    validation_chromosomes: Sequence[str] = ()
    shared_sequence: str = "keep"
    conditions: list[str] = field(default_factory=list)
    min_informative: int = 0
