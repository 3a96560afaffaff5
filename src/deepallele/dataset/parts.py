"""Which regions train, validate and test: folds, with an eye on sequence that several of them share."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.folds import blocks, gaps, split_named, split_regions
from deepallele.dataset.schema import LEFT_OUT
from deepallele.dataset.settings import Settings
from deepallele.dataset.shared import MIN_SHARE, Pairs, left_out, moved, shared_table
from deepallele.dataset.sketch import Sketch, shared_pairs


class Parts(NamedTuple):
    """Folds of n regions.

    Attributes
    ----------
    split
        int8 (folds, n), as `Dataset.split`.
    shared
        Pairs in different parts of a fold that share sequence, before anything was done about it.
    action
        What was done: `keep`, `drop` or `move`.
    left_out, moved
        Regions left out of a part of a fold, and regions moved to other regions' folds.
    """

    split: NDArray[np.int8]
    shared: pd.DataFrame
    action: str
    left_out: int
    moved: int


def split_parts(
    region: pd.DataFrame, start: NDArray[np.int64], sketches: list[Sketch], settings: Settings
) -> Parts:
    """Make the folds.

    Parameters
    ----------
    region
        n regions: name, chrom.
    start
        Window starts, int64 (n, 2).
    sketches
        Sampled k-mers of the windows of haplotype A.
    settings
        Length of the windows, folds, and what to do about shared sequence: `keep` it, `drop` (leave regions
        out of training and validation where they share sequence with test regions), or `move` (regions that
        share sequence, with those whose windows overlap them, go to one fold).

    Raises
    ------
    InputError
        If the folds cannot be made.
    """
    contig, _ = pd.factorize(region["chrom"])
    group = contig.astype(np.int64)
    if settings.split == "blocks" and not settings.test_chromosomes:
        group = blocks(group, start, settings.length, settings.folds)
    pairs = Pairs(*shared_pairs(sketches, group, MIN_SHARE))
    split = _split(region, group, settings)
    shared = shared_table(region["name"].to_numpy(dtype=object), split, pairs)
    number = 0
    if settings.shared_sequence == "drop":
        split = left_out(split, pairs)
    elif settings.shared_sequence == "move":
        _, apart = gaps(contig.astype(np.int64), start, settings.length)
        home = moved(group, np.append(0, np.cumsum(apart)), pairs)
        number = int((home != group).sum())
        split = _split(region, home, settings)
    absent = int((split == LEFT_OUT).any(axis=0).sum())
    return Parts(split, shared, settings.shared_sequence, absent, number)


def _split(region: pd.DataFrame, group: NDArray[np.int64], settings: Settings) -> NDArray[np.int8]:
    if not settings.test_chromosomes:
        return split_regions(group, settings.folds, settings.validation_fraction)
    names = region["chrom"].unique()
    return split_named(
        pd.Series(names[group]),
        settings.test_chromosomes,
        settings.validation_chromosomes,
        settings.validation_fraction,
    )
