"""Folds that cannot be are refused before any job."""

import pytest

from deepallele.dataset.chromosomes import check_chromosomes
from deepallele.errors import InputError

CHROMOSOMES = ["chr1", "chr2", "chr3", "chrM"]


def config(**dataset):
    values = {"folds": 2, "split": "chromosome", "test_chromosomes": [], "validation_chromosomes": []}
    return {"dataset": {**values, **dataset}, "reference": {"exclude_contigs": ["chrM"]}}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"folds": 3},
        {"folds": 9, "split": "blocks"},
        {"folds": 9, "test_chromosomes": ["chr2"]},
        {"test_chromosomes": ["chr2"], "validation_chromosomes": ["chr1"]},
    ],
)
def test_folds_that_can_be_made(changes):
    check_chromosomes(config(**changes), CHROMOSOMES, "g.fa")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folds": 4}, r"dataset.folds': .* need 4 chromosomes, but g.fa has 3 .*dataset.split: blocks"),
        ({"test_chromosomes": ["chr9"]}, r"test_chromosomes': no 'chr9' in g.fa \(chr1, chr2, chr3\)"),
        ({"test_chromosomes": ["chrM"]}, "no 'chrM'"),
        (
            {"test_chromosomes": ["chr1"], "validation_chromosomes": ["2"]},
            "validation_chromosomes': no '2' in",
        ),
        ({"test_chromosomes": ["chr1", "chr2"]}, "dataset.test_chromosomes': .*need 4 .*name fewer"),
    ],
)
def test_folds_that_cannot(changes, words):
    with pytest.raises(InputError, match=words):
        check_chromosomes(config(**changes), CHROMOSOMES, "g.fa")


def test_two_folds_need_three_chromosomes():
    check_chromosomes(config(), CHROMOSOMES[:3], "g.fa")
    with pytest.raises(InputError, match=r"need 3 chromosomes, but g\.fa has 2"):
        check_chromosomes(config(), CHROMOSOMES[:2], "g.fa")
