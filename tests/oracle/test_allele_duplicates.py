"""Duplicates against grouping in plain Python, and the hash that chooses among them."""

from collections import defaultdict

import numpy as np
import pytest

from deepallele.allele.duplicates import FRAGMENT, FragmentStore, count_copies
from deepallele.allele.names import hash_names, name_words
from deepallele.allele.outcome import CLASSES, Fate, fate_of, is_no_variant, pack


def random_fragments(rng, number, umis=1):
    table = np.zeros(number, dtype=FRAGMENT)
    table["pair"] = rng.permutation(number)
    table["kind"], table["tid"] = rng.integers(0, len(CLASSES), number), rng.integers(0, 2, number)
    table["left"], table["right"] = rng.integers(-2, 12, number), rng.integers(20, 30, number)
    table["hash"] = rng.integers(0, 2**63, number, dtype=np.uint64)
    table["hash"][:50] = 7  # equal hashes: the first pair of the file is kept
    table["molecule"] = rng.integers(0, umis, number)
    return table


def slow_sets(table):
    """Members of each set of equal fragments: hash and number of the pair."""
    groups = defaultdict(list)
    for row in table:
        place = tuple(int(row[name]) for name in ("kind", "tid", "left", "right", "molecule"))
        groups[place].append((int(row["hash"]), int(row["pair"])))
    return list(groups.values())


def slow_duplicates(table):
    kept = {min(members)[1] for members in slow_sets(table)}
    return {int(pair) for pair in table["pair"]} - kept


@pytest.mark.parametrize("umis", [1, 3])
def test_duplicates_agree_with_grouping(umis):
    table = random_fragments(np.random.default_rng(4), 2000, umis)
    expected = slow_duplicates(table)
    copies = count_copies(table)
    assert set(table["pair"][copies == 0].tolist()) == expected
    sizes = {min(members)[1]: len(members) for members in slow_sets(table)}
    assert dict(zip(table["pair"][copies > 0].tolist(), copies[copies > 0].tolist(), strict=True)) == sizes
    assert 200 < len(expected) < 1800
    assert count_copies(table[:0]).tolist() == []


@pytest.mark.parametrize("remove", [True, False])
def test_store_settles_the_same_duplicates_in_parts(tmp_path, remove):
    table = random_fragments(np.random.default_rng(5), 2000, 2)
    fate = np.zeros(2000, dtype=np.uint8)
    fate[table["pair"]] = table["kind"]
    marked = np.arange(2000) % 3 == 0
    packed = pack(fate, marked, ~marked, ~marked)
    with FragmentStore(tmp_path) as store:
        for part in np.array_split(table, 7):
            store.add(part)
        copies = np.full(2000, 99, dtype=np.uint16)
        settled = store.settle(packed, 2, remove, 25, copies)
    expected = slow_duplicates(table) if remove else set()
    assert copies.sum() == 2000 and set(np.flatnonzero(copies == 0).tolist()) == expected
    assert set(np.flatnonzero(fate_of(packed) == Fate.DUPLICATES).tolist()) == expected
    assert all(is_no_variant(packed)[pair] == marked[pair] for pair in range(2000) if pair not in expected)
    kept, duplicates, lengths = settled.kept, settled.duplicates, settled.lengths
    assert lengths.sum() == kept.sum() == 2000 - len(expected)
    for row in table:
        if int(row["pair"]) in expected:
            duplicates[row["kind"]] -= 1
        else:
            kept[row["tid"], row["kind"]] -= 1
            lengths[row["kind"], min(int(row["right"]) - int(row["left"]), 25)] -= 1
    assert not kept.any() and not duplicates.any() and not lengths.any()


def test_name_hash_is_fixed_spread_and_free_of_padding():
    padded = name_words([f"lane:{number}" for number in range(5000)])
    wider = np.concatenate([padded, np.zeros((5000, 1), dtype=np.uint64)], axis=1)
    value = hash_names(padded)
    assert len(np.unique(value)) == 5000
    assert (hash_names(wider) == value).all()
    low = (value & np.uint64(1)).mean()
    assert 0.45 < low < 0.55
    # The choice among duplicates must stay the same from release to release.
    assert value[:2].tolist() == [13214537354906020486, 2796985896942446573]
