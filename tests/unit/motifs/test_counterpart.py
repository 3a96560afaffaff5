import numpy as np
import pandas as pd

from deepallele.motifs.counterpart import Counterpart


def _variants(*rows):
    return pd.DataFrame(rows, columns=["region", "allele_a", "allele_b", "offset_a", "offset_b"])


def _translate(table, row, side, offsets):
    offsets = np.asarray(offsets)
    other, exact = Counterpart(table).translate(
        np.full(len(offsets), row), np.full(len(offsets), side), offsets
    )
    return other.tolist(), exact.tolist()


def test_without_variants_both_windows_run_in_parallel():
    assert _translate(_variants(), 3, 0, [0, 5]) == ([0, 5], [True, True])
    elsewhere = _variants((1, "A", "ACC", 4, 2), (5, "A", "ACC", 4, 2))
    assert _translate(elsewhere, 3, 1, [0, 5, 400]) == ([0, 5, 400], [True] * 3)


def test_deletion_in_b_seen_from_both_sides():
    table = _variants((0, "ACC", "A", 4, 5))
    assert _translate(table, 0, 0, [3, 4, 5, 6, 7]) == ([4, 5, 6, 6, 6], [True, True, False, False, True])
    assert _translate(table, 0, 1, [4, 5, 6, 7]) == ([3, 4, 7, 8], [True] * 4)


def test_variant_left_of_the_window_shifts_what_follows():
    table = _variants((0, "ACC", "A", -2, -1))
    assert _translate(table, 0, 0, [1, 2]) == ([0, 1], [True, True])


def test_interval_lost_in_the_other_haplotype_is_empty():
    table = _variants((0, "ACCGT", "A", 4, 4))
    one = np.array([0])
    start, end = Counterpart(table).interval(one, one, np.array([5]), np.array([9]))
    assert start.tolist() == end.tolist() == [5]


def test_interval_across_a_deletion_keeps_both_sides():
    table = _variants((0, "ACC", "A", 4, 4))
    one = np.array([0])
    start, end = Counterpart(table).interval(one, one, np.array([2]), np.array([10]))
    assert (start.tolist(), end.tolist()) == ([2], [8])
    # a run that ends with deleted bases does not take the base behind them
    start, end = Counterpart(table).interval(one, one, np.array([2]), np.array([7]))
    assert (start.tolist(), end.tolist()) == ([2], [5])
