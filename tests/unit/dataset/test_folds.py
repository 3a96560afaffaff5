"""Folds: disjoint, balanced, whole groups."""

import numpy as np
import pandas as pd
import pytest

from deepallele.dataset.folds import blocks, split_named, split_regions
from deepallele.errors import InputError


@pytest.mark.parametrize("seed", range(5))
def test_every_region_is_tested_once_and_groups_stay_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(20), rng.integers(1, 300, 20))
    split = split_regions(groups, 5, 0.1)
    assert split.shape == (5, len(groups))
    assert split.dtype == np.int8
    assert ((split == 2).sum(axis=0) == 1).all()
    for fold in split:
        for group in range(20):
            assert len(set(fold[groups == group])) == 1
        assert set(fold) == {0, 1, 2}
    sizes = (split == 2).sum(axis=1)
    assert sizes.max() - sizes.min() <= np.bincount(groups).max()


def test_fold_by_hand() -> None:
    # Sets of 6, 4 and 3 regions; group 3 joins the third, group 4 then the second.
    groups = np.repeat(np.arange(5), [6, 4, 3, 1, 1])
    split = split_regions(groups, 3, 0.2)
    first = np.unique(np.stack([groups, split[0]]), axis=1)[1]
    assert first.tolist() == [2, 1, 0, 0, 0]
    last = np.unique(np.stack([groups, split[2]]), axis=1)[1]
    assert last.tolist() == [1, 0, 2, 2, 0]


def test_validation_grows_to_the_fraction() -> None:
    groups = np.repeat(np.arange(20), 10)
    small, large = (split_regions(groups, 2, fraction) for fraction in (0.01, 0.25))
    assert ((small == 1).sum(axis=1) == 10).all()
    assert ((large == 1).sum(axis=1) == 50).all()


@pytest.mark.parametrize(("groups", "folds"), [([0, 0, 0], 2), ([0, 1], 2), ([0, 1, 2], 5)])
def test_too_few_groups_are_told_with_the_mend(groups: list[int], folds: int) -> None:
    with pytest.raises(InputError, match=r"fewer folds or dataset\.split: blocks"):
        split_regions(np.array(groups), folds, 0.1)


def test_as_many_chromosomes_as_folds_will_do() -> None:
    assert (np.sort(split_regions(np.array([0, 1, 2]), 3, 0.1), axis=1) == [0, 1, 2]).all()


def test_blocks_are_contiguous_and_cut_only_in_gaps() -> None:
    rng = np.random.default_rng(1)
    contig = np.repeat([0, 1], [300, 100])
    start = np.concatenate([np.cumsum(rng.integers(20, 200, n)) for n in (300, 100)])
    both = np.stack([start, start + rng.integers(0, 2, len(start))], axis=1)
    block = blocks(contig, both, 100, 5)
    assert (np.diff(block) >= 0).all()
    assert set(np.diff(block)) == {0, 1}
    border = np.flatnonzero(np.diff(block) > 0)
    same_contig = contig[border] == contig[border + 1]
    assert same_contig.any()
    assert (both[border + 1] - both[border] >= 100)[same_contig].all()
    assert not (contig[border] != contig[border + 1])[same_contig].any()
    assert block[299] != block[300]
    assert np.bincount(block).max() <= 20 + 20
    assert len(set(split_regions(block, 5, 0.1)[0])) == 3


def test_windows_that_reach_over_a_neighbour_keep_a_block_together() -> None:
    # The second window lies inside the first; windows on the minus strand begin a base later.
    start = np.array([0, 0, 50, 99, 300, 301])[:, None].repeat(2, axis=1)
    start[0] = [0, 40]
    block = blocks(np.zeros(6, dtype=np.int64), start, 100, 6)
    assert block.tolist() == [0, 0, 0, 0, 1, 1]


CHROM = pd.Series(np.repeat(["chr1", "chr2", "chr16", "chr17", "X"], [50, 30, 10, 8, 2]))


def test_named_chromosomes_make_one_fold() -> None:
    split = split_named(CHROM, ["chr16", "X"], ["chr17"], 0.1)
    assert split.shape == (1, 100) and split.dtype == np.int8
    assert {name: set(split[0][name == CHROM]) for name in CHROM.unique()} == {
        "chr1": {0},
        "chr2": {0},
        "chr16": {2},
        "chr17": {1},
        "X": {2},
    }


def test_validation_is_chosen_where_none_is_named() -> None:
    split = split_named(CHROM, ["chr1"], [], 0.3)
    assert set(CHROM[split[0] == 1]) == {"chr2"}


@pytest.mark.parametrize(
    ("test", "validation", "words"),
    [
        (["chr3"], [], "test_chromosomes: no region is on 'chr3'"),
        (["chr1"], ["16"], "validation_chromosomes: no region is on '16'"),
        (["chr1", "chr2", "chr16"], ["chr17", "X"], "no region is left to train on"),
        (CHROM.unique().tolist(), [], "no region is left"),
    ],
)
def test_named_chromosomes_that_do_not_do_are_told(
    test: list[str], validation: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        split_named(CHROM, test, validation, 0.1)
