"""The scale of a sample's tracks, and how fragments are drawn."""

import pytest

from deepallele.errors import InputError
from deepallele.tracks.coverage import extension
from deepallele.tracks.scale import fragments_kept, scale_factor

STATS = {"informative_A": 100, "informative_B": 60, "ambiguous": 30, "hemizygous": 10, "duplicates": 500}


def test_all_pairs_that_are_kept_give_the_scale():
    assert fragments_kept(STATS) == 200
    assert scale_factor(200) == 5000
    assert scale_factor(0) == 1


def test_an_assignment_without_a_class_is_refused():
    with pytest.raises(InputError, match=r"x\.json: no 'hemizygous'"):
        fragments_kept({key: value for key, value in STATS.items() if key != "hemizygous"}, "x.json")


@pytest.mark.parametrize(("longest", "length"), [(200, 300), (1000, 300), (2000, 501), (50_000, 2000)])
def test_pairs_are_drawn_once_and_up_to_the_longest_fragment(longest, length):
    assert extension(True, longest, None) == ["--extendReads", str(length), "--samFlagInclude", "64"]
    # deepTools takes pairs up to four times that length.
    assert 4 * length > longest or length == 2000


def test_single_reads_are_extended_where_the_length_is_known():
    assert extension(False, 1000, 180) == ["--extendReads", "180"]
    assert extension(False, 1000, None) == []
