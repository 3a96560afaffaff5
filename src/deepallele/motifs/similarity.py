"""How alike two contribution matrices are, with a p-value that pays for every alignment tried."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

MIN_OVERLAP = 4
TILE = 256


class Alignment(NamedTuple):
    """Best alignment of each query to each target.

    Attributes
    ----------
    p_value
        float64, shape=(q, t); one-sided, corrected for the alignments tried; 1 where none was possible.
    offset
        int16, shape=(q, t); position of the query's first base (after turning) in the target.
    reverse
        bool, shape=(q, t); the query was reverse-complemented.
    correlation
        float32, shape=(q, t); Pearson's, of the two matrices with zeros where only one of them reaches.
    """

    p_value: NDArray[np.float64]
    offset: NDArray[np.int16]
    reverse: NDArray[np.bool_]
    correlation: NDArray[np.float32]


def zero_sum(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """Subtract each position's mean over the four bases, shape=(..., 4) in and out."""
    return matrix - matrix.mean(axis=-1, keepdims=True)


def reverse_complement(matrix: NDArray[np.float32], length: NDArray[np.int64]) -> NDArray[np.float32]:
    """Turn matrices that fill the first `length` of their positions, shape=(m, W, 4), zeros behind."""
    source = length[:, None] - 1 - np.arange(matrix.shape[1])
    turned = np.take_along_axis(matrix, np.maximum(source, 0)[:, :, None], axis=1)[:, :, ::-1]
    return np.where((source >= 0)[:, :, None], turned, 0)


def number_of_alignments(
    query: NDArray[np.int64], target: NDArray[np.int64], min_overlap: int = MIN_OVERLAP
) -> NDArray[np.int64]:
    """Offsets x 2 strands at which motifs of these lengths overlap by `min_overlap`, shape=(q, t)."""
    offsets = np.maximum(query[:, None] + target[None, :] - 2 * min_overlap + 1, 0)
    enough = (query[:, None] >= min_overlap) & (target[None, :] >= min_overlap)
    return 2 * offsets * enough


def align(
    query: NDArray[np.float32],
    query_length: NDArray[np.int64],
    target: NDArray[np.float32],
    target_length: NDArray[np.int64],
    min_overlap: int = MIN_OVERLAP,
    upper: bool = False,
) -> Alignment:
    """Align every query to every target and test the correlation of the best alignment.

    The correlation is Pearson's over the overlap of two zero-sum matrices u and v (their mean is 0).
    Its null distribution is that of unrelated sequences: the four bases of each column are exchangeable.
    Then the sum of products has mean 0, variance sum(|u|^2 |v|^2) / 3 and third cumulant
    (2/3) sum(u^3) sum(v^3), summed over columns, whatever the sizes of the contributions. The tail is
    that of the gamma distribution with these moments (Wilson and Hilferty 1931, PNAS 17:684), and the
    p-value of the best of k alignments is 1 - (1 - p)^k (Sidak 1967, JASA 62:626).

    A t-test on the 4 x overlap values would be wrong: the values of a column are not independent, and
    the best of many offsets and two strands is taken.

    Parameters
    ----------
    query, target
        float32, shape=(q, W, 4) and (t, V, 4); zero-sum, left-justified, zeros behind the length.
    query_length, target_length
        int64, shape=(q,) and (t,).
    min_overlap
        Fewest positions that must overlap.
    upper
        Targets are the queries; p-values of mirrored pairs are filled in, the other fields are then
        given for one pair of each mirrored two only.

    Returns
    -------
    Alignment
    """
    shape = (len(query), len(target))
    score = np.full(shape, -np.inf, dtype=np.float32)
    offset = np.zeros(shape, dtype=np.int16)
    reverse = np.zeros(shape, dtype=np.bool_)
    total = np.zeros(shape, dtype=np.float32)
    # Tiles of like length try few offsets that are impossible.
    query_order = np.argsort(query_length, kind="stable")
    target_order = query_order if upper else np.argsort(target_length, kind="stable")
    turned = reverse_complement(query, query_length)
    for a in range(0, shape[0], TILE):
        rows = query_order[a : a + TILE]
        for b in range(a if upper else 0, shape[1], TILE):
            columns = target_order[b : b + TILE]
            best = _align_tile(
                (query[rows], turned[rows]),
                query_length[rows],
                target[columns],
                target_length[columns],
                min_overlap,
            )
            tile = np.ix_(rows, columns)
            score[tile], offset[tile], reverse[tile], total[tile] = best
    tries = number_of_alignments(query_length, target_length, min_overlap)
    p_value = -np.expm1(tries * np.log1p(-np.minimum(ndtr(-score.astype(np.float64)), 1 - 1e-16)))
    p_value = np.where(tries > 0, p_value, 1.0)
    if upper:
        p_value = _mirror_missing(p_value, query_order)
    norms = np.outer(*(np.sqrt((matrix * matrix).sum(axis=(1, 2))) for matrix in (query, target)))
    correlation = (total / np.where(norms > 0, norms, 1)).astype(np.float32)
    return Alignment(p_value, offset, reverse, correlation)


def _mirror_missing(p_value: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fill the tiles that were left out (below the diagonal in length order) from their mirror images."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) // TILE
    left_out = place[:, None] > place[None, :]
    return np.where(left_out, p_value.T, p_value)


def _align_tile(
    strands: tuple[NDArray[np.float32], NDArray[np.float32]],
    query_length: NDArray[np.int64],
    target: NDArray[np.float32],
    target_length: NDArray[np.int64],
    min_overlap: int,
) -> tuple[NDArray[np.float32], NDArray[np.int16], NDArray[np.bool_], NDArray[np.float32]]:
    shape = (len(query_length), len(target_length))
    best = np.full(shape, -np.inf, dtype=np.float32)
    best_offset = np.zeros(shape, dtype=np.int16)
    best_reverse = np.zeros(shape, dtype=np.bool_)
    best_total = np.zeros(shape, dtype=np.float32)
    width, target_width = int(query_length.max()), int(target_length.max())
    target_powers = _powers(target[:, :target_width])
    for turn, query in enumerate(strands):
        query_powers = _powers(query[:, :width])
        for offset in range(min_overlap - width, target_width - min_overlap + 1):
            first, stop = max(0, -offset), min(width, target_width - offset)
            overlap = np.minimum(query_length[:, None], target_length[None, :] - offset) - first
            products = [
                q[:, first:stop].reshape(len(q), -1)
                @ t[:, first + offset : stop + offset].reshape(len(t), -1).T
                for q, t in zip(query_powers, target_powers, strict=True)
            ]
            score = np.where(overlap >= min_overlap, _normal_score(*products), -np.inf)
            better = score > best
            best[better] = score[better]
            best_offset[better] = offset
            best_reverse[better] = bool(turn)
            best_total[better] = products[0][better]
    return best, best_offset, best_reverse, best_total


def _powers(matrix: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    square = matrix * matrix
    return matrix, square.sum(axis=2), (square * matrix).sum(axis=2)


def _normal_score(
    total: NDArray[np.float32], square: NDArray[np.float32], cube: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Standard normal score of the sum of products under its gamma null (Wilson-Hilferty)."""
    deviation = np.sqrt(np.where(square > 0, square, 1) / 3)
    x = total / deviation
    half_skew = np.clip(cube / (3 * deviation**3), -2, 2)  # skewness / 2 = 1 / sqrt(shape)
    side = np.where(half_skew < 0, np.float32(-1), np.float32(1))
    h = np.maximum(np.abs(half_skew), np.float32(1e-3))
    root = np.cbrt(np.maximum(1 + side * x * h, 0))
    return side * (3 / h * (root - 1) + h / 3)
