"""Regions as the counting reads them, and the table it writes: as those of pandas."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepallele.counts import regions, tables
from deepallele.errors import InputError
from deepallele.files import write_table
from deepallele.peaks.regions import read_regions, write_regions

TABLE = pd.DataFrame(
    {
        "chrom": ["1", "1", "HLA-A*01:01"],
        "start": [0, 10, 5],
        "end": [10, 20, 15],
        "name": ["a", 'a "b" c', "NA"],
        "score": [1.5, 2, 1234567.0],
        "summit": [5, 15, 10],
    }
)


def test_table_is_that_of_pandas(tmp_path: Path) -> None:
    write_regions(TABLE, tmp_path / "r.bed")
    counts = np.arange(9).reshape(3, 3)
    regions.write_counts(regions.read_regions(tmp_path / "r.bed"), "007", counts, tmp_path / "ours.tsv.gz")
    slow = tables.counts_table(read_regions(tmp_path / "r.bed"), "007", counts)
    write_table(slow, tmp_path / "slow.tsv.gz")
    assert (tmp_path / "ours.tsv.gz").read_bytes() == (tmp_path / "slow.tsv.gz").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no region in the file"),
        ("1\t0\t5\ta\t0\t.\n", "line 1: 6 columns, not 7"),
        ("1\t0\tx\ta\t0\t.\t2\n", "column 3: .*'x'"),
        ("1\t0\t5\ta\t0\t.\t2\n1\t5\t9\ta\t0\t.\t7\n", "'a' appears twice"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "r.bed").write_text(text)
    with pytest.raises(InputError, match=message):
        regions.read_regions(tmp_path / "r.bed")
