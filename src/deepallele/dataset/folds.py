"""Folds: whole chromosomes dealt evenly, contiguous blocks of regions, or named chromosomes."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.dataset.schema import TEST, TRAIN, VALIDATION
from deepallele.errors import InputError

BLOCKS_PER_FOLD = 4


def split_regions(groups: NDArray[np.int64], folds: int, validation_fraction: float) -> NDArray[np.int8]:
    """Split regions into train, validation and test for each fold; a group is never torn.

    Groups are dealt to `folds` sets of about equal size. Fold i tests on set i and validates on
    groups of set i + 1 (cyclic), the largest first, until they hold `validation_fraction` of all
    regions or the set is used up; the rest is for training. Each region is test in one fold.

    Parameters
    ----------
    groups
        Group (chromosome or block) of each region, 0, 1, ..., shape (n,).
    folds
        Number of folds, at least 2.
    validation_fraction
        Share of all regions for validation, above 0.

    Returns
    -------
    NDArray[np.int8]
        Shape (folds, n): 0 train, 1 validation, 2 test.

    Raises
    ------
    InputError
        If a fold would have nothing to train on, to validate on or to test on.
    """
    sizes = np.bincount(groups)
    owner = _deal(sizes, folds)
    split = np.full((folds, len(groups)), TRAIN, dtype=np.int8)
    for fold in range(folds):
        following = np.flatnonzero((owner == (fold + 1) % folds) & (sizes > 0))
        validation = _largest(following, sizes, validation_fraction * len(groups))
        split[fold, np.isin(groups, validation)] = VALIDATION
        split[fold, owner[groups] == fold] = TEST
        if len(np.unique(split[fold])) < 3:
            raise InputError(
                f"dataset.folds: {folds} folds cannot be made of {(sizes > 0).sum()} chromosomes or blocks: "
                "a fold would have no regions to train, validate or test on; "
                "use fewer folds or dataset.split: blocks"
            )
    return split


def split_named(
    chrom: pd.Series, test: Sequence[str], validation: Sequence[str], validation_fraction: float
) -> NDArray[np.int8]:
    """One fold with named chromosomes; no region of others is ever test.

    Parameters
    ----------
    chrom
        Chromosome that each region is counted to, shape (n,).
    test
        Names of the chromosomes to test on, at least one.
    validation
        Those to validate on; if none, the largest of the others are taken until they hold
        `validation_fraction` of all regions.
    validation_fraction
        Share of all regions for validation, used where none are named.

    Returns
    -------
    NDArray[np.int8]
        Shape (1, n): 0 train, 1 validation, 2 test.

    Raises
    ------
    InputError
        If there is no region on a named chromosome, or none to train on.
    """
    for key, names in (("test", test), ("validation", validation)):
        absent = [name for name in names if not (chrom == name).any()]
        if absent:
            raise InputError(
                f"dataset.{key}_chromosomes: no region is on {absent[0]!r}; regions are on "
                f"{', '.join(map(str, chrom.unique()[:8]))}"
            )
    split = np.full((1, len(chrom)), TRAIN, dtype=np.int8)
    split[0, chrom.isin(test)] = TEST
    if not validation:
        codes, names = pd.factorize(chrom[split[0] == TRAIN])
        sizes = np.bincount(codes, minlength=1)
        chosen = _largest(np.arange(len(names)), sizes, validation_fraction * len(chrom))
        validation = [str(name) for name in names[chosen]]
    split[0, chrom.isin(validation)] = VALIDATION
    if len(np.unique(split)) < 3:
        raise InputError(
            "dataset.test_chromosomes: no region is left to train on or to validate on; name "
            "fewer chromosomes"
        )
    return split


def blocks(contig: NDArray[np.int64], start: NDArray[np.int64], length: int, folds: int) -> NDArray[np.int64]:
    """Cut the sorted regions of each contig into contiguous blocks that share no base.

    A block ends at the first place after n / (4 folds) regions where the windows of neighbours do not
    overlap in either haplotype, so that no base is in the windows of two blocks.

    Parameters
    ----------
    contig
        Number of each region's contig, shape (n,); equal numbers lie together.
    start
        Window starts in each haplotype, shape (n, 2).
    length
        Length of the windows, bp.
    folds
        Number of folds.

    Returns
    -------
    NDArray[np.int64]
        Block of each region, 0, 1, ..., shape (n,).
    """
    target = math.ceil(len(contig) / (BLOCKS_PER_FOLD * folds))
    new_contig, separable = gaps(contig, start, length)
    block = np.zeros(len(contig), dtype=np.int64)
    current, size = 0, 1
    for index in range(1, len(contig)):
        if new_contig[index - 1] or (size >= target and separable[index - 1]):
            current, size = current + 1, 0
        block[index] = current
        size += 1
    return block


def gaps(
    contig: NDArray[np.int64], start: NDArray[np.int64], length: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Between neighbours: does a new contig begin, and is there no base that windows of both sides share?"""
    new_contig = contig[1:] != contig[:-1]
    reach = pd.DataFrame(start + length).groupby(contig).cummax().to_numpy()
    return new_contig, new_contig | np.all(start[1:] >= reach[:-1], axis=1)


def _deal(sizes: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    """Give each group, the largest first, to the set that is smallest so far."""
    owner = np.empty(len(sizes), dtype=np.int64)
    held = np.zeros(folds, dtype=np.int64)
    for group in np.argsort(-sizes, kind="stable"):
        owner[group] = np.argmin(held)
        held[owner[group]] += sizes[group]
    return owner


def _largest(groups: NDArray[np.int64], sizes: NDArray[np.int64], wanted: float) -> NDArray[np.int64]:
    """Take the largest groups until they hold `wanted` regions; at least one, where there is one."""
    ordered = groups[np.argsort(-sizes[groups], kind="stable")]
    enough = int(np.searchsorted(np.cumsum(sizes[ordered]), wanted))
    return ordered[: enough + 1]
