"""Barcodes of cells: where they are found, that duplicates are removed within a cell, what the BAM says."""

import re

import numpy as np
import pysam
import pytest
from allele_records import Read, describe_bam, pair, run, write_bam

from deepallele.allele.barcode import Barcode, BarcodeSource, find_barcodes
from deepallele.allele.barcode_regex import as_run
from deepallele.allele.outcome import Settings, Umi
from deepallele.errors import InputError

NAMES = ["ACGT:r1", "TTGACC:r2:x", ":r3", "plain", "AC-1_r5", "acgt:r6", "ACGTACGTACGTACGTACGT:r7"]
NAME = Settings(barcode=Barcode(BarcodeSource.NAME))


def barcodes(tmp_path, names, where, tags=None):
    reads = [[Read(pos=100, umi=tag)] for tag in tags or [None] * len(names)]
    records = describe_bam(write_bam(tmp_path / "a.bam", "A", reads, names), "A", 1).records
    begin, end = find_barcodes(records, np.arange(len(names)), where)
    return [records.data[a:b].tobytes().decode() for a, b in zip(begin, end, strict=True)]


@pytest.mark.parametrize(
    "regex",
    [
        *(
            "[^:]*",
            "[^:]+",
            "[ACGT]{4}",
            "[ACGT]{5,}",
            "[ACGT]{2,6}",
            ".{4}",
            r"\w+",
            "A*",
            "[ACGT-]+",
            "A{0}",
        ),
        *("([ACGT]+)(?=:)", "[ACGT]+-1", "[A-Z]+?:", "x|AC", "[:]*", r"[^\W_]+"),
    ],
)
def test_the_regex_means_what_python_says(tmp_path, regex):
    found = barcodes(tmp_path, NAMES, Barcode(BarcodeSource.NAME, regex))
    matches = [re.match(regex, name) for name in NAMES]
    assert found == [match.group() if match else "" for match in matches]


def test_plain_expressions_need_no_python_per_read():
    plain = ["[^:]*", "[ACGT]{16}", ".{16}", r"\w+", "[ACGTN-]+", "[ACGT]{8,}", "N{1,2}"]
    assert all(as_run(regex) for regex in plain)
    assert not any(
        as_run(regex) for regex in ["[ACGT]", "[A:]+x", "[ab", "a|b+", "(A+)", r"[\w]+", "[ACGT]+?"]
    )


def test_barcodes_in_a_tag(tmp_path):
    tags = ["ACGT-1", None, "TT"]
    assert barcodes(tmp_path, list("abc"), Barcode(BarcodeSource.TAG, tag="RX"), tags) == ["ACGT-1", "", "TT"]


@pytest.mark.parametrize(
    ("barcode", "words"),
    [
        (Barcode(BarcodeSource.NAME, "[ACGT"), r"barcode regex '\[ACGT' is no regular expression"),
        (Barcode(BarcodeSource.NAME, "ü"), "use ASCII characters only"),
        (Barcode(BarcodeSource.TAG, tag="C"), "barcode tag 'C'; a SAM tag is"),
    ],
)
def test_settings_that_cannot_be(barcode, words):
    with pytest.raises(InputError, match=words):
        Settings(barcode=barcode).check()


def test_duplicates_are_removed_within_a_cell_and_counted(tmp_path):
    names = ["AC:1", "AC:2", "AC:3", "GT:4", "GT:5", "TT:6", ":7", ":8"]
    templates = [pair(100)] * 8
    stats, records = run(tmp_path / "x", templates, templates, names=names, settings=NAME)
    assert (stats["ambiguous"], stats["duplicates"]) == (4, 4)
    found = {record.get_tag("CB") if record.has_tag("CB") else "": record.get_tag("dc") for record in records}
    assert found == {"AC": 3, "GT": 2, "TT": 1, "": 2}
    assert len(records) == 8, "both mates of a pair say the same"
    without, records = run(tmp_path / "y", templates, templates, names=names)
    assert (without["ambiguous"], without["duplicates"]) == (1, 7)
    assert not records[0].has_tag("dc") and records[0].get_tag("CB") == "ACGT-1", "bulk reads keep their tags"


def test_umi_and_barcode_count_together(tmp_path):
    names = ["AC:1_GG", "AC:2_GG", "AC:3_TT", "GT:4_GG", "GG:5_AC"]
    settings = Settings(umi=Umi.NAME, umi_separators="_", barcode=Barcode(BarcodeSource.NAME))
    stats, _ = run(tmp_path / "x", [pair(100)] * 5, [pair(100)] * 5, names=names, settings=settings)
    assert (stats["ambiguous"], stats["duplicates"]) == (4, 1)


def test_duplicates_that_are_kept_count_one(tmp_path):
    settings = Settings(barcode=Barcode(BarcodeSource.NAME), remove_duplicates=False)
    _, records = run(
        tmp_path / "x", [pair(100)] * 3, [pair(100)] * 3, names=["A:1", "A:2", "A:3"], settings=settings
    )
    assert [record.get_tag("dc") for record in records] == [1] * 6


def test_both_mates_get_the_barcode_of_the_first(tmp_path):
    settings = Settings(barcode=Barcode(BarcodeSource.TAG, tag="RX"))
    first, second = pair(100)
    first.umi, second.umi = "CELL-1", None
    _, records = run(tmp_path / "x", [[first, second]], [[first, second]], settings=settings)
    assert [record.get_tag("CB") for record in records] == ["CELL-1", "CELL-1"]
    with pysam.AlignmentFile(str(tmp_path / "x" / "s.bam")) as file:
        assert [tag for tag, _ in next(file).get_tags()] == ["RX", "RG", "CB", "XH", "dc"]


def test_reads_without_any_barcode_are_told_and_nothing_is_left(tmp_path):
    with pytest.raises(InputError, match=r"regex '\[\^:\]\*' matches nothing .*read :r, for one"):
        run(tmp_path / "x", [pair(100)], [pair(100)], names=[":r"], settings=NAME)
    assert not list((tmp_path / "x").glob("s.*"))
    tag = Settings(barcode=Barcode(BarcodeSource.TAG, tag="XC"))
    with pytest.raises(InputError, match=r"no read has a barcode in its tag XC \(read read0, for one\)"):
        run(tmp_path / "y", [pair(100)], [pair(100)], settings=tag)
