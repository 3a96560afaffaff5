"""Shared sequence: found as by brute force, and what is done about it."""

import numpy as np
import pandas as pd

from deepallele.dataset.parts import split_parts
from deepallele.dataset.settings import Settings
from deepallele.dataset.shared import Pairs, leaks, left_out, moved, shared_table
from deepallele.dataset.sketch import NEIGHBOURS, K, shared_pairs, sketch

LENGTH = 400


def kmers(window):
    """All k-mers of a window, each as the smaller of itself and its reverse complement."""
    strands = window, 3 - window[::-1]
    words = [
        {tuple(strand[i : i + K]) for i in range(len(strand) - K + 1) if strand[i : i + K].max() < 4}
        for strand in (np.where(window > 3, 9, window), np.where(strands[1] > 3, 9, strands[1]))
    ]
    return {min(word, tuple(3 - base for base in word[::-1])) for word in words[0]}


def test_shares_are_those_of_brute_force():
    rng = np.random.default_rng(0)
    windows = rng.integers(0, 4, (60, LENGTH), dtype=np.uint8)
    windows[31] = windows[1]
    windows[32, 150:] = windows[2, :-150]
    windows[33] = 3 - windows[3][::-1]
    windows[34] = np.where(rng.random(LENGTH) < 0.03, (windows[4] + 1) % 4, windows[4])
    windows[35, :150] = windows[5, :150]
    windows[36, 300:] = windows[6, 300:]
    windows[38] = np.tile([0, 1], LENGTH // 2)
    windows[8] = windows[38]
    windows[39, 100:200] = 4
    windows[9] = windows[39]
    windows[10] = windows[11]  # of one group
    group = np.arange(60) // 30
    first, second, share = shared_pairs([sketch(windows[:20]), sketch(windows[20:], 20)], group, 0.1)
    sets = [kmers(window) for window in windows]
    expected = {}
    for i in range(30):
        for j in range(30, 60):
            least = min(len(sets[i]), len(sets[j]))
            if least > 50 and len(sets[i] & sets[j]) / least > 0.1:
                expected[i, j] = len(sets[i] & sets[j]) / least
    found = dict(zip(zip(first.tolist(), second.tolist(), strict=True), share.tolist(), strict=True))
    assert set(expected) >= {(1, 31), (2, 32), (3, 33), (4, 34), (5, 35), (6, 36), (9, 39)}
    assert set(found) == set(expected)
    assert found[1, 31] == found[3, 33] == 1
    assert max(abs(found[pair] - expected[pair]) for pair in expected) < 0.16


def test_random_windows_share_nothing():
    windows = np.random.default_rng(1).integers(0, 4, (3000, 330), dtype=np.uint8)
    assert len(shared_pairs([sketch(windows)], np.arange(3000) % 3, 0.1)[0]) == 0


def test_a_large_family_does_not_make_all_pairs_and_every_member_is_found():
    rng = np.random.default_rng(2)
    windows = np.repeat(rng.integers(0, 4, (1, 330), dtype=np.uint8), 500, axis=0)
    first, second, share = shared_pairs([sketch(windows)], np.arange(500) // 250, 0.3)
    assert len(first) <= 500 * NEIGHBOURS
    assert len(np.unique(np.concatenate([first, second]))) == 500 and share.min() == 1


def test_nothing_at_all():
    empty = sketch(np.zeros((0, 330), np.uint8))
    assert len(shared_pairs([empty], np.zeros(0, np.int64), 0.3)[0]) == 0
    assert len(shared_pairs([sketch(np.zeros((5, 8), np.uint8))], np.arange(5), 0.3)[0]) == 0


def pairs(*rows):
    first, second = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    return Pairs(first, second, np.linspace(0.4, 0.9, len(rows)))


SPLIT = np.array([[2, 2, 1, 1, 0, 0], [0, 0, 0, 1, 2, 2], [1, 0, 2, 2, 0, 0]], dtype=np.int8)


def test_pairs_in_two_parts_leak_and_are_listed():
    shared = pairs((0, 1), (0, 4), (2, 3), (4, 5), (1, 3))
    assert leaks(SPLIT, shared).T.tolist() == [
        [False, False, True],
        [True, True, True],
        [False, True, False],
        [False, False, False],
        [True, True, True],
    ]
    table = shared_table(np.array(list("abcdef"), dtype=object), SPLIT, shared)
    assert table[["region", "partner", "folds", "leaks_into"]].to_numpy().tolist() == [
        ["b", "d", 3, "test"],
        ["c", "d", 1, "validation"],
        ["a", "e", 3, "test"],
        ["a", "b", 1, "validation"],
    ]


def test_left_out_regions_are_never_test_and_nothing_leaks_then():
    shared = pairs((0, 4), (2, 3), (1, 3))
    changed = left_out(SPLIT, shared)
    assert not leaks(changed, shared).any()
    np.testing.assert_array_equal(changed == 2, SPLIT == 2)
    assert (changed != SPLIT).sum(axis=1).tolist() == [2, 3, 2]
    assert changed[0].tolist() == [2, 2, 1, 3, 3, 0]


def test_families_move_to_where_most_of_them_are_with_what_overlaps_them():
    group = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    unit = np.array([0, 0, 1, 2, 3, 4, 5, 6])
    assert moved(group, unit, pairs((1, 3))).tolist() == [0, 0, 0, 0, 1, 1, 2, 2]
    assert moved(group, unit, pairs((2, 3), (3, 6), (4, 6))).tolist() == [0, 0, 1, 1, 1, 1, 1, 2]
    assert moved(group, unit, pairs()).tolist() == group.tolist()


def family_world():
    """Regions on six chromosomes, of which a few have a copy on another one."""
    rng = np.random.default_rng(3)
    windows = rng.integers(0, 4, (120, LENGTH), dtype=np.uint8)
    windows[[25, 45, 65]] = windows[5]
    region = pd.DataFrame(
        {"name": [f"r{i}" for i in range(120)], "chrom": [f"c{i // 20}" for i in range(120)]}
    )
    start = np.repeat(1000 * (np.arange(120) % 20)[:, None], 2, axis=1)
    start[26] = start[25] + 10
    return region, start, [sketch(windows)]


def settings(**changes):
    values = {"length": LENGTH, "folds": 3, "split": "chromosome", "validation_fraction": 0.1}
    return Settings("X", ["P", "Q"], None, pseudocount=1.0, **{**values, **changes})


def test_actions():
    world = family_world()
    kept, dropped, gone = (
        split_parts(*world, settings(shared_sequence=action)) for action in ("keep", "drop", "move")
    )
    assert len(kept.shared) >= 3 and kept.shared.equals(dropped.shared) and kept.shared.equals(gone.shared)
    assert set(kept.shared["region"]) | set(kept.shared["partner"]) == {"r5", "r25", "r45", "r65"}
    family = pairs(*[(i, j) for i in (5, 25, 45) for j in (25, 45, 65) if i < j])
    assert leaks(kept.split, family).any()
    assert not leaks(dropped.split, family).any() and dropped.left_out > 0
    assert ((dropped.split == 2).sum(axis=0) == 1).all()
    assert not leaks(gone.split, family).any()
    # Region 26 overlaps region 25, which makes chromosome c1 the home of most.
    assert gone.moved == 3 and (gone.split[:, 26] == gone.split[:, 25]).all()
    assert ((gone.split == 2).sum(axis=0) == 1).all()


def test_actions_with_named_chromosomes():
    world = family_world()
    named = {"test_chromosomes": ["c0"], "validation_chromosomes": ["c1", "c4"]}
    dropped = split_parts(*world, settings(shared_sequence="drop", **named))
    assert dropped.split.shape == (1, 120)
    assert dropped.split[0, [5, 25, 45, 65]].tolist() == [2, 3, 3, 3]
    gone = split_parts(*world, settings(shared_sequence="move", **named))
    assert len(set(gone.split[0, [5, 25, 26, 45, 65]])) == 1
