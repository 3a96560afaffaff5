"""The dataset file: round trip, same bytes, refusals."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from deepallele.dataset.ceiling import ceiling_table
from deepallele.dataset.store import REGION_COLUMNS, VARIANT_COLUMNS, Dataset, read_dataset, write_dataset
from deepallele.errors import InputError


def make_dataset(variants: bool = True, **changes: Any) -> Dataset:
    rng = np.random.default_rng(3)
    region = pd.DataFrame(
        {
            "name": ["chr1:0-9", "HLA-A*01:01:5-14"],
            "chrom": ["chr1", "HLA-A*01:01"],
            "start": [0, 5],
            "end": [9, 14],
            "summit": [4, 9],
        }
    )
    variant = pd.DataFrame(
        {
            "region": [0],
            "chrom": ["chr1"],
            "pos": [2],
            "ref": ["A" * 300],
            "alt": ["A"],
            "allele_a": ["A" * 300],
            "allele_b": ["A"],
            "offset_a": [2],
            "offset_b": [3],
            "clipped": [True],
        }
    )
    values = {
        "sequence": rng.integers(0, 5, (2, 2, 9), dtype=np.uint8),
        "region": region,
        "start": np.array([[0, 1], [5, 4]]),
        "variant": variant if variants else variant.iloc[:0],
        "count": rng.integers(0, 50, (2, 3, 3)).astype(np.int32),
        "sample": ["one", "zwei ä", "3"],
        "split": np.array([[0, 2], [2, 1]], dtype=np.int8),
        "attributes": {
            "schema_version": "1",
            "cross": "X",
            "haplotype_a": "P",
            "haplotype_b": "Q",
            "reference_md5": "0",
            "code_version": "0",
            "pseudocount": "1.0",
        },
        "reverse": np.array([False, True]),
        "condition": ["day", "night", "day"],
        "ceiling": ceiling_table(np.ones((9, 1, 3), np.int64), ["all"], [""], 1, 1.0),
    }
    return Dataset(**{**values, **changes})


@pytest.mark.parametrize("variants", [True, False])
def test_read_gives_back_what_was_written(tmp_path: Path, variants: bool) -> None:
    written = make_dataset(variants)
    write_dataset(written, tmp_path / "d.h5")
    read = read_dataset(tmp_path / "d.h5")
    for name in ("sequence", "start", "count", "split", "reverse"):
        got, expected = getattr(read, name), getattr(written, name)
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)
    assert list(read.region.columns) == list(REGION_COLUMNS)
    assert list(read.variant.columns) == list(VARIANT_COLUMNS)
    pd.testing.assert_frame_equal(read.region, written.region)
    pd.testing.assert_frame_equal(read.variant, written.variant, check_dtype=variants)
    pd.testing.assert_frame_equal(read.ceiling, written.ceiling)
    assert (read.sample, read.attributes) == (written.sample, written.attributes)
    assert read.condition == ["day", "night", "day"]


def test_same_content_same_bytes(tmp_path: Path) -> None:
    write_dataset(make_dataset(), tmp_path / "a.h5")
    time.sleep(1.1)
    write_dataset(make_dataset(), tmp_path / "b.h5")
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_refuses_other_files(tmp_path: Path) -> None:
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(InputError, match="not a dataset"):
        read_dataset(tmp_path / "text.h5")
    with pytest.raises(FileNotFoundError):
        read_dataset(tmp_path / "absent.h5")
    old = make_dataset()
    old.attributes["schema_version"] = "0"
    write_dataset(old, tmp_path / "old.h5")
    with pytest.raises(InputError, match="schema_version 0"):
        read_dataset(tmp_path / "old.h5")


def test_refuses_parts_that_do_not_fit() -> None:
    good = make_dataset()
    with pytest.raises(ValueError, match="split has shape"):
        Dataset(
            good.sequence,
            good.region,
            good.start,
            good.variant,
            good.count,
            good.sample,
            good.split[:, :1],
            good.attributes,
        )


def test_sums_over_samples() -> None:
    dataset = make_dataset()
    informative = dataset.count[:, :, :2].sum(axis=(1, 2))
    np.testing.assert_array_equal(dataset.informative(), informative)
    np.testing.assert_array_equal(dataset.kept(int(informative.max())), informative == informative.max())
    a, b = dataset.count[:, :, 0].sum(1), dataset.count[:, :, 1].sum(1)
    np.testing.assert_allclose(dataset.log_ratio(), np.log2((a + 1) / (b + 1)), rtol=1e-6)
    assert dataset.log_counts().shape == (2, 2)
    assert dataset.haplotypes == ["P", "Q"]


def test_other_readers_find_plain_columns(tmp_path: Path) -> None:
    write_dataset(make_dataset(), tmp_path / "d.h5")
    with h5py.File(tmp_path / "d.h5") as file:
        assert file["region/name"].asstr()[()].tolist() == ["chr1:0-9", "HLA-A*01:01:5-14"]
        assert file["region/strand"][()].tolist() == [b"+", b"-"]
        alleles = file["variant/allele"].asstr()[()]
        assert alleles[file["variant/allele_a"][()]].tolist() == ["A" * 300]


def test_what_is_not_given_is_filled_in() -> None:
    dataset = make_dataset(reverse=np.zeros(0, bool), condition=[])
    assert dataset.reverse.tolist() == [False, False] and dataset.condition == ["", "", ""]
    # A choice of rows need not choose what is the same for all.
    one = replace(
        dataset,
        **{name: getattr(dataset, name)[:1] for name in ("sequence", "start", "count", "region", "variant")},
        split=dataset.split[:, :1],
    )
    assert one.reverse.tolist() == [False]
    with pytest.raises(ValueError, match="reverse has shape"):
        make_dataset(reverse=np.array([True]))


def test_a_variant_on_another_contig_is_refused(tmp_path: Path) -> None:
    dataset = make_dataset()
    with pytest.raises(ValueError, match="another contig"):
        write_dataset(replace(dataset, variant=dataset.variant.assign(chrom="2")), tmp_path / "d.h5")
    assert not (tmp_path / "d.h5").exists()


def test_positions_run_backwards_in_windows_on_the_minus_strand() -> None:
    dataset = make_dataset()
    row, haplotype = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 0, 1])
    offset = np.array([3, 0, 0, 8, 2])
    assert dataset.position(row, haplotype, offset).tolist() == [3, 1, 13, 5, 10]


def test_tasks() -> None:
    dataset = make_dataset()
    whole, day, single = (dataset.task_targets(by, 40, 0.1) for by in ("all", "condition", "sample"))
    assert (whole.task, day.task, single.task) == (["all"], ["day", "night"], dataset.sample)
    np.testing.assert_array_equal(whole.log_ratio[:, 0], dataset.log_ratio())
    np.testing.assert_array_equal(whole.activity[:, 0], dataset.log_counts())
    np.testing.assert_array_equal(whole.kept[:, 0], dataset.kept(40))
    np.testing.assert_array_equal(day.counts[:, 0], dataset.count[:, [0, 2]].sum(axis=1))
    np.testing.assert_array_equal(single.counts, dataset.count)
    assert single.activity.shape == (2, 3, 2) and single.weight.shape == (2, 3)
    with pytest.raises(InputError, match="no sample of the dataset has a condition"):
        make_dataset(condition=[]).task_targets("condition")
    with pytest.raises(ValueError, match="not 'cell'"):
        dataset.task_targets("cell")
