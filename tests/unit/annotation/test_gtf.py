"""Reading a GTF: what is taken, and what is refused with line, value and mend."""

import gzip

import numpy as np
import pytest

from deepallele.annotation.gtf import read_gtf, transcript_of
from deepallele.errors import InputError

GOOD = 'c1\tmade\texon\t5\t9\t.\t+\t.\tgene_id "g#1"; transcript_id "t;1";'


def changed(**columns):
    """The good row with other columns (by number)."""
    row = GOOD.split("\t")
    for name, value in columns.items():
        row[int(name[1:])] = value
    return "\t".join(row)


def test_rows_come_as_they_are_with_line_and_place(tmp_path):
    path = tmp_path / "a.gtf"
    path.write_text(f"#!comment\twith\ttabs\n\n{GOOD}\r\n{changed(_2='gene', _3='1', _4='1', _8='x')}\n")
    [features] = read_gtf(path)
    assert features.fields[0] == GOOD.split("\t")
    assert features.line.tolist() == [3, 4]
    assert features.start.tolist() == [4, 0] and features.end.tolist() == [9, 1]
    assert features.start.dtype == np.int64


def test_pieces_and_gzip_change_nothing(tmp_path):
    path = tmp_path / "a.gtf.gz"
    rows = [changed(_3=str(n), _4=str(n + 2)) for n in range(1, 50)]
    path.write_bytes(gzip.compress("\n".join(["# head", *rows]).encode()))
    pieces = list(read_gtf(path, chunk_bytes=200))
    assert len(pieces) > 10
    assert np.concatenate([piece.line for piece in pieces]).tolist() == list(range(2, 51))
    assert np.concatenate([piece.start for piece in pieces]).tolist() == list(range(49))


@pytest.mark.parametrize(
    ("attributes", "transcript"),
    [
        ('gene_id "g"; transcript_id "t.1"; tag "x"', "t.1"),
        ("gene_id g; transcript_id t.1;", "t.1"),
        ('ref_transcript_id "no"; transcript_id "t.2";', "t.2"),
        ('gene_id "g"; transcript_id "";', ""),
        ("", ""),
    ],
)
def test_transcript_of_attributes(attributes, transcript):
    assert transcript_of(attributes) == transcript


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("c1 made exon 5 9", "line 2: 1 tab-separated columns, a GTF has 9"),
        (GOOD + "\tmore", "line 2: 10 tab-separated columns"),
        (changed(_0=""), "line 2: the first column, the contig, is empty"),
        (changed(_3="1e3"), "line 2: the start is '1e3', which is no position"),
        (changed(_4="-9"), "line 2: the end is '-9'"),
        (changed(_4="9" * 30), "line 2: the end is '9999"),
        (changed(_3="10"), "line 2: start 10, end 9; needed: 1 <= start <= end"),
        (changed(_3="0"), "line 2: start 0, end 9"),
        (changed(_6="1"), "line 2: the strand is '1'"),
        (changed(_8='transcript_id "t"'), "line 2: an exon without gene_id"),
        (changed(_8='gene_id "g"; transcript_id ""'), "line 2: an exon without transcript_id"),
        (changed(_8="ID=exon1;Parent=t1"), "a GFF3 file must be converted to GTF first"),
    ],
)
def test_what_is_no_gtf_is_refused(tmp_path, row, message):
    path = tmp_path / "bad.gtf"
    path.write_text(f"{GOOD}\n{row}\n{GOOD}\n")
    with pytest.raises(InputError, match=r"bad\.gtf") as error:
        list(read_gtf(path))
    assert message in str(error.value)


def test_a_file_without_rows_without_text_or_without_its_end_is_refused(tmp_path):
    path = tmp_path / "a.gtf"
    path.write_text("# nothing\n")
    with pytest.raises(InputError, match="no row in the file"):
        list(read_gtf(path))
    path.write_bytes(b"c1\tmade\xff\n")
    with pytest.raises(InputError, match="line 1: no text"):
        list(read_gtf(path))
    path.write_bytes(gzip.compress(GOOD.encode() * 50)[:-12])
    with pytest.raises(InputError, match="cut short"):
        list(read_gtf(path))
