"""Sign and R in parts of the regions, against values made by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from model_world import planted_dataset

from deepallele.dataset.ceiling import pearson
from deepallele.dataset.store import VARIANT_COLUMNS
from deepallele.evaluation.sign import sign_accuracy
from deepallele.evaluation.strata import (
    depth_bins,
    distance_bins,
    fisher_interval,
    make_bins,
    nearest_variant,
    ratio_strata,
    variants_per_window,
)


def with_variants(dataset, rows):
    """The dataset with variants (region, allele_a, allele_b, offset_a, offset_b)."""
    table = pd.DataFrame(rows, columns=["region", "allele_a", "allele_b", "offset_a", "offset_b"])
    table = table.assign(chrom="chr1", pos=0, ref="A", alt="C", clipped=False)
    return replace(dataset, variant=table[list(VARIANT_COLUMNS)])


def test_sign_by_hand():
    predicted = np.array([1.0, -0.1, 0.0, 2.0, -3.0])
    measured = np.array([2.0, 2.0, 2.0, -2.0, -2.0])
    found = sign_accuracy(predicted, measured, np.array([True, True, True, False, True]))
    assert (found["n"], found["correct"], found["no_sign"]) == (4, 2, 1)
    assert found["accuracy"] == 0.5 and found["majority"] == 0.75
    # Wilson's interval is where (share - p)^2 = z^2 p (1 - p) / n.
    for limit in (found["low"], found["high"]):
        assert (0.5 - limit) ** 2 == pytest.approx(1.959964**2 * limit * (1 - limit) / 4)
    assert found["low"] < 0.5 < found["high"]


def test_the_interval_of_the_sign_is_that_of_statsmodels():
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    generator = np.random.default_rng(0)
    predicted, measured = generator.normal(size=(2, 83))
    found = sign_accuracy(predicted, predicted + measured, np.ones(83, dtype=bool))
    expected = proportion.proportion_confint(found["correct"], 83, method="wilson")
    assert (found["low"], found["high"]) == pytest.approx(expected, abs=1e-6)


def test_no_region_has_no_sign():
    found = sign_accuracy(np.ones(3), np.ones(3), np.zeros(3, dtype=bool))
    assert found["n"] == 0 and found["accuracy"] is None and found["low"] is None


def test_fisher_interval_by_hand():
    low, high = fisher_interval(0.6, 28)  # standard error of z: 1 / 5
    assert np.arctanh([low, high]) == pytest.approx(np.arctanh(0.6) + 1.959964 / 5 * np.array([-1, 1]))
    assert fisher_interval(0.6, 3) == (None, None)
    assert fisher_interval(None, 30) == (None, None)
    assert fisher_interval(1.0, 30) == pytest.approx((1.0, 1.0))


def test_bins_hold_every_value_once():
    bins = make_bins([0, 1, 2, 3, 5, 9])
    assert [one.label for one in bins] == ["0", "1", "2", "3-4", "5-8", "9+"]
    values = np.arange(40)
    np.testing.assert_array_equal(sum(one.holds(values).astype(int) for one in bins), 1)
    assert not any(one.holds(np.array([np.nan])).any() for one in bins)


def test_bins_begin_with_the_smallest_depth_and_fit_the_window():
    assert [one.low for one in depth_bins(10)] == [10, 20, 50, 100, 200, 500]
    assert [one.low for one in depth_bins(50)] == [50, 100, 200, 500]
    assert [one.low for one in distance_bins(330)] == [0, 10, 21, 41, 82]
    assert [one.low for one in distance_bins(5000)] == [0, 160, 310, 620, 1200]
    assert [one.low for one in distance_bins(4)] == [0, 1]


def test_the_nearest_variant_is_the_one_nearest_in_either_haplotype():
    dataset = with_variants(
        planted_dataset(6, length=64),
        [
            (0, "A", "C", 32, 32),  # on the centre, base 32
            (1, "A", "C", 30, 40),
            (1, "A", "C", 50, 60),
            (2, "ACGT", "A", 28, 28),  # its last base of A is base 31
            (3, "A", "AC", -3, -3),
            (5, "A", "C", 63, 63),
        ],
    )
    np.testing.assert_array_equal(nearest_variant(dataset), [0, 2, 1, 34, np.nan, 31])
    np.testing.assert_array_equal(variants_per_window(dataset), [1, 2, 1, 1, 0, 1])


def test_the_centre_of_padded_windows_is_that_of_their_own_bases():
    dataset = with_variants(planted_dataset(2, length=64), [(0, "A", "C", 10, 10), (1, "A", "C", 10, 10)])
    sequence = dataset.sequence.copy()
    sequence[0, :, 20:] = 4
    padded = replace(dataset, sequence=sequence, attributes={**dataset.attributes, "pad": "zeros"})
    np.testing.assert_array_equal(nearest_variant(padded), [0, 22])


def test_strata_by_hand():
    base = planted_dataset(40, length=64)
    rows = [(i, "A", "C", 32 + i, 32 + i) for i in range(10, 25)]
    rows += [(i, "A", "C", 1, 1) for i in range(25, 40) for _ in range(7)]
    dataset = with_variants(base, rows)
    measured = dataset.log_ratio()
    predicted = measured + np.random.default_rng(0).normal(0, 1, 40)
    predicted[:10] = 1e-7 * np.arange(10)  # equal windows: equal but for rounding
    used = np.ones(40, dtype=bool)
    used[39] = False
    found = ratio_strata(dataset, predicted, used, 12)
    none, one, many = found["variants"]
    assert [part["label"] for part in found["variants"]] == ["0", "1", "5-8"]
    assert [none["n"], one["n"], many["n"]] == [10, 15, 14]
    assert none["r"] is None and none["r_low"] is None
    assert one["r"] == pytest.approx(pearson(predicted[10:25], measured[10:25]))
    assert (one["r_low"], one["r_high"]) == fisher_interval(one["r"], 15)
    assert many["r"] == pytest.approx(pearson(predicted[25:39], measured[25:39]))
    assert 0 < one["ceiling"] < 1
    # Bins begin at 0, 2, 4, 8 and 16 bp: variants at 10 to 24 bp, and at 31.
    assert [(part["label"], part["n"]) for part in found["distance"]] == [("8-15", 6), ("16+", 9 + 14)]
    depth = dataset.informative()[:39]
    assert [(part["low"], part["n"]) for part in found["informative"]] == [
        (low, n)
        for low, high in ((12, 20), (20, 50), (50, 100), (100, 200), (200, 500), (500, np.inf))
        if (n := int(((depth >= low) & (depth < high)).sum()))
    ]
