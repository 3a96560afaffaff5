import numpy as np
import torch

from deepallele.model.encode import fold_haplotypes, one_hot, reverse_complement, reverse_complement_codes


def test_one_hot_columns_are_bases_and_other_is_zero():
    codes = torch.tensor([0, 1, 2, 3, 4], dtype=torch.uint8)
    expected = np.hstack([np.eye(4), np.zeros((4, 1))])
    encoded = one_hot(codes)
    assert encoded.dtype == torch.float32
    np.testing.assert_array_equal(encoded.numpy(), expected)


def test_one_hot_keeps_leading_axes():
    assert one_hot(torch.zeros(3, 2, 7, dtype=torch.uint8)).shape == (3, 2, 4, 7)


def test_reverse_complement_of_codes_and_of_one_hot_agree():
    codes = torch.tensor([[0, 1, 4, 3, 2, 2]], dtype=torch.uint8)
    turned = reverse_complement_codes(codes)
    assert turned.tolist() == [[1, 1, 0, 4, 2, 3]]
    assert turned.dtype == torch.uint8
    assert torch.equal(one_hot(turned), reverse_complement(one_hot(codes)))


def test_haplotypes_are_folded_with_the_haplotype_inner():
    pairs = torch.arange(3 * 2 * 4 * 5).view(3, 2, 4, 5)
    folded = fold_haplotypes(pairs)
    assert torch.equal(folded[3], pairs[1, 1])
    assert torch.equal(folded[4], pairs[2, 0])
