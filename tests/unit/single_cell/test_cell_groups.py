"""Whitelist and table of groups: what is read, and one clear line for every fault."""

import gzip

import pytest

from deepallele.errors import InputError
from deepallele.single_cell.groups import groups_of, pseudobulks, read_groups, read_whitelist


@pytest.fixture
def write(tmp_path):
    def made(text, name="table.tsv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return made


def test_a_whitelist_is_plain_or_gzip_with_any_line_ends(write):
    for name in ("list.txt", "list.txt.gz"):
        assert list(read_whitelist(write("ACGT-1\r\n\nTTTT-1\n", name))) == ["ACGT-1", "TTTT-1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n", "no barcode in the whitelist"),
        ("ACGT\nAC GT\n", r"line 2: 'AC GT' is no barcode"),
        ("barcode,is_cell\nACGT,1\n", r"line 1: 'barcode,is_cell' is no barcode"),
        ("ACGT\t1\n", r"line 1: 'ACGT\\t1' is no barcode"),
    ],
)
def test_what_is_no_whitelist_is_refused(write, text, words):
    with pytest.raises(InputError, match=words):
        list(read_whitelist(write(text)))


def test_an_absent_file_is_told(tmp_path):
    with pytest.raises(InputError, match=r"no such file .*none.txt"):
        list(read_whitelist(tmp_path / "none.txt"))
    with pytest.raises(InputError, match=r"no such file .*none.tsv"):
        read_groups(tmp_path / "none.tsv", ["s"])


def test_rows_are_about_all_samples_unless_they_name_one(write):
    both = read_groups(write("group\tbarcode\nT\tAA\n\nB\tCC\n"), ["s", "t"])
    assert both == {"s": {"AA": "T", "CC": "B"}, "t": {"AA": "T", "CC": "B"}}
    each = read_groups(write("sample\tbarcode\tgroup\nt\tAA\tT\ns\tAA\tB\n"), ["s", "t"])
    assert each == {"s": {"AA": "B"}, "t": {"AA": "T"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 0: the table of groups is empty"),
        ("barcode\tgroup\n", "no barcode under the header"),
        ("AA\tT\nCC\tB\n", "line 1: no column 'barcode'"),
        ("barcode\tcluster\nAA\t1\n", "line 1: no column 'group'"),
        ("barcode\tgroup\tcolour\nAA\tT\tred\n", "line 1: unknown column 'colour'"),
        ("barcode\tgroup\tgroup\nAA\tT\tT\n", "line 1: column 'group' appears twice"),
        ("barcode\tgroup\nAA\n", "line 2: 1 fields, but the header has 2"),
        ("barcode\tgroup\n\tT\n", "line 2: no barcode"),
        ("barcode\tgroup\nAA\tT cells\n", "line 2: group: 'T cells' cannot be a file name"),
        ("barcode\tgroup\nAA\tNA\n", "line 2: group 'NA' means none"),
        ("barcode\tgroup\nAA\tT\nAA\tB\n", "line 3: barcode 'AA' is listed twice for sample 's'"),
        ("barcode\tgroup\tsample\nAA\tT\tu\n", r"line 2: sample 'u' is none of the sample sheet \(s, t\)"),
    ],
)
def test_what_is_no_table_of_groups_is_told_with_its_line(write, text, words):
    with pytest.raises(InputError, match=words):
        read_groups(write(text), ["s", "t"])


def test_groups_of_cells_are_named_after_the_sample():
    assert pseudobulks(groups_of(None, ["s", "t"])) == ["s", "t"]
    groups = groups_of({"t": {"A": "b"}, "s": {"A": "z", "C": "a", "G": "z"}}, ["s", "t"])
    assert groups == {"s": ["a", "z"], "t": ["b"]}
    assert pseudobulks(groups) == ["s.a", "s.z", "t.b"]


def test_a_sample_without_groups_and_equal_names_are_refused():
    with pytest.raises(InputError, match="no row for sample 't'"):
        groups_of({"s": {"A": "b"}}, ["s", "t"])
    with pytest.raises(InputError, match=r"samples 's' and 's.a' both have a pseudobulk 's.a.b'"):
        pseudobulks({"s": ["a.b"], "s.a": ["b"]})
