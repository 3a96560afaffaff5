"""Columns of bytes, gzip without time stamps, expected pairs, and the shares of the fragments."""

import gzip

import numpy as np
import pytest

from deepallele.simulate import bytetable
from deepallele.simulate.activity import expected_pairs, overdispersed
from deepallele.simulate.fragments import MIN_FRAGMENT, AtacSampler, Shares
from deepallele.simulate.genome import random_genome
from deepallele.simulate.reads import quality_templates


def test_digits_have_no_leading_zeros_unless_asked_for():
    values = np.array([0, 7, 10, 99, 100, 123456])
    feed = bytetable.constant("\n", 6)
    assert bytetable.lines([bytetable.digits(values), feed]).decode().split() == [str(v) for v in values]
    padded = bytetable.lines([bytetable.digits(values, 3), feed]).decode().split()
    assert padded == [f"{v:03d}" for v in values]
    assert bytetable.lines([bytetable.digits(np.array([5]), 6)]) == b"000005"


def test_words_of_unequal_length():
    table = bytetable.choice(["", "long", "x"], np.array([1, 0, 2]))
    assert bytetable.lines([table, bytetable.constant(";", 3)]) == b"long;;x;"


def test_gzip_is_the_same_bytes_each_time_and_whole_or_absent(tmp_path):
    for name in ("a.gz", "b.gz"):
        with bytetable.gzip_sink(tmp_path / name) as sink:
            sink.write(b"one\n")
            sink.write(b"two\n")
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"one\ntwo\n"
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()
    with pytest.raises(RuntimeError), bytetable.gzip_sink(tmp_path / "c.gz") as sink:
        sink.write(b"half")
        raise RuntimeError
    assert not (tmp_path / "c.gz").exists()


def test_expected_pairs_meet_budget_floor_and_ratio():
    rng = np.random.default_rng(1)
    activity = rng.normal(4, 2, (500, 2))
    expected = expected_pairs(activity, rng.normal(0, 1, 500), 80_000, 25)
    total = expected.sum(axis=1)
    assert total.sum() == pytest.approx(80_000)
    assert total.min() >= 25 - 1e-9 and total.max() <= 4 * 160 + 1e-9
    assert np.allclose(np.log2(expected[:, 0] / expected[:, 1]), activity[:, 0] - activity[:, 1])
    poor = expected_pairs(activity, np.zeros(500), 5_000, 25)
    assert poor.sum() == pytest.approx(5_000) and poor.sum(axis=1).min() >= 5 - 1e-9


def test_overdispersion_has_the_variation_asked_for():
    expected = np.full((20_000, 2), 10.0)
    drawn = overdispersed(np.random.default_rng(2), expected, 0.04)
    assert drawn.mean() == pytest.approx(10, rel=0.02)
    assert (drawn.std() / 10) ** 2 == pytest.approx(0.04 + 0.01, rel=0.1)
    assert (overdispersed(np.random.default_rng(2), expected, 0.0) == expected).all()


def test_fragments_have_the_shares_and_shapes_asked_for():
    rng = np.random.default_rng(3)
    genome = random_genome(rng, 2, 200_000)
    centres = np.repeat(np.arange(3_000, 190_000, 2_100)[:, None], 2, axis=1)
    weight = np.tile([3.0, 1.0], (len(centres), 1))
    blacklist = np.array([[250_000, 250_000]])
    sampler = AtacSampler((genome, genome), centres, blacklist, Shares(0.10, 0.03, 0.02))
    made = sampler.sample(rng, weight, 50_000, 4_000)
    assert len(made.start) == 50_000 and made.duplicate.sum() == 4_000
    share = np.bincount(made.source, minlength=4) / 50_000
    assert np.allclose(share, [0.85, 0.10, 0.03, 0.02], atol=0.006)
    region = made.source == 0
    assert (made.haplotype[region] == 0).mean() == pytest.approx(0.75, abs=0.01)
    assert (made.haplotype[made.source == 1] == 0).mean() == pytest.approx(0.5, abs=0.03)
    assert made.reverse.mean() == pytest.approx(0.5, abs=0.01)
    size = made.end - made.start
    assert size.min() == MIN_FRAGMENT
    assert 0.55 < (size < 130).mean() < 0.75 and 0.2 < ((size > 150) & (size < 260)).mean() < 0.35
    distance = np.abs((made.start + made.end) / 2 - centres[:, 0][:, None]).min(axis=0)[region]
    assert np.percentile(distance, 90) < 150
    assert (genome.codes[made.start] < 4).all() and (genome.codes[made.end - 1] < 4).all()
    assert (genome.contig_of(made.start) == genome.contig_of(made.end - 1)).all()
    pile = made.source == 2
    assert (made.start[pile] > 249_700).all() and (made.end[pile] < 251_300).all()
    # A duplicate repeats another fragment exactly.
    keys = np.stack([made.haplotype, made.start, made.end, made.reverse], axis=1)
    originals = {tuple(key) for key in keys[~made.duplicate].tolist()}
    assert all(tuple(key) in originals for key in keys[made.duplicate].tolist())


@pytest.mark.parametrize("rate", [0.001, 0.005, 0.02])
def test_qualities_mean_the_error_rate_asked_for(rate):
    templates = quality_templates(np.random.default_rng(1), 75, rate)
    error = 10 ** (-templates.astype(float) / 10)
    assert error.mean() == pytest.approx(rate, rel=0.05)
    assert error[:, -5:].mean() > 1.3 * error[:, 15:40].mean()
    assert len(np.unique(templates)) > 20
