"""Build the dataset from regions, genomes, maps, variants and counts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele import __version__
from deepallele.counts.tables import count_array, read_counts
from deepallele.dataset.folds import blocks, split_regions
from deepallele.dataset.store import REGION_COLUMNS, SCHEMA_VERSION, Dataset
from deepallele.dataset.variants import window_variants
from deepallele.dataset.windows import cut_windows
from deepallele.errors import InputError
from deepallele.genome.haplotype_map import HaplotypeMap
from deepallele.peaks.regions import read_regions


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
    """Names and numbers of the dataset, as in the config section `dataset`."""

    cross: str
    haplotypes: Sequence[str]
    samples: list[str] | None
    length: int
    folds: int
    split: str
    validation_fraction: float
    pseudocount: float


def build_dataset(inputs: Inputs, settings: Settings) -> tuple[Dataset, pd.DataFrame]:
    """Build the dataset.

    Parameters
    ----------
    inputs
        The files.
    settings
        Names and numbers.

    Returns
    -------
    dataset
        Regions in the order of the regions file.
    dropped
        region chrom start end reason of the regions that have no usable window.

    Raises
    ------
    InputError
        If the files do not fit each other, no region is left, or the folds cannot be made.
    """
    regions = read_regions(inputs.regions)
    counts, samples = count_array(read_counts(inputs.counts), regions["name"].tolist(), settings.samples)
    maps = [HaplotypeMap.from_chain(chain) for chain in inputs.chains]
    windows = cut_windows(regions, inputs.genomes, maps, settings.length)
    kept = windows.reason == ""
    if not kept.any():
        raise InputError(
            f"{inputs.regions}: no region has {settings.length} bases around it; lower dataset.length"
        )
    place = ["name", "chrom", "start", "end"]
    dropped = regions[place].assign(reason=windows.reason)[~kept].rename(columns={"name": "region"})
    region, start = regions[kept].reset_index(drop=True), windows.start[kept]
    dataset = Dataset(
        sequence=windows.sequence[kept],
        region=region[list(REGION_COLUMNS)],
        start=start,
        variant=window_variants(region, start, settings.length, inputs.variants, maps),
        count=counts[kept],
        sample=samples,
        split=_split(region["chrom"], start, settings),
        attributes={
            "schema_version": SCHEMA_VERSION,
            "cross": settings.cross,
            "haplotype_a": settings.haplotypes[0],
            "haplotype_b": settings.haplotypes[1],
            "reference_md5": _md5(inputs.reference),
            "code_version": __version__,
            "pseudocount": repr(settings.pseudocount),
        },
    )
    return dataset, dropped


def _split(chrom: pd.Series, start: NDArray[np.int64], settings: Settings) -> NDArray[np.int8]:
    groups, _ = pd.factorize(chrom)
    groups = groups.astype(np.int64)
    if settings.split == "blocks":
        groups = blocks(groups, start, settings.length, settings.folds)
    return split_regions(groups, settings.folds, settings.validation_fraction)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
