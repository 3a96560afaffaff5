"""The screen for variants that the reads contradict, against slow code and on made-up fragments."""

import math

import numpy as np
import pytest
from allele_records import pair
from allele_records import run as run_step

from deepallele.allele.outcome import Settings
from deepallele.allele.screen import MIN_EVIDENCE, OBSERVATION, Screen, evidence_against


def slow_evidence(at_site, in_all):
    """The two hypotheses' part of one fragment, from the probabilities themselves."""
    error = math.exp(-abs(at_site))
    parts = []
    for sign in (1, -1):
        other = sign * (in_all - at_site)
        p = 1 / (1 + math.exp(-other))
        if sign * at_site > 0:
            parts.append(0.0 if abs(other) < 0.01 else -math.log(p + (1 - p) * error))
        else:
            parts.append(math.log(error) - math.log(p * error + 1 - p))
    return parts


def test_evidence_agrees_with_slow_code():
    rng = np.random.default_rng(1)
    at_site = rng.choice([-1, 1], 300) * rng.uniform(1, 11, 300)
    in_all = at_site + np.where(rng.random(300) < 0.3, 0, rng.normal(0, 9, 300))
    found = np.stack(evidence_against(at_site, in_all), axis=1)
    np.testing.assert_allclose(
        found, [slow_evidence(*pair) for pair in zip(at_site, in_all, strict=True)], atol=1e-9
    )


def test_evidence_mirrors_with_the_haplotypes():
    at_site, in_all = np.array([9.0, -4.0, 7.0]), np.array([1.0, 6.0, 7.0])
    both_a, both_b = evidence_against(at_site, in_all)
    mirrored = evidence_against(-at_site, -in_all)
    assert np.array_equal(both_a, mirrored[1]) and np.array_equal(both_b, mirrored[0])


def observations(rng, site, fragments, share_a=0.5, linked=0.6, real=True, wrong=0.003):
    """Fragments over one site: from A with `share_a`, `linked` of them with another variant 9 nats strong."""
    from_a = rng.random(fragments) < share_a
    shows_a = from_a if real else np.ones(fragments, dtype=bool)
    shows_a = shows_a ^ (rng.random(fragments) < wrong)
    at_site = np.where(shows_a, 9.0, -9.0)
    other = np.where(from_a, 9.0, -9.0) * (rng.random(fragments) < linked)
    table = np.zeros(fragments, dtype=OBSERVATION)
    table["pair"], table["site"] = site * 1000 + np.arange(fragments), site
    table["at_site"], table["in_all"] = at_site, at_site + other
    return table


def run(folder, tables, sites):
    with Screen(folder, sites) as screen:
        for table in tables:
            screen.add(table)
        return screen.settle()


def test_absent_variants_are_found_and_real_ones_are_not(tmp_path):
    rng = np.random.default_rng(2)
    tables = [observations(rng, site, 30, real=site % 5 > 0) for site in range(200)]
    rng.shuffle(table := np.concatenate(tables))
    found = run(tmp_path, np.array_split(table, 7), 200)
    assert found.site.tolist() == list(range(0, 200, 5))
    assert (found.evidence >= MIN_EVIDENCE).all() and (found.seen.sum(axis=1) == 30).all()


@pytest.mark.parametrize("share_a", [0.0, 0.02, 0.9, 1.0])
def test_imbalance_is_not_taken_for_an_absent_variant(tmp_path, share_a):
    rng = np.random.default_rng(3)
    tables = [observations(rng, site, 200, share_a=share_a) for site in range(50)]
    assert len(run(tmp_path, tables, 50).site) == 0


def test_without_other_variants_nothing_is_set_aside(tmp_path):
    rng = np.random.default_rng(4)
    found = run(tmp_path, [observations(rng, 0, 500, linked=0, real=False, wrong=0)], 1)
    assert len(found.site) == 0


def test_the_pairs_get_what_the_other_variants_say(tmp_path):
    # Pair 7 covers the absent sites 0 and 140,000 and something else worth -9; pair 8 only site 0.
    table = np.array(
        [
            (7, 0, 9, 9), (7, 140_000, 9, 9), (8, 0, 9, 9), (9, 5, -9, -9),
            *((pair, site, 9, 0) for pair in (1, 2, 3) for site in (0, 140_000)),
        ],
        dtype=OBSERVATION,
    )  # fmt: skip
    found = run(tmp_path, [table], 140_001)
    assert found.site.tolist() == [0, 140_000]
    assert found.pair.tolist() == [1, 2, 3, 7, 8]
    np.testing.assert_allclose(found.log_ratio, [-18, -18, -18, -9, 0])


def test_no_observation_and_no_site(tmp_path):
    for sites in (0, 3):
        found = run(tmp_path, [np.zeros(0, dtype=OBSERVATION)], sites)
        assert len(found.site) == len(found.pair) == 0 and found.seen.shape == (0, 2)


# Bases 5 of both mates of `pair(1000)`: the VCF says that B differs there from A.
REAL, ABSENT = 1005, 1185
FITS, DIFFERS = "20", "5C14"


def fragment(first, second):
    """A pair over both variants on one haplotype, given whether its bases there fit it."""
    mates = pair(1000)
    mates[0].md, mates[1].md = first, second
    return mates


def screened_step(folder, swap=False, screen=True):
    """Three pairs of each haplotype over both variants, and one of B over the absent one only."""
    of_a = [fragment(FITS, FITS)] * 3, [fragment(DIFFERS, DIFFERS)] * 3
    of_b = [fragment(DIFFERS, FITS)] * 3, [fragment(FITS, DIFFERS)] * 3
    lone = [pair(ABSENT - 5)], [[*pair(ABSENT - 5, md=DIFFERS)[:1], *pair(ABSENT - 5)[1:]]]
    sides = [[*of_a[side], *of_b[side], *lone[side]] for side in (0, 1)]
    places = [("1", REAL), ("1", ABSENT)]
    return run_step(
        folder,
        *sides,
        variants=[(contig, place + 1, "G", "T", "0|1") for contig, place in places],
        settings=Settings(remove_duplicates=False),
        swap=swap,
        screen=screen,
    )


@pytest.mark.parametrize("swap", [False, True])
def test_the_step_judges_pairs_without_the_absent_variant(tmp_path, swap):
    stats, reads = screened_step(tmp_path / "x", swap)
    a, b = ("B", "A") if swap else ("A", "B")
    assert (stats[f"informative_{a}"], stats[f"informative_{b}"], stats["ambiguous"]) == (3, 3, 1)
    numbers = [stats[key] for key in ("variants_screened", "variants_set_aside", "pairs_corrected")]
    assert numbers == [2, 1, 7]
    rows = (tmp_path / "x" / "set_aside.tsv").read_text().splitlines()
    assert rows[0].split("\t") == ["chrom", "start", "end", "count_a", "count_b", "evidence"]
    counts = ["0", "7"] if swap else ["7", "0"]
    assert rows[1].split("\t")[:5] == ["1", str(ABSENT), str(ABSENT + 1), *counts]
    for read in reads:
        number = int(read.query_name.removeprefix("read"))
        haplotype = 0 if number == 6 else 1 + ((number >= 3) != swap)
        assert (read.get_tag("HP") if read.has_tag("HP") else 0) == haplotype
        assert read.get_tag("XH") == pytest.approx({0: 0.5, 1: 1, 2: 0}[haplotype], abs=1e-3)


def test_without_the_screen_absent_variants_count(tmp_path):
    stats, _ = screened_step(tmp_path / "x", screen=False)
    assert (stats["informative_A"], stats["informative_B"], stats["ambiguous"]) == (4, 0, 3)
    assert stats["variants_set_aside"] is None
