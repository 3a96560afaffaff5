"""The reference is copied into one form, or refused with the reason."""

import gzip
from pathlib import Path

import pytest

from deepallele.errors import InputError
from deepallele.genome.reference import prepare_reference


def test_bases_survive_and_form_is_one(tmp_path):
    source, out = tmp_path / "a.fa.gz", tmp_path / "out.fa"
    text = ">c1 a description\r\n" + "acgtN" * 20 + "\r\n\r\nRT\r\n>HLA-A*01:01\nAC\nGT"
    source.write_bytes(gzip.compress(text.encode()))
    assert prepare_reference(source, out) == {"c1": 102, "HLA-A*01:01": 4}
    first = ("ACGTN" * 20 + "RT")[:60]
    assert out.read_text() == f">c1\n{first}\n" + "ACGTN" * 8 + "RT\n>HLA-A*01:01\nACGT\n"
    assert Path(f"{out}.fai").read_text().splitlines()[0].split("\t") == ["c1", "102", "4", "60", "61"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.fa.gz", "out.fa", "out.fa.fai"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no FASTA record"),
        ("ACGT\n", "line 1: sequence before"),
        (">c\nACGT\n>\nAC\n", "line 3: a FASTA header without a name"),
        (">c\nAC\n>c x\nAC\n", "'c' appears twice"),
        (">c\n>d\nAC\n", "'c' has no sequence"),
        (">c\nAC*T\n", "holds '\\*'"),
        (">c:1-20\nACT\n", "reads as a range"),
    ],
)
def test_bad_fasta_is_refused_and_nothing_is_left(tmp_path, text, message):
    source, out = tmp_path / "a.fa", tmp_path / "out.fa"
    source.write_text(text)
    with pytest.raises(InputError, match=message):
        prepare_reference(source, out)
    assert not out.exists()


def test_truncated_gzip_is_told(tmp_path):
    source = tmp_path / "a.fa.gz"
    source.write_bytes(gzip.compress(b">c\n" + b"ACGT" * 5000)[:-9])
    with pytest.raises(InputError, match="cut short"):
        prepare_reference(source, tmp_path / "out.fa")
