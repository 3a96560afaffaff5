"""Peaks and counts made elsewhere become what build_dataset.py reads."""

import numpy as np
import pytest

from deepallele.counts.tables import count_array, read_counts
from deepallele.errors import InputError
from deepallele.exchange.regions import convert_counts
from deepallele.exchange.tables import named_columns
from deepallele.files import write_table
from deepallele.peaks.regions import read_regions, write_regions

BED = "chr2\t500\t700\tp3\nchr2\t100\t200\tp1\nchr1\t10\t60\t.\n"
TABLE = "ID\ta\tb\tx\nchr1:10-60\t1\t2\t3\np1\t4\t5\t6\np3\t7\t8\t9\n"
VALUES = {"rep1": ("a", "b", "x"), "rep2": ("b", "a")}


def convert(folder, bed=BED, table=TABLE):
    (folder / "peaks.bed").write_text(bed)
    (folder / "table.tsv").write_text(table)
    return convert_counts(folder / "peaks.bed", folder / "table.tsv", "ID", VALUES)


def test_what_is_written_is_what_build_dataset_reads(tmp_path):
    regions, counts = convert(tmp_path)
    write_regions(regions, tmp_path / "regions.bed")
    write_table(counts, tmp_path / "counts.tsv.gz")
    read = read_regions(tmp_path / "regions.bed")
    assert read["name"].tolist() == ["p1", "p3", "chr1:10-60"]
    array, samples = count_array(read_counts(tmp_path / "counts.tsv.gz"), read["name"].tolist())
    assert samples == ["rep1", "rep2"]
    np.testing.assert_array_equal(array[:, 0], [[4, 5, 6], [7, 8, 9], [1, 2, 3]])
    np.testing.assert_array_equal(array[:, 1], [[5, 4, 0], [8, 7, 0], [2, 1, 0]])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("p3\t7", "p4\t7"), r"table.tsv: 1 names are not in .*peaks.bed, the first is 'p4'"),
        (("p3\t7\t8\t9\n", ""), r"peaks.bed: 1 names are not in .*table.tsv, the first is 'p3'"),
        (("p3\t7", "p1\t7"), "'p1' is there twice"),
        (("p3\t7", "p3\tNA"), "a of 'p3' is missing"),
        (("p3\t7", "p3\t7.5"), "a is '7.5'; expected a whole number"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        convert(tmp_path, table=TABLE.replace(*change))


def test_values_are_taken_apart():
    assert named_columns("s=a,b,c", (2, 3)) == ("s", ("a", "b", "c"))
    with pytest.raises(InputError, match=r"expected SAMPLE=COLUMN_A,COLUMN_B\[,COLUMN_AMBIGUOUS\]"):
        named_columns("s=a", (2, 3))
