"""Genotypes, allele forms and classes of single records."""

import pytest

from deepallele.genome.alleles import Skip, called_allele, is_anchored_indel, trim, unusable, variant_class


@pytest.mark.parametrize(
    ("genotype", "phased", "phase", "expected"),
    [
        ((1, 1), False, None, 1),
        ((2, 2), False, None, 2),
        ((0, 0), False, None, 0),
        ((1,), False, None, 1),
        ((0, 1), True, None, Skip.HETEROZYGOUS),
        ((0, 1), True, 0, 0),
        ((0, 1), True, 1, 1),
        ((2, 1), True, 0, 2),
        ((0, 1), False, 0, Skip.UNPHASED),
        ((1, 1), False, 1, 1),
        ((1,), False, 1, 1),
        ((None, 1), True, 1, 1),
        ((None, 1), True, 0, Skip.MISSING),
        ((None, 1), False, None, Skip.MISSING),
        ((1, None), False, None, Skip.MISSING),
        ((None, None), False, None, Skip.MISSING),
        ((None,), False, 0, Skip.MISSING),
        ((), False, None, Skip.MISSING),
        (None, False, 1, Skip.MISSING),
    ],
)
def test_called_allele(genotype, phased, phase, expected):
    assert called_allele(genotype, phased, phase) == expected


@pytest.mark.parametrize(
    ("ref", "alt", "expected"),
    [
        ("A", "C", None),
        ("A", "*", Skip.STAR),
        ("A", "<DEL>", Skip.SYMBOLIC),
        ("A", "A[chr2:5[", Skip.BREAKEND),
        ("A", "]chr2:5]A", Skip.BREAKEND),
        ("A", "A.", Skip.BREAKEND),
        ("A", "N", Skip.NOT_ACGT),
        ("R", "A", Skip.NOT_ACGT),
        ("ANG", "A", Skip.NOT_ACGT),
        ("ACG", "ACRG", Skip.NOT_ACGT),
        ("AC", "AC", Skip.NO_CHANGE),
    ],
)
def test_unusable(ref, alt, expected):
    assert unusable(ref, alt) == expected


SEQUENCE = "TACGTACGTT"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((1, "A", "G"), (1, "A", "G")),
        ((1, "ACG", "ACT"), (3, "G", "T")),
        ((1, "ACG", "TCG"), (1, "A", "T")),
        ((1, "ACG", "TCT"), (1, "ACG", "TCT")),
        ((1, "ACGT", "ACT"), (2, "CG", "C")),
        ((2, "CG", "CGG"), (2, "C", "CG")),
        ((2, "CG", "G"), (1, "AC", "A")),
        ((2, "C", "TTC"), (1, "A", "ATT")),
        ((0, "TA", "A"), (0, "TA", "A")),
        ((0, "T", "GGT"), (0, "T", "GGT")),
        ((1, "ACG", "TT"), (1, "ACG", "TT")),
    ],
)
def test_trim_keeps_the_sequence_it_makes(place, expected):
    assert trim(*place, SEQUENCE) == expected

    def apply(position, ref, alt):
        assert SEQUENCE[position : position + len(ref)] == ref
        return SEQUENCE[:position] + alt + SEQUENCE[position + len(ref) :]

    assert apply(*place) == apply(*expected)


def test_classes():
    pairs = {
        ("A", "C"): "snp",
        ("AC", "GT"): "mnv",
        ("A", "ACC"): "insertion",
        ("ACC", "A"): "deletion",
        ("TA", "A"): "deletion",
        ("ACG", "TT"): "complex",
        ("A", "CG"): "complex",
    }
    assert {pair: variant_class(*pair) for pair in pairs} == pairs
    assert [is_anchored_indel(*pair) for pair in pairs] == [False, False, True, True, False, False, False]
