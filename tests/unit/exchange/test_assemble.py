"""Datasets of imported pairs: variants, room, folds; models and edits that need no genomes."""

from dataclasses import replace

import numpy as np
import pytest
from exchange_world import random_pairs

from deepallele.dataset.inspect import describe
from deepallele.dataset.store import read_dataset, write_dataset
from deepallele.effects.variants import exchange_alleles
from deepallele.errors import InputError
from deepallele.exchange.assemble import ImportSettings, assemble
from deepallele.exchange.differences import Difference, apply_differences, find_differences
from deepallele.exchange.pairs import Pairs, stacked
from deepallele.genome.fasta import decode

N = 40


def make_pairs(activity=True, n=N):
    a, b = random_pairs(n)
    values = np.random.default_rng(3).normal(size=(n, 2, 2)).astype(np.float32)
    return Pairs(
        name=[f"oligo_{row}" for row in range(n)],
        group=[f"gene{row % 8}" for row in range(n)],
        place=None,
        start=None,
        sequence=stacked(a, b),
        sample=["one", "two"],
        count=None if activity else np.abs(values * 100).astype(np.int32),
        activity=values if activity else None,
    )


def settings(length=None):
    return ImportSettings("yeast", ["BY", "RM"], length, 4, 0.1, 1.0, "shared")


def text(codes):
    return decode(codes).rstrip("N")


def test_a_variant_put_into_the_other_haplotype_is_that_one_difference():
    """No genome is needed, nothing is lost at the ends, and all edits together give the other sequence."""
    dataset = assemble(make_pairs(), settings())
    edits = exchange_alleles(dataset, np.arange(N), dataset.variant, None)
    assert edits.placed.all()
    for number, one in enumerate(dataset.variant.itertuples(index=False)):
        a, b = (text(dataset.sequence[one.region, haplotype]) for haplotype in (0, 1))
        swapped = Difference(one.offset_b, one.offset_a, one.allele_b, one.allele_a)
        assert text(edits.window[number, 0]) == apply_differences(
            a, [Difference(*list(one)[7:9], one.allele_a, one.allele_b)]
        )
        assert text(edits.window[number, 1]) == apply_differences(b, [swapped])


def test_windows_have_room_for_every_edit():
    dataset = assemble(make_pairs(), settings())
    assert dataset.sequence.shape[2] == 55, "50 bases and the longest insertion"
    assert assemble(make_pairs(), settings(64)).sequence.shape == (N, 2, 64)
    with pytest.raises(
        InputError, match=r"dataset.import.length: 52, but a sequence of oligo_2 has 55 bases"
    ):
        assemble(make_pairs(), settings(52))


def test_there_is_room_where_indels_cancel_out():
    a = "ACGTTGCAAGTCCTAGGATC"
    pairs = replace(make_pairs(n=8), sequence=stacked([a] * 8, [a[:5] + a[8:14] + "TTT" + a[14:]] * 8))
    dataset = assemble(pairs, settings())
    assert dataset.sequence.shape[2] == len(a) + 3
    edits = exchange_alleles(dataset, np.arange(8), dataset.variant, None)
    assert {len(text(codes)) for codes in edits.window[:, 0]} == {len(a) - 3, len(a) + 3}


def test_positions_are_those_of_each_sequence_of_a():
    dataset = assemble(make_pairs(), settings())
    assert dataset.imported
    assert dataset.padded
    names = dataset.region["name"].to_numpy()
    assert (dataset.variant["chrom"].to_numpy() == names[dataset.variant["region"]]).all()
    assert (dataset.variant["pos"] == dataset.variant["offset_a"]).all()
    assert (dataset.region["end"] == 50).all()


def test_groups_stay_in_one_fold():
    dataset = assemble(make_pairs(), settings())
    group = np.arange(N) % 8
    for one in range(8):
        assert (dataset.split[:, group == one] == dataset.split[:, group == one][:, :1]).all()
    named = replace(settings(), test_groups=["gene1", "gene2"], validation_groups=["gene5"])
    split = assemble(make_pairs(), named).split
    assert split.shape == (1, N)
    assert sorted(set(group[split[0] == 2])) == [1, 2]
    assert set(group[split[0] == 1]) == {5}
    with pytest.raises(InputError, match="folds cannot be made of 1 "):
        assemble(make_pairs(n=1), settings())


def test_activities_are_targets_as_they_are(tmp_path):
    pairs = make_pairs()
    dataset = assemble(pairs, settings())
    np.testing.assert_allclose(dataset.log_counts(), pairs.activity.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(dataset.log_ratio(), np.subtract(*pairs.activity.mean(axis=1).T), atol=1e-6)
    assert dataset.activity is not None
    assert dataset.kept(10).all()
    write_dataset(dataset, tmp_path / "d.h5")
    read = read_dataset(tmp_path / "d.h5")
    assert "Activities (log2), no fragments" in describe(read, 10)
    np.testing.assert_array_equal(read.activity, dataset.activity)
    assert read.imported


def test_the_number_of_processes_changes_nothing():
    one, two = (assemble(make_pairs(activity=False), settings(), threads) for threads in (1, 2))
    assert one.variant.equals(two.variant)
    assert one.activity is None
    assert one.ceiling["task"].tolist() == ["all", "one", "two"]
    np.testing.assert_array_equal(one.sequence, two.sequence)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("ACGT", "ACGT", []),
        ("ACGT", "AGGT", [(1, 1, "C", "G")]),
        ("AACGT", "ATTGT", [(1, 1, "A", "T"), (2, 2, "C", "T")]),
        ("ACAAAAGT", "ACAAGT", [(1, 1, "CAA", "C")]),
        ("GATTACA", "GATTACATTT", [(6, 6, "A", "ATTT")]),
        ("GGATTACA", "ATTACA", [(0, 0, "GGA", "A")]),
        ("ACGT", "ANGT", []),
        ("CCCCTTTTAGGGG", "CCCCGGGG", [(3, 3, "CTTTTA", "C")]),
    ],
)
def test_differences_by_hand(a, b, expected):
    assert [tuple(one) for one in find_differences(a, b)] == expected
