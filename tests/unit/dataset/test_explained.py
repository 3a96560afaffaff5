"""The check of windows against their variants sees every wrong base."""

import numpy as np
import pandas as pd
import pytest

from deepallele.dataset.explained import explained
from deepallele.dataset.schema import VARIANT_COLUMNS
from deepallele.genome.fasta import encode

LENGTH = 24
#         offset:   0         1         2
#                   012345678901234567890123
WINDOWS = np.array([encode("ACGTACGGATTACAGATTACACGT"), encode("ACGTTCGGATTCCCACAGATTACA")])
# A substitution at 4, an insertion of CCC behind 10 (11 in A); B's last bases are A's.
ROWS = [(0, 4, 4, "A", "T"), (0, 10, 10, "T", "TCCC")]


def table(rows):
    columns = ["region", "offset_a", "offset_b", "allele_a", "allele_b"]
    return pd.DataFrame(rows, columns=columns).reindex(columns=list(VARIANT_COLUMNS))


def check(windows, rows, bases=(LENGTH, LENGTH)):
    return explained(np.array([windows]), table(rows), np.array([bases])).tolist()


def test_windows_that_the_variants_explain():
    assert check(WINDOWS, ROWS) == [True]
    assert check(WINDOWS[::-1], [(0, b, a, y, x) for _, a, b, x, y in ROWS]) == [True]
    assert check(WINDOWS[[0, 0]], []) == [True]


@pytest.mark.parametrize("side", [0, 1])
def test_any_wrong_base_is_seen_but_beyond_the_border(side):
    unseen = []
    for place in range(LENGTH):
        changed = WINDOWS.copy()
        changed[side, place] = (changed[side, place] + 1) % 4
        if check(changed, ROWS) == [True]:
            unseen.append(place)
    # A's last three bases are beyond B's border.
    assert unseen == ([21, 22, 23] if side == 0 else [])


def test_missing_and_misplaced_variants_are_seen():
    assert check(WINDOWS, ROWS[:1]) == [False]
    assert check(WINDOWS, ROWS[1:]) == [False]
    assert check(WINDOWS, [ROWS[0], (0, 11, 11, "A", "ACCC")]) == [False]
    assert check(WINDOWS, [(0, 4, 4, "A", "G"), ROWS[1]]) == [False]


def test_what_is_behind_the_own_bases_is_not_compared():
    changed = WINDOWS.copy()
    changed[0, 14:], changed[1, 17:] = 4, 2
    assert check(changed, ROWS, (14, 17)) == [True]
    assert check(changed, ROWS) == [False]


def test_each_region_by_its_own_variants():
    windows = np.array([WINDOWS, WINDOWS[[0, 0]], WINDOWS])
    rows = [*ROWS, *[(2, *row[1:]) for row in ROWS[:1]]]
    assert explained(windows, table(rows), np.full((3, 2), LENGTH)).tolist() == [True, True, False]
