"""Letters become codes and back; windows may reach over the contig's ends."""

import numpy as np
import pyfaidx
import pytest

from deepallele.errors import InputError
from deepallele.genome.fasta import decode, encode, fetch


def test_case_is_ignored_and_other_letters_are_four():
    codes = encode("ACGTacgtNnRy-")
    assert codes.dtype == np.uint8
    assert codes.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 4, 4, 4, 4, 4]


def test_decode_undoes_encode():
    assert decode(encode("ACGTNacgtn")) == "ACGTNACGTN"
    assert decode(encode("")) == ""
    with pytest.raises(IndexError):
        decode(np.array([5], dtype=np.uint8))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 4, "ACGT"),
        (2, 5, "GTA"),
        (-2, 3, "NNACG"),
        (4, 8, "AcNN"),
        (-3, 9, "NNNACGTAcNNN"),
        (6, 8, "NN"),
        (-4, -1, "NNN"),
        (3, 3, ""),
    ],
)
def test_fetch_fills_positions_outside_the_contig(write_fasta, start, end, expected):
    fasta = pyfaidx.Fasta(str(write_fasta({"a": "ACGTAc"})))
    assert decode(fetch(fasta, "a", start, end)) == expected.upper()


def test_fetch_refuses_unknown_contigs_and_reversed_windows(write_fasta):
    fasta = pyfaidx.Fasta(str(write_fasta({"a": "ACGTAC"})))
    with pytest.raises(InputError, match="no contig 'b'"):
        fetch(fasta, "b", 0, 3)
    with pytest.raises(ValueError, match="before start"):
        fetch(fasta, "a", 3, 2)
