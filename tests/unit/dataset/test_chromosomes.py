"""Folds that cannot be are refused before any job."""

import pytest

from deepallele.dataset.chromosomes import check_chromosomes, check_folds
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


def test_regions_may_be_on_the_contigs_of_the_reference_or_of_own_regions(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1 first\nACGT\n>chr2\nACGT\n")
    made = {**config(), "assay": "atac", "peaks": {"regions": None}}
    made["reference"]["fasta"] = str(tmp_path / "g.fa")
    with pytest.raises(InputError, match=r"need 3 chromosomes, but .*g\.fa has 2"):
        check_folds(made)
    made["dataset"]["split"] = "blocks"
    check_folds(made)
    made["dataset"]["test_chromosomes"] = ["chr2"]
    (tmp_path / "own.bed").write_text("chr1\t0\t2\nchr9\t0\t2\n")
    made["peaks"]["regions"] = str(tmp_path / "own.bed")
    with pytest.raises(InputError, match=r"no 'chr2' in .*own\.bed \(chr1\)"):
        check_folds(made)
    made["assay"] = "rna"  # whose regions are windows around the TSS
    with pytest.raises(InputError, match=r"need 3 chromosomes, but .*g\.fa has 2"):
        check_folds(made)
