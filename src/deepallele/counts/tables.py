"""The long table of counts: region x sample x {A, B, ambiguous}."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.errors import InputError

COUNTS = ["count_a", "count_b", "count_ambiguous"]
COLUMNS = ["region", "chrom", "start", "end", "sample", *COUNTS]
_PIECE = 1_000_000


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
    return pd.concat(_pieces(path), ignore_index=True)


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
    names = list(dict.fromkeys(table["sample"])) if samples is None else samples
    return _arranged([table], regions, names), names


def read_count_array(
    path: str | Path, regions: list[str], samples: list[str] | None = None
) -> tuple[NDArray[np.int32], list[str]]:
    """Read a counts table piece by piece into an array; see `count_array`.

    Raises
    ------
    InputError
        If the file is no counts table, or a region has no count, or two, in a sample.
    """
    if samples is None:
        samples = list(dict.fromkeys(name for piece in _pieces(path) for name in piece["sample"].unique()))
    return _arranged(_pieces(path), regions, samples), samples


def _pieces(path: str | Path) -> Iterator[pd.DataFrame]:
    dtype = dict.fromkeys(["region", "chrom", "sample"], str) | dict.fromkeys(COUNTS, np.int64)
    try:
        with pd.read_csv(path, sep="\t", dtype=dtype, na_filter=False, chunksize=_PIECE) as pieces:
            for piece in pieces:
                if list(piece.columns) != COLUMNS:
                    found = " ".join(map(str, piece.columns))
                    raise InputError(f"{path}: columns {found}; expected {' '.join(COLUMNS)}")
                yield piece
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as error:
        raise InputError(f"{path}: not a counts table ({error}); make it with count_alleles.py") from error


def _arranged(pieces: Iterable[pd.DataFrame], regions: list[str], samples: list[str]) -> NDArray[np.int32]:
    wanted_regions, wanted_samples = pd.Index(regions), pd.Index(samples)
    seen = np.zeros((len(regions), len(samples)), dtype=np.int64)
    counts = np.zeros((len(regions), len(samples), 3), dtype=np.int32)
    for piece in pieces:
        row = wanted_regions.get_indexer(pd.Index(piece["region"]))
        column = wanted_samples.get_indexer(pd.Index(piece["sample"]))
        wanted = (row >= 0) & (column >= 0)
        np.add.at(seen, (row[wanted], column[wanted]), 1)
        counts[row[wanted], column[wanted]] = piece[COUNTS].to_numpy()[wanted]
    if (seen != 1).any():
        region, sample = np.argwhere(seen != 1)[0]
        raise InputError(
            f"counts: region {regions[region]} has {seen[region, sample]} rows for sample {samples[sample]}, "
            "not one; count again with the same regions"
        )
    return counts
