"""The long table of counts: region x sample x {A, B, ambiguous}."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.errors import InputError

COUNTS = ["count_a", "count_b", "count_ambiguous"]
COLUMNS = ["region", "chrom", "start", "end", "sample", *COUNTS]


def counts_table(regions: pd.DataFrame, sample: str, counts: NDArray[np.int64]) -> pd.DataFrame:
    """One sample's rows, from regions (name chrom start end) and counts (n, 3): A, B, ambiguous."""
    place = regions[["name", "chrom", "start", "end"]].rename(columns={"name": "region"})
    return place.assign(sample=sample, **dict(zip(COUNTS, counts.T, strict=True)))[COLUMNS]


def read_counts(path: str | Path) -> pd.DataFrame:
    """Read a counts table; contig and sample names stay text even where they look like numbers.

    Raises
    ------
    InputError
        If the file is no counts table.
    """
    dtype = dict.fromkeys(["region", "chrom", "sample"], str) | dict.fromkeys(COUNTS, np.int64)
    try:
        table = pd.read_csv(path, sep="\t", dtype=dtype, na_filter=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as error:
        raise InputError(f"{path}: not a counts table ({error}); make it with count_alleles.py") from error
    if list(table.columns) != COLUMNS:
        raise InputError(f"{path}: columns {' '.join(table.columns)}; expected {' '.join(COLUMNS)}")
    return table


def count_array(
    table: pd.DataFrame, regions: list[str], samples: list[str] | None = None
) -> tuple[NDArray[np.int32], list[str]]:
    """Arrange a counts table as an array.

    Parameters
    ----------
    table
        As from `read_counts`.
    regions
        Names of the wanted regions, in order.
    samples
        Names of the wanted samples in order; None: all, in order of appearance.

    Returns
    -------
    counts
        int32 (regions, samples, 3): A, B, ambiguous.
    samples
        Names along the second axis.

    Raises
    ------
    InputError
        If a region has no count, or two, in a sample.
    """
    samples = list(dict.fromkeys(table["sample"])) if samples is None else samples
    row = pd.Index(regions).get_indexer(pd.Index(table["region"]))
    column = pd.Index(samples).get_indexer(pd.Index(table["sample"]))
    wanted = (row >= 0) & (column >= 0)
    seen = np.zeros((len(regions), len(samples)), dtype=np.int64)
    np.add.at(seen, (row[wanted], column[wanted]), 1)
    if (seen != 1).any():
        region, sample = np.argwhere(seen != 1)[0]
        raise InputError(
            f"counts: region {regions[region]} has {seen[region, sample]} rows for sample {samples[sample]}, "
            "not one; count again with the same regions"
        )
    counts = np.zeros((len(regions), len(samples), 3), dtype=np.int32)
    counts[row[wanted], column[wanted]] = table[COUNTS].to_numpy()[wanted]
    return counts, samples
