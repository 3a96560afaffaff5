"""Differences of sequence pairs against brute-force alignment, and against variants that others listed."""

from collections import Counter
from functools import cache
from itertools import chain, product

import numpy as np
import pandas as pd
import pytest

from deepallele.exchange.differences import (
    GAP_EXTEND,
    GAP_OPEN,
    MISMATCH,
    Difference,
    apply_differences,
    find_differences,
)

COMPLEMENT = str.maketrans("ACGT", "TGCA")


@cache
def least_cost(a: str, b: str) -> int:
    """Gotoh 1982 with three matrices, cell by cell."""
    infinite = 10**6
    shape = (len(a) + 1, len(b) + 1)
    pair, gap_a, gap_b = (np.full(shape, infinite, dtype=int) for _ in range(3))
    pair[0, 0] = 0
    for i in range(shape[0]):
        for j in range(shape[1]):
            best = [min(m[k] for m in (pair, gap_a, gap_b)) for k in ((i - 1, j - 1), (i - 1, j), (i, j - 1))]
            if i and j:
                pair[i, j] = best[0] + MISMATCH * (a[i - 1] != b[j - 1])
            if i:
                gap_b[i, j] = min(best[1] + GAP_OPEN, gap_b[i - 1, j]) + GAP_EXTEND
            if j:
                gap_a[i, j] = min(best[2] + GAP_OPEN, gap_a[i, j - 1]) + GAP_EXTEND
    return int(min(m[-1, -1] for m in (pair, gap_a, gap_b)))


def random_pair(rng: np.random.Generator) -> tuple[str, str]:
    """Two related sequences, of few letters, so that gaps have several places."""
    letters = list("ACGT")[: rng.integers(1, 5)]
    a = list(rng.choice(letters, rng.integers(1, 40)))
    b = list(a)
    for _ in range(rng.integers(0, 6)):
        place = int(rng.integers(0, len(b) + 1))
        kind = rng.integers(3)
        if kind == 0 and place < len(b):
            b[place] = str(rng.choice(letters))
        elif kind == 1:
            b[place:place] = rng.choice(letters, rng.integers(1, 6)).tolist()
        elif len(b) > 8:
            del b[place : place + rng.integers(1, 6)]
    return "".join(a), "".join(b) or "A"


@pytest.mark.parametrize("seed", range(4))
def test_the_alignment_has_the_least_cost_and_leads_from_a_to_b(seed):
    rng = np.random.default_rng(seed)
    for _ in range(60):
        a, b = random_pair(rng)
        found = find_differences(a, b)
        assert apply_differences(a, found) == b
        assert [a[d.offset_a :][: len(d.allele_a)] for d in found] == [d.allele_a for d in found]
        assert [b[d.offset_b :][: len(d.allele_b)] for d in found] == [d.allele_b for d in found]
        assert all(d.allele_a and d.allele_b and d.allele_a != d.allele_b for d in found)
        assert sum(least_cost(d.allele_a, d.allele_b) for d in found) == least_cost(a, b)
        before = 0
        for d in found:
            assert d.offset_a >= before
            before = d.offset_a + len(d.allele_a)


def test_equal_lengths_do_not_hide_a_pair_of_gaps():
    rng = np.random.default_rng(3)
    for _ in range(100):
        a = "".join(rng.choice(list("ACGT"), 30))
        lost, won = sorted(rng.choice(np.arange(3, 27), 2, replace=False))
        b = a[:lost] + a[lost + 1 : won] + str(rng.choice(list("ACGT"))) + a[won:]
        found = find_differences(a, b)
        assert apply_differences(a, found) == b
        assert sum(least_cost(d.allele_a, d.allele_b) for d in found) == least_cost(a, b)


def test_a_lone_gap_lies_as_far_left_as_it_can():
    rng = np.random.default_rng(9)
    for _ in range(200):
        a = "".join(rng.choice(list("AC"), 30))
        start, size = int(rng.integers(1, 25)), int(rng.integers(1, 5))
        b = a[:start] + a[start + size :]
        places = [i for i in range(len(b) + 1) if a[:i] + a[i + size :] == b]
        for one, other, longer in ((a, b, "allele_a"), (b, a, "allele_b")):
            (found,) = find_differences(one, other)
            first = min(places)
            assert found.offset_a == found.offset_b == max(first - 1, 0)
            assert len(getattr(found, longer)) == size + 1


def canonical(sequence: str, offset: int, ref: str, alt: str) -> list[tuple[int, str, str]]:
    """Substitutions one by one; an indel without anchor, as far left as the sequence lets it."""
    if len(ref) == len(alt):
        return [(offset + i, x, y) for i, (x, y) in enumerate(zip(ref, alt, strict=True)) if x != y]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        offset, ref, alt = offset + 1, ref[1:], alt[1:]
    while offset and not (ref and alt) and sequence[offset - 1] == (ref or alt)[-1]:
        offset -= 1
        ref, alt = (sequence[offset] + text[:-1] if text else "" for text in (ref, alt))
    return [(offset, ref, alt)]


def listed(row: pd.Series) -> list[list[tuple[int, str, str]]]:
    """The variants of the table in the oligo's own orientation, once for each choice of ALT alleles."""
    choices = []
    names, places = row["varied_variants"].split(";"), str(row["varied_pos_in_oligo"]).split(";")
    for name, place in zip(names, places, strict=True):
        ref, alts = name.split("_")[-2:]
        offset, choice = int(place) - 1, []
        if row["strand"] == "-":
            offset -= len(ref) - 1
        for alt in alts.split(","):
            pair = [text.translate(COMPLEMENT)[::-1] if row["strand"] == "-" else text for text in (ref, alt)]
            choice.append(canonical(row["seq_BY"], offset, *pair))
        choices.append(choice)
    return [sorted(chain.from_iterable(chosen)) for chosen in product(*choices)]


def agreement(row: pd.Series) -> str:
    a, b = row["seq_BY"], row["seq_alt"]
    found = find_differences(a, b)
    if apply_differences(a, found) != b:
        return "wrong"
    ours = [one for d in found for one in canonical(a, d.offset_a, d.allele_a, d.allele_b)]
    theirs = listed(row)
    if sorted(ours) in theirs:
        return "equal"
    edits = [[Difference(offset, 0, ref, alt) for offset, ref, alt in choice] for choice in theirs]
    if all(apply_differences(a, choice) != b for choice in edits):
        return "the table's variants do not lead from BY to the other oligo"
    return "other alignment"


def test_variants_of_real_pairs_are_those_of_the_authors(shared_data):
    table = pd.read_csv(shared_data / "yeast_promoter_mpra" / "pairs.tsv.gz", sep="\t")
    classes = Counter(agreement(row) for _, row in table.iterrows())
    assert classes.total() == 7504
    assert classes["wrong"] == 0
    assert classes["equal"] >= 0.995 * classes.total(), classes
