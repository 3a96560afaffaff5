"""The long table of counts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepallele.counts.tables import count_array, counts_table, read_counts
from deepallele.errors import InputError
from deepallele.files import write_table

REGIONS = pd.DataFrame({"name": ["r1", "r2"], "chrom": ["1", "NA"], "start": [0, 5], "end": [5, 9]})


def make_table() -> pd.DataFrame:
    counts = np.arange(12).reshape(2, 2, 3)
    return pd.concat([counts_table(REGIONS, name, counts[i]) for i, name in enumerate(["007", "NA"])])


def test_names_that_look_like_numbers_stay_text(tmp_path: Path) -> None:
    write_table(make_table(), tmp_path / "c.tsv.gz")
    read = read_counts(tmp_path / "c.tsv.gz")
    assert read["sample"].tolist() == ["007", "007", "NA", "NA"]
    assert read["chrom"].tolist() == ["1", "NA", "1", "NA"]


def test_array_follows_the_asked_order() -> None:
    counts, samples = count_array(make_table(), ["r2", "r1"], ["NA", "007"])
    assert samples == ["NA", "007"]
    assert counts.tolist() == [[[9, 10, 11], [3, 4, 5]], [[6, 7, 8], [0, 1, 2]]]
    assert count_array(make_table(), ["r1"])[1] == ["007", "NA"]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="region r2 has 0 rows for sample 007"):
        count_array(make_table().query("not (region == 'r2' and sample == '007')"), ["r1", "r2"])
    with pytest.raises(InputError, match="has 2 rows"):
        count_array(pd.concat([make_table()] * 2), ["r1"])
    write_table(make_table().drop(columns="end"), tmp_path / "c.tsv")
    with pytest.raises(InputError, match="columns"):
        read_counts(tmp_path / "c.tsv")
    (tmp_path / "empty.tsv").write_text("")
    with pytest.raises(InputError, match="not a counts table"):
        read_counts(tmp_path / "empty.tsv")
