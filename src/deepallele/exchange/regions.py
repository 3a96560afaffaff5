"""Peaks and counts made elsewhere, as the regions and the counts table that `build_dataset` reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepallele.counts.tables import counts_table
from deepallele.errors import InputError
from deepallele.exchange.tables import COUNTS, numbers, read_columns
from deepallele.peaks.names import region_names
from deepallele.peaks.regions import read_own_regions


def convert_counts(
    peaks: str | Path, table: str | Path, name: str, values: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Match a table of counts with its peaks.

    Parameters
    ----------
    peaks
        BED, narrowPeak or SAF; a peak without a name (`.` or none) is called `chrom:start-end`.
    table
        TSV with a row per peak, plain or gzip.
    name
        Its column of the peaks' names.
    values
        For each sample the columns of A's and B's informative fragments and, where there is one, of the
        ambiguous ones.

    Returns
    -------
    regions
        chrom, start, end, name, score, summit; sorted by contig (in the order of the file) and start.
    counts
        The long table of counts (`deepallele.counts.tables`), all samples.

    Raises
    ------
    InputError
        If a peak has no row, a row no peak, a name is there twice, or a count is no whole number.
    """
    regions = read_own_regions(peaks)
    places = (
        f"{c}:{s}-{e}" for c, s, e in zip(regions["chrom"], regions["start"], regions["end"], strict=True)
    )
    regions["name"] = [own or place for own, place in zip(region_names(peaks), places, strict=True)]
    rows = read_columns(table, list(dict.fromkeys([name, *(c for pair in values.values() for c in pair)])))
    rows = rows.set_index(name)
    named = pd.Index(regions["name"])
    for file, mine, other, others in ((table, rows.index, peaks, named), (peaks, named, table, rows.index)):
        if mine.has_duplicates:
            raise InputError(f"{file}: {mine[mine.duplicated()][0]!r} is there twice; names must differ")
        absent = mine.difference(others, sort=False)
        if len(absent):
            raise InputError(f"{file}: {len(absent)} names are not in {other}, the first is {absent[0]!r}")
    contig, _ = pd.factorize(regions["chrom"])
    regions = regions.iloc[np.lexsort((regions["start"], contig))].reset_index(drop=True)
    rows = rows.loc[regions["name"]]
    parts = []
    for sample, columns in values.items():
        count = np.zeros((len(regions), 3), dtype=np.int64)
        for place, column in enumerate(columns):
            found = numbers(rows[column], str(table), COUNTS)
            if np.isnan(found).any():
                first = rows.index[np.isnan(found)][0]
                raise InputError(f"{table}: {column} of {first!r} is missing; a whole number is needed")
            count[:, place] = found
        parts.append(counts_table(regions, sample, count))
    return regions, pd.concat(parts, ignore_index=True)
