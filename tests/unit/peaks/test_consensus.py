"""Consensus regions: rules, order of reasons, brute force."""

import numpy as np
import pandas as pd
import pytest

from deepallele.peaks.consensus import POOLED, Rules, consensus

NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})
LENGTHS = {"chr2": 1_000, "chr1": 500, "chrM": 300}


def peaks(*rows: tuple[str, int, float]) -> pd.DataFrame:
    """Peaks of 20 bp around the given summits."""
    table = pd.DataFrame(rows, columns=["chrom", "summit", "score"])
    return table.assign(start=table["summit"] - 10, end=table["summit"] + 10)


def rules(**changes: object) -> Rules:
    values = {"width": 51, "min_samples": 1, "lengths": LENGTHS, "exclude": ["chrM"], "blacklist": NOTHING}
    return Rules(**(values | changes))  # type: ignore[arg-type]


def test_fixed_width_around_the_summit_in_contig_order() -> None:
    regions, dropped = consensus({"s": peaks(("chr1", 100, 1), ("chr2", 300, 5), ("chr2", 200, 3))}, rules())
    assert regions["name"].tolist() == ["chr2:175-226", "chr2:275-326", "chr1:75-126"]
    assert regions["summit"].tolist() == [200, 300, 100]
    assert (regions["start"] + 25 == regions["summit"]).all()
    assert dropped.empty
    even, _ = consensus({"s": peaks(("chr1", 100, 1))}, rules(width=50))
    assert even[["start", "end"]].to_numpy().tolist() == [[75, 125]]


@pytest.mark.parametrize(
    ("summit", "contig", "reason"),
    [
        (24, "chr1", "contig_edge"),
        (25, "chr1", None),
        (474, "chr1", None),
        (475, "chr1", "contig_edge"),
        (100, "chrM", "excluded_contig"),
        (100, "chr9", "unknown_contig"),
        (224, "chr1", None),
        (225, "chr1", "blacklist"),
        (284, "chr1", "blacklist"),
        (285, "chr1", None),
    ],
)
def test_rules_at_their_borders(summit: int, contig: str, reason: str | None) -> None:
    blacklist = pd.DataFrame({"chrom": ["chr1", "chr1"], "start": [250, 252], "end": [260, 255]})
    regions, dropped = consensus({"s": peaks((contig, summit, 1))}, rules(blacklist=blacklist))
    assert dropped["reason"].tolist() == ([reason] if reason else [])
    assert len(regions) == (reason is None)


def test_best_score_wins_and_touching_regions_stay() -> None:
    table = peaks(
        ("chr2", 69, 1.0), ("chr2", 100, 2.0), ("chr2", 120, 9.0), ("chr2", 171, 3.0), ("chr2", 221, 1.0)
    )
    regions, dropped = consensus({"s": table}, rules())
    assert regions["summit"].tolist() == [69, 120, 171]
    assert dropped[["summit", "reason"]].to_numpy().tolist() == [
        [100, "overlaps_better"],
        [221, "overlaps_better"],
    ]


def test_scores_are_compared_relative_to_their_sample() -> None:
    deep = peaks(("chr2", 100, 100.0), ("chr2", 500, 300.0))
    shallow = peaks(("chr2", 110, 3.0), ("chr2", 700, 1.0))
    regions, _ = consensus({"deep": deep, "shallow": shallow}, rules())
    assert regions["summit"].tolist() == [110, 500, 700]


def test_support_of_samples_and_no_displacement_by_the_unsupported() -> None:
    one = peaks(("chr2", 100, 50.0), ("chr2", 400, 1.0))
    two = peaks(("chr2", 420, 1.0), ("chr2", 136, 1.0))
    regions, dropped = consensus({"one": one, "two": two}, rules(min_samples=2))
    assert regions["summit"].tolist() == [420]
    reasons = dict(zip(dropped["summit"], dropped["reason"], strict=True))
    assert reasons == {100: "too_few_samples", 136: "too_few_samples", 400: "overlaps_better"}
    assert dropped.set_index("summit")["source"][136] == "two"


def test_support_is_counted_within_groups() -> None:
    shared, one, other = ("chr2", 100, 1.0), ("chr2", 300, 1.0), ("chr2", 500, 1.0)
    sources = {"a1": peaks(shared, one, other), "a2": peaks(one), "b1": peaks(shared, other)}
    sources["b2"] = peaks(("chr1", 100, 1.0))
    groups = {"a1": "a", "a2": "a", "b1": "b", "b2": "b"}
    regions, dropped = consensus(sources, rules(min_samples=2, groups=groups))
    assert regions["summit"].tolist() == [300]
    assert set(dropped.loc[dropped["reason"] == "too_few_samples", "summit"]) == {100, 500}
    assert consensus(sources, rules(min_samples=2))[0]["summit"].tolist() == [100, 300, 500]
    pooled = {POOLED: peaks(("chr2", 700, 1.0))}
    assert len(consensus(sources | pooled, rules(groups=groups))[0]) == 5


def test_no_peaks_at_all() -> None:
    regions, dropped = consensus({"s": peaks()}, rules())
    assert (len(regions), len(dropped)) == (0, 0)


@pytest.mark.parametrize("seed", range(4))
def test_greedy_choice_equals_brute_force(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sources = {
        name: peaks(
            *[
                (str(rng.choice(["chr1", "chr2"])), int(rng.integers(500)), float(rng.integers(1, 30)))
                for _ in range(60)
            ]
        )
        for name in "abc"
    }
    regions, dropped = consensus(sources, rules(min_samples=2))
    candidates = []
    for name, table in sources.items():
        for row in table.itertuples():
            start, end = row.summit - 25, row.summit + 26
            support = sum(
                ((t["chrom"] == row.chrom) & (t["start"] < end) & (t["end"] > start)).any()
                for t in sources.values()
            )
            if start >= 0 and end <= LENGTHS[row.chrom] and support >= 2:
                rank = list(LENGTHS).index(row.chrom)
                candidates.append((-row.score / table["score"].mean(), rank, start, name, row.chrom))
    kept: list[tuple[str, int]] = []
    for _, _, start, _, chrom in sorted(candidates):
        if all(chrom != c or abs(start - s) >= 51 for c, s in kept):
            kept.append((chrom, start))
    assert set(zip(regions["chrom"], regions["start"], strict=True)) == set(kept)
    assert len(regions) + len(dropped) == 180


def test_a_peak_of_the_pooled_reads_alone_is_enough_for_one_sample_but_not_for_two() -> None:
    sources = {
        "one": peaks(("chr2", 100, 1)),
        "two": peaks(("chr2", 400, 1)),
        POOLED: peaks(("chr2", 700, 1)),
    }
    regions, _ = consensus(sources, rules())
    assert regions["summit"].tolist() == [100, 400, 700]
    regions, dropped = consensus(sources | {"two": peaks(("chr2", 105, 1))}, rules(min_samples=2))
    assert len(regions) == 1
    assert dropped.set_index("summit").loc[700, "reason"] == "too_few_samples"
