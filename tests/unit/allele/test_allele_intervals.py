import gzip

import numpy as np
import pytest

from deepallele.allele.intervals import IntervalSet, read_blacklist, read_contigs
from deepallele.errors import InputError

LENGTHS = [100, 50, 80]


def test_overlap_agrees_with_brute_force():
    rng = np.random.default_rng(1)
    for _ in range(30):
        tid = rng.integers(0, 3, 12)
        start = np.array([rng.integers(0, LENGTHS[t]) for t in tid])
        end = np.array([rng.integers(s + 1, LENGTHS[t] + 1) for s, t in zip(start, tid, strict=True)])
        intervals = list(zip(tid[:5].tolist(), start[:5].tolist(), end[:5].tolist(), strict=True))
        expected = [
            any(t == it and s < ie and e > is_ for it, is_, ie in intervals)
            for t, s, e in zip(tid, start, end, strict=True)
        ]
        assert IntervalSet(LENGTHS, intervals).overlaps(tid, start, end).tolist() == expected


def test_touching_is_not_overlapping_and_ends_stay_on_their_contig():
    found = IntervalSet(LENGTHS, [(0, 10, 20), (0, 90, 10**6)]).overlaps(
        np.array([0, 0, 0, 1]), np.array([0, 20, 9, 0]), np.array([10, 30, 11, 5])
    )
    assert found.tolist() == [False, False, True, False]


def test_parts_are_the_same_as_a_list():
    rng = np.random.default_rng(6)
    tid = rng.integers(0, 3, 90)
    start = rng.integers(-5, 80, 90)
    end = start + rng.integers(0, 9, 90)
    whole = IntervalSet(LENGTHS, zip(tid.tolist(), start.tolist(), end.tolist(), strict=True))
    parts = IntervalSet.from_parts(LENGTHS, ((tid[i::4], start[i::4], end[i::4]) for i in range(4)))
    assert len(parts) == len(whole) > 5
    for contig, length in enumerate(LENGTHS):
        place = np.arange(length)
        where = (np.full(length, contig), place, place + 1)
        inside = np.zeros(length, dtype=bool)
        for t, s, e in zip(tid, start, end, strict=True):
            if t == contig:
                inside[max(s, 0) : max(e, 0)] = True
        assert (whole.overlaps(*where) == inside).all() and (parts.overlaps(*where) == inside).all()


def test_spans_that_reach_beyond_their_contig_do_not_touch_its_neighbours():
    intervals = IntervalSet(LENGTHS, [(0, 95, 100), (2, 0, 5)])
    found = intervals.overlaps(np.array([1, 1, 0]), np.array([-10, 40, -5]), np.array([5, 70, 2]))
    assert found.tolist() == [False, False, False]


def test_a_genome_of_more_than_four_thousand_million_bases():
    lengths = [2**31 - 1] * 4
    intervals = IntervalSet(lengths, [(3, 2**31 - 10, 2**31 - 5), (0, 10, 20)])
    tid, start = np.array([3, 3, 0, 2]), np.array([2**31 - 6, 2**31 - 11, 19, 2**31 - 10])
    assert intervals.overlaps(tid, start, start + 1).tolist() == [True, False, True, False]


def test_no_intervals():
    assert not IntervalSet(LENGTHS).overlaps(np.array([0]), np.array([0]), np.array([5])).any()


def test_blacklist_plain_and_gzip(tmp_path):
    text = "# a comment\ntrack name=x\n1\t5\t10\tlabel\n\nunknown\t1\t2\n"
    (tmp_path / "b.bed").write_text(text)
    (tmp_path / "b.bed.gz").write_bytes(gzip.compress(text.encode()))
    for name in ("b.bed", "b.bed.gz"):
        found = read_blacklist(tmp_path / name, {"1": 100}).overlaps(
            np.array([0, 0]), np.array([9, 10]), np.array([11, 12])
        )
        assert found.tolist() == [True, False]


def test_empty_blacklist_is_allowed(tmp_path):
    (tmp_path / "b.bed").write_text("")
    blacklist = read_blacklist(tmp_path / "b.bed", {"1": 100})
    assert not blacklist.overlaps(np.array([0]), np.array([0]), np.array([9])).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [("chr1\t5\t10\n", "none of its 1 intervals"), ("1\t5\t9\n1\t5\n", "line 2"), ("1\tx\t9\n", "line 1")],
)
def test_bad_blacklist_is_told(tmp_path, text, message):
    (tmp_path / "b.bed").write_text(text)
    with pytest.raises(InputError, match=message):
        read_blacklist(tmp_path / "b.bed", {"1": 100})


@pytest.mark.parametrize(("text", "message"), [("", "no contig"), ("1\t10\nbad line\n", "line 2")])
def test_bad_fai_is_told(tmp_path, text, message):
    (tmp_path / "x.fai").write_text(text)
    with pytest.raises(InputError, match=message):
        read_contigs(tmp_path / "x.fai")
