import numpy as np
import pandas as pd
import pytest

from deepallele.mechanism.overlap import affected_seqlets, changed_bases, changed_intervals


@pytest.mark.parametrize(
    ("here", "there", "expected"),
    [
        ("A", "C", (0, 1)),
        ("ACG", "A", (1, 3)),
        ("A", "ACG", (1, 1)),
        ("ACG", "ATT", (1, 3)),
        ("ACG", "ATG", (1, 2)),
        ("CAA", "CA", (1, 2)),
        ("CA", "CAA", (1, 1)),
        ("CAAA", "CA", (1, 3)),
        ("AC", "GTT", (0, 2)),
        ("A", "A", (0, 0)),
    ],
)
def test_changed_bases_leave_out_what_is_shared(here, there, expected):
    assert changed_bases(here, there) == expected


def _variant(allele_a, allele_b, offset_a, offset_b, region="r"):
    return pd.DataFrame(
        {
            "region": [region],
            "allele_a": [allele_a],
            "allele_b": [allele_b],
            "offset_a": [offset_a],
            "offset_b": [offset_b],
        }
    )


def test_intervals_are_in_each_haplotypes_own_window():
    assert changed_intervals(_variant("ACG", "A", 10, 14)).tolist() == [[[11, 13], [15, 15]]]


def _hits(variant, haplotype, start, end, region="r"):
    seqlet = pd.DataFrame({"region": [region], "haplotype": [haplotype], "start": [start], "end": [end]})
    return len(affected_seqlets(variant, seqlet)) == 1


def test_snv_at_either_end_of_a_seqlet_counts_and_beside_it_does_not():
    for offset, expected in ((9, False), (10, True), (14, True), (15, False)):
        assert _hits(_variant("A", "C", offset, 40), "A", 10, 15) is expected
        assert _hits(_variant("A", "C", 40, offset), "B", 10, 15) is expected
        assert not _hits(_variant("A", "C", offset, 40), "B", 10, 15)


def test_anchor_base_of_a_deletion_is_not_counted():
    assert not _hits(_variant("ACG", "A", 14, 14), "A", 10, 15)
    assert _hits(_variant("ACG", "A", 13, 13), "A", 10, 15)
    assert not _hits(_variant("ACG", "A", 7, 7), "A", 10, 15)
    assert _hits(_variant("ACG", "A", 8, 8), "A", 10, 15)


def test_insertion_counts_only_between_two_bases_of_the_seqlet():
    for offset, expected in ((9, False), (10, True), (13, True), (14, False)):
        assert _hits(_variant("A", "ACG", offset, 40), "A", 10, 15) is expected


def test_other_regions_do_not_match():
    assert not _hits(_variant("A", "C", 12, 12), "A", 10, 15, region="other")


def test_all_pairs_are_listed_in_order():
    variant = pd.concat([_variant("A", "C", 12, 12), _variant("A", "C", 30, 30)], ignore_index=True)
    seqlet = pd.DataFrame(
        {"region": "r", "haplotype": list("BABA"), "start": [10, 11, 29, 0], "end": [15, 13, 31, 2]}
    )
    assert affected_seqlets(variant, seqlet).to_numpy().tolist() == [[0, 0], [0, 1], [1, 2]]


def test_against_every_base_one_by_one():
    rng = np.random.default_rng(0)
    bases = np.array(list("ACGT"))
    rows, seqlets, expected = [], [], []
    for number in range(300):
        a, b = ("".join(rng.choice(bases, rng.integers(1, 5))) for _ in range(2))
        offset, start = rng.integers(0, 20, 2)
        end = start + rng.integers(4, 9)
        rows.append(_variant(a, b, offset, 90, region=str(number)))
        seqlets.append((str(number), "A", start, end))
        first, last = (value + offset for value in changed_bases(a, b))
        if first < last:
            expected.append(any(start <= position < end for position in range(first, last)))
        else:
            expected.append(start <= first - 1 and first < end)
    table = pd.DataFrame(seqlets, columns=["region", "haplotype", "start", "end"])
    pairs = affected_seqlets(pd.concat(rows, ignore_index=True), table)
    assert pairs["variant"].tolist() == pairs["seqlet"].tolist() == np.flatnonzero(expected).tolist()
    assert 0 < len(pairs) < 300
