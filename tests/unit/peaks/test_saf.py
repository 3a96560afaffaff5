"""SAF files as a user's own regions."""

import gzip
from pathlib import Path

import pytest

from deepallele.errors import InputError
from deepallele.peaks.saf import is_saf, read_saf

HEADER = "GeneID\tChr\tStart\tEnd\tStrand\n"


def test_rows_are_turned_into_half_open_coordinates(tmp_path: Path) -> None:
    text = f"# note\n{HEADER}a\t1\t1\t10\t+\n\nb\tHLA-A*01:01\t5\t5\t-\textra\n"
    (tmp_path / "r.saf").write_text(text)
    rows = list(read_saf(tmp_path / "r.saf"))
    assert rows == [("a", "1", 0, 10), ("b", "HLA-A*01:01", 4, 5)]
    with gzip.open(tmp_path / "r.saf.gz", "wt") as file:
        file.write(text.lower().replace("hla-a", "HLA-A").replace("\n", "\r\n"))
    assert list(read_saf(tmp_path / "r.saf.gz")) == rows


def test_a_saf_is_known_by_its_name_or_its_header(tmp_path: Path) -> None:
    for name, text, answer in (
        ("x.saf", "a\t1\t1\t10\t+\n", True),
        ("x.SAF.gz", "", True),
        ("x.txt", HEADER, True),
        ("x.bed", "geneid\t5\t9\n", True),
        ("y.bed", "GeneIDs\t5\t9\n", False),
        ("z.bed", "", False),
    ):
        (tmp_path / name).write_text(text)
        assert is_saf(tmp_path / name) == answer, name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a\t1\t1\t10\t+\n",
            "line 1: 'a.*' is not the header of a SAF; its first line is: GeneID Chr Start End",
        ),
        ("", "the file is empty"),
        (HEADER + "a\t1\t10\t9\t+\n", "line 2: End 9 is before Start 10"),
        (HEADER + "a\t1\t0\t9\t+\n", "line 2: Start 0; a SAF counts bases from 1"),
        (HEADER + "a\t1\tx\t9\t+\n", "line 2: not a SAF row"),
        (HEADER + "a\t1\t1\t9\n", "line 2: not a SAF row"),
        (HEADER + "a\t1\t-1\t9\t+\n", "line 2: not a SAF row"),
    ],
)
def test_what_is_no_saf_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.saf").write_text(text)
    with pytest.raises(InputError, match=message):
        list(read_saf(tmp_path / "r.saf"))
