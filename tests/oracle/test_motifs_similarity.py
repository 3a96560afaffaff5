"""The alignment's p-value against brute force and against random motifs."""

import itertools

import numpy as np
import pytest

from deepallele.motifs.similarity import align, number_of_alignments, zero_sum


def _random(rng, n, low, high, kind):
    length = rng.integers(low, high + 1, n)
    size = rng.gamma(4, 1, (n, high))
    matrix = rng.normal(0, 0.5, (n, high, 4)) if kind != "one base" else np.zeros((n, high, 4))
    if kind != "normal":
        np.put_along_axis(matrix, rng.integers(0, 4, (n, high, 1)), size[:, :, None], axis=2)
    matrix = zero_sum(matrix.astype(np.float32))
    matrix[np.arange(high) >= length[:, None]] = 0
    return matrix, length


@pytest.mark.parametrize("kind", ["one base", "hypothetical", "normal"])
@pytest.mark.parametrize(("low", "high"), [(4, 4), (6, 6), (4, 15), (10, 20)])
def test_random_pairs_pass_no_more_often_than_they_should(kind, low, high):
    rng = np.random.default_rng(0)
    matrix, length = _random(rng, 400, low, high, kind)
    p_value = align(matrix, length, matrix, length, upper=True).p_value[np.triu_indices(400, 1)]
    for level in (0.05, 0.01, 0.001):
        assert (p_value <= level).mean() <= 1.2 * level
    assert (p_value <= 0.5).mean() > 0.1


def test_uncorrected_p_values_would_not_be_valid():
    """The best of all alignments without correction: what the correction is for."""
    rng = np.random.default_rng(1)
    matrix, length = _random(rng, 200, 8, 8, "hypothetical")
    p_value = align(matrix, length, matrix, length).p_value[np.triu_indices(200, 1)]
    tries = number_of_alignments(length[:1], length[:1])[0, 0]
    uncorrected = -np.expm1(np.log1p(-p_value) / tries)
    assert (uncorrected <= 0.05).mean() > 0.2


@pytest.mark.parametrize("kind", ["hypothetical", "normal"])
def test_single_alignment_equals_the_permutation_null(kind):
    """One offset: all 24^4 orders of four columns' bases, enumerated."""
    rng = np.random.default_rng(2)
    orders = np.array(list(itertools.permutations(range(4))))
    matrix, length = _random(rng, 60, 4, 4, kind)
    # pairs from unrelated to alike
    other = zero_sum(matrix + matrix[::-1] * np.linspace(0, 3, 60, dtype=np.float32)[:, None, None])
    best = align(matrix, length, other, length)
    for i in range(60):
        p_value = -np.expm1(np.log1p(-best.p_value[i, i]) / 2)
        strand = matrix[i, ::-1, ::-1] if best.reverse[i, i] else matrix[i]
        products = np.einsum("wb,wob->wo", strand, other[i][:, orders])
        sums = (
            products[0][:, None, None, None] + products[1][:, None, None] + products[2][:, None] + products[3]
        )
        exact = (sums >= (strand * other[i]).sum() - 1e-5).mean()
        assert p_value > 0.6 * exact
        assert p_value < 2.5 * exact or exact < 0.01


def test_best_offset_and_strand_equal_brute_force():
    rng = np.random.default_rng(3)
    query, query_length = _random(rng, 30, 4, 9, "hypothetical")
    target, target_length = _random(rng, 20, 4, 12, "normal")
    best = align(query, query_length, target, target_length)
    for i, j in np.ndindex(30, 20):
        u, v = query[i, : query_length[i]], target[j, : target_length[j]]
        tried = []
        for reverse, strand in ((False, u), (True, u[::-1, ::-1])):
            for offset in range(4 - len(u), len(v) - 3):
                first, stop = max(0, -offset), min(len(u), len(v) - offset)
                here, there = strand[first:stop], v[first + offset : stop + offset]
                assert len(here) >= 4
                deviation = np.sqrt((np.square(here).sum(1) * np.square(there).sum(1)).sum() / 3)
                tried.append(((here * there).sum() / deviation, reverse, offset, (here * there).sum()))
        assert len(tried) == number_of_alignments(query_length[i : i + 1], target_length[j : j + 1])[0, 0]
        chosen = [one for one in tried if (one[1], one[2]) == (best.reverse[i, j], best.offset[i, j])]
        assert len(chosen) == 1
        # skewness can reorder alignments of nearly the same score, not distant ones
        assert chosen[0][0] > max(tried)[0] - 0.6
        norm = np.linalg.norm(u) * np.linalg.norm(v)
        np.testing.assert_allclose(best.correlation[i, j], chosen[0][3] / norm, rtol=1e-4)
