"""The first reads are looked at before any job: barcodes, tags, whitelist."""

import gzip

import pytest

from deepallele.errors import InputError
from deepallele.reads.preflight import check_reads, comment_tags

CELLS = {"barcode": "name", "barcode_regex": "[^:]*", "barcode_tag": "CB", "whitelist": None}


def config(assay="scatac", umi="none", **cells):
    return {"assay": assay, "allele": {"umi": umi}, "single_cell": CELLS | cells}


@pytest.fixture
def unit(tmp_path):
    def write(*headers, second=None):
        paths = []
        for mate, lines in enumerate((headers, second or headers), start=1):
            path = tmp_path / f"r{mate}.fq.gz"
            path.write_bytes(gzip.compress("".join(f"@{line}\nACGT\n+\nFFFF\n" for line in lines).encode()))
            paths.append(str(path))
        return [{"fastq_1": paths[0], "fastq_2": paths[1]}]

    return write


def test_good_reads_pass(unit, tmp_path):
    assert check_reads(config(), unit("AC:1", ":2")) == []
    assert check_reads(config(barcode="tag"), unit("r1\tCB:Z:AC\tRX:Z:G", "r2 CB:Z:TT", "r3")) == []
    assert check_reads(config("atac", "tag"), unit("r1 RX:Z:AC")) == []
    assert check_reads(config("atac"), unit("r1 1:N:0:ACGT")) == []
    (tmp_path / "w.txt").write_text("TT\nAC\n")
    assert check_reads(config(whitelist=str(tmp_path / "w.txt")), unit("AC:1", "GG:2")) == []


def test_a_whitelist_with_few_of_the_barcodes_is_worth_a_note(unit, tmp_path):
    (tmp_path / "w.txt").write_text("TT\nAC\n")
    (note,) = check_reads(config(whitelist=str(tmp_path / "w.txt")), unit("AC:1", "GG:2", "GC:3", "CC:4"))
    assert note.endswith("w.txt: 25% of the barcodes of the first reads are in it")


@pytest.mark.parametrize(
    ("settings", "headers", "words"),
    [
        (
            {},
            [":1", ":2"],
            r"r1.fq.gz: single_cell.barcode_regex '\[\^:\]\*' matches nothing .* first 2 read",
        ),
        (
            {"barcode_regex": "[ACGT]{16}"},
            ["ACGT:1"],
            r"first 1 read names \(the first is 'ACGT:1'\); mend it",
        ),
        (
            {"barcode": "tag"},
            ["r1", "r2 XC:Z:AC"],
            r"none of the first 2 reads has CB:Z:\.\.\. in its comment",
        ),
        ({"barcode": "tag"}, ["r1 1:N:0:AC CB:Z:AC"], r"must be SAM tags .*'1:N:0:AC CB:Z:AC' is none"),
        ({"barcode": "tag"}, ["r1 CB:Z:AC RX:Z:T"], r"with tabs in between; 'CB:Z:AC RX:Z:T' is none"),
        ({"barcode": "tag"}, ["r1 CB:Z:AC\t"], r"'' is none"),
        ({"assay": "atac", "umi": "tag"}, ["r1", "r2"], r"reads has RX:Z:\.\.\. in its comment"),
        ({"barcode": "tag", "umi": "tag"}, ["r1 CB:Z:AC"], r"reads has RX:Z:\.\.\. in its comment"),
    ],
)
def test_barcodes_and_tags_that_are_not_there_are_told(unit, settings, headers, words):
    with pytest.raises(InputError, match=words):
        check_reads(config(**settings), unit(*headers))


def test_the_second_mates_need_their_tags_too(unit):
    with pytest.raises(InputError, match=r"r2.fq.gz: none of the first 1 reads has RX"):
        check_reads(config("atac", "tag"), unit("r1 RX:Z:AC", second=["r1"]))


def test_whitelists_that_do_not_fit_are_told(unit, tmp_path):
    path = tmp_path / "w.txt"
    for text, words in (
        ("AC-1\nTT-1\n", r"none of the 2 barcodes .* \(reads have 'AC', the list 'TT-1'\)"),
        ("", "no barcode in the whitelist"),
        ("AC\tcell\n", "line 1: .* is no barcode"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            check_reads(config(whitelist=str(path)), unit("AC:1", "GG:2"))
    with pytest.raises(InputError, match="no such file"):
        check_reads(config(whitelist=str(tmp_path / "none")), unit("AC:1"))


def test_tags_of_the_comments():
    assert comment_tags(config()) == []
    assert comment_tags(config(barcode="tag", umi="tag", barcode_tag="XC")) == ["RX", "XC"]
    assert comment_tags(config("atac", barcode="tag")) == []
