"""Files are written whole or not at all, and are the same bytes for the same content."""

import gzip
import time

import pandas as pd
import pytest

from deepallele.errors import InputError
from deepallele.files import atomic_path, read_table, write_json, write_table, write_text


def test_a_failing_block_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    write_text("old", path)
    with pytest.raises(ZeroDivisionError), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_compressed_bytes_do_not_depend_on_the_time(tmp_path):
    write_text("text\n", tmp_path / "a.gz")
    first = (tmp_path / "a.gz").read_bytes()
    time.sleep(1.1)
    write_text("text\n", tmp_path / "a.gz")
    assert (tmp_path / "a.gz").read_bytes() == first
    assert gzip.decompress(first) == b"text\n"


def test_a_table_survives_writing_and_reading(tmp_path):
    table = pd.DataFrame({"name": ["NaN", "None", "x"], "value": [1.5, float("nan"), -2.0]})
    write_table(table, tmp_path / "t.tsv.gz")
    pd.testing.assert_frame_equal(read_table(tmp_path / "t.tsv.gz", ["name"]), table)


def test_a_missing_column_or_an_empty_file_is_told(tmp_path):
    (tmp_path / "t.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match="no column 'c'; found a, b"):
        read_table(tmp_path / "t.tsv", ["c"])
    (tmp_path / "e.tsv").touch()
    with pytest.raises(InputError, match="empty"):
        read_table(tmp_path / "e.tsv")


def test_json_refuses_what_json_cannot_hold(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()
