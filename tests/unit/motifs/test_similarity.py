import numpy as np

from deepallele.motifs.similarity import align, number_of_alignments, reverse_complement, zero_sum


def _motif(codes, width=12):
    matrix = np.zeros((1, width, 4), dtype=np.float32)
    matrix[0, np.arange(len(codes)), codes] = 1
    matrix[0, : len(codes)] = zero_sum(matrix[0, : len(codes)])
    return matrix, np.array([len(codes)])


def test_identical_matrices_align_at_offset_0():
    one = _motif([0, 2, 1, 3, 3, 0, 1, 1])
    best = align(*one, *one)
    assert best.offset[0, 0] == 0 and not best.reverse[0, 0]
    np.testing.assert_allclose(best.correlation, 1, atol=1e-6)
    assert best.p_value[0, 0] < 1e-3


def test_shift_and_strand_are_found():
    codes = [0, 2, 1, 3, 3, 0, 1, 1]
    turned = [3 - code for code in codes[::-1]]
    best = align(*_motif(turned), *_motif([2, 2, 1, *codes]))
    assert best.reverse[0, 0] and best.offset[0, 0] == 3


def test_opposite_effects_do_not_correlate():
    matrix, length = _motif([0, 2, 1, 3, 3, 0, 1, 1])
    assert align(matrix, length, -matrix, length).p_value[0, 0] > 0.05


def test_number_of_alignments_is_offsets_times_strands():
    lengths = np.array([3, 4, 8])
    assert number_of_alignments(lengths, lengths).tolist() == [[0, 0, 0], [0, 2, 10], [0, 10, 18]]


def test_matrices_too_short_to_overlap_have_p_1():
    one, length = _motif([0, 2, 1])
    assert align(one, length, one, length).p_value[0, 0] == 1


def test_reverse_complement_twice_is_the_same_and_stays_left_justified():
    rng = np.random.default_rng(0)
    length = np.array([4, 7, 9])
    matrix = rng.normal(size=(3, 9, 4)).astype(np.float32) * (np.arange(9) < length[:, None])[:, :, None]
    turned = reverse_complement(matrix, length)
    np.testing.assert_array_equal(reverse_complement(turned, length), matrix)
    np.testing.assert_array_equal(turned[0, 0], matrix[0, 3, ::-1])
    assert not turned[0, 4:].any()


def test_upper_triangle_gives_the_same_p_values():
    rng = np.random.default_rng(1)
    length = rng.integers(4, 10, 300)
    matrix = zero_sum(rng.normal(size=(300, 10, 4)).astype(np.float32))
    matrix[np.arange(10) >= length[:, None]] = 0
    whole = align(matrix, length, matrix, length).p_value
    upper = align(matrix, length, matrix, length, upper=True).p_value
    np.testing.assert_allclose(upper, whole, rtol=2e-3, atol=1e-6)
