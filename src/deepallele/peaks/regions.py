"""The regions table: its file, and the user's BED, peak or SAF files."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from deepallele.compressed import open_binary
from deepallele.errors import InputError
from deepallele.files import write_text
from deepallele.peaks.names import check_region_names
from deepallele.peaks.saf import is_saf, read_saf

COLUMNS = ["chrom", "start", "end", "name", "score", "strand", "summit"]
_TEXT = ["chrom", "name", "strand"]
_HEADERS = (b"#", b"track", b"browser")
_BROAD_PEAK = (".broadPeak", ".broadPeak.gz")


def write_regions(regions: pd.DataFrame, path: str | Path) -> None:
    """Write regions (chrom start end name score summit) as BED6 plus the absolute 0-based summit."""
    table = regions.assign(strand=".")[COLUMNS]
    text = table.to_csv(sep="\t", index=False, header=False, float_format="%.6g", lineterminator="\n")
    write_text(text, path)


def read_regions(path: str | Path, overlapping: bool = False) -> pd.DataFrame:
    """Read a file written by `write_regions`, or one of windows around the TSS.

    Parameters
    ----------
    path
        The file.
    overlapping
        Whether regions may overlap; they are sorted by start all the same.

    Returns
    -------
    pd.DataFrame
        chrom start end name score strand summit; reference coordinates, 0-based half-open.

    Raises
    ------
    InputError
        If the file is empty, has other columns, or regions are not sorted, or overlap and must not.
    """
    dtype = dict.fromkeys(_TEXT, str) | dict.fromkeys(["start", "end", "summit"], np.int64)
    try:
        regions = pd.read_csv(path, sep="\t", header=None, names=COLUMNS, dtype=dtype, na_filter=False)
    except (pd.errors.EmptyDataError, pd.errors.ParserError, ValueError) as error:
        raise InputError(f"{path}: not a regions file ({error}); it needs {len(COLUMNS)} columns") from error
    if regions.empty:
        raise InputError(f"{path}: no region in the file; see the table of dropped ones beside it")
    for rows in rows_by_contig(regions["chrom"]).values():
        before = regions["start" if overlapping else "end"].to_numpy()[rows[:-1]]
        wrong = regions["start"].to_numpy()[rows[1:]] < before
        if wrong.any():
            name = regions["name"].iloc[rows[1:][wrong][0]]
            what = "is unsorted" if overlapping else "is unsorted or overlaps the one before it"
            raise InputError(f"{path}: region {name} {what}")
    if regions["name"].duplicated().any():
        name = regions["name"][regions["name"].duplicated()].iloc[0]
        raise InputError(f"{path}: region name {name!r} appears twice; names must differ")
    return regions


def rows_by_contig(chrom: pd.Series) -> dict[str, NDArray[np.int64]]:
    """Row numbers of each contig, ascending; contigs in order of appearance."""
    codes, contigs = pd.factorize(chrom)
    order = np.argsort(codes, kind="stable").astype(np.int64)
    parts = np.split(order, np.cumsum(np.bincount(codes, minlength=len(contigs)))[:-1])
    return dict(zip(map(str, contigs), parts, strict=False))


def read_peaks(path: str | Path) -> pd.DataFrame:
    """Read a BED (3 columns or more), narrowPeak (10 columns) or broadPeak (by its name) file, plain or .gz.

    The summit is the narrowPeak's own where it has one (column 10), else the middle. The score is
    the peak's -log10 p (column 8) where it has one, else the BED score (column 5), else 0.

    Returns
    -------
    pd.DataFrame
        chrom, start, end, summit (absolute, 0-based), score; in the order of the file.

    Raises
    ------
    InputError
        If a line is no BED line.
    """
    table = _read_bed(path)
    start, end = (_whole_numbers(table[column], path, column) for column in (1, 2))
    bad = np.flatnonzero((start < 0) | (start >= end))
    if bad.size:
        row = table.iloc[bad[0]]
        raise InputError(f"{path}: {row[0]}:{row[1]}-{row[2]}: start must be below end and not below 0")
    score, offset = np.zeros(len(table)), (end - start) // 2
    if table.shape[1] > 4:
        score = _numbers(table[4], missing=0.0)
    narrow = table.shape[1] == 10
    if narrow or (table.shape[1] == 9 and str(path).endswith(_BROAD_PEAK)):
        score = _preferred(_numbers(table[7], missing=-1.0), score)
    if narrow:
        offset = _preferred(_whole_numbers(table[9], path, 9), offset)
    return pd.DataFrame(
        {"chrom": table[0], "start": start, "end": end, "summit": start + offset, "score": score}
    )


def read_own_regions(path: str | Path) -> pd.DataFrame:
    """Read a user's own regions: what `read_peaks` reads, or a SAF, whose regions have no score.

    Returns
    -------
    pd.DataFrame
        As `read_peaks` gives.

    Raises
    ------
    InputError
        If a line is no line of the format, or a name is given twice; `.` is no name.
    """
    check_region_names(path)
    if is_saf(path):
        rows = pd.DataFrame(read_saf(path), columns=["name", "chrom", "start", "end"])
        middle = rows["start"] + (rows["end"] - rows["start"]) // 2
        return rows[["chrom", "start", "end"]].assign(summit=middle, score=0.0)
    return read_peaks(path)


def _read_bed(path: str | Path) -> pd.DataFrame:
    with open_binary(path) as file:
        lines = io.BytesIO(b"".join(line for line in file if not line.startswith(_HEADERS)))
    try:
        table = pd.read_csv(lines, sep="\t", header=None, dtype=str, na_filter=False, quoting=csv.QUOTE_NONE)
    except pd.errors.EmptyDataError:
        return pd.DataFrame({column: pd.Series(dtype=str) for column in range(3)})
    except (pd.errors.ParserError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a BED file: {error}") from error
    if table.shape[1] < 3:
        raise InputError(f"{path}: a BED line needs chrom, start and end, separated by tabs")
    return table


def _whole_numbers(column: pd.Series, path: str | Path, index: int) -> NDArray:
    numbers = pd.to_numeric(column, errors="coerce")
    bad = numbers.isna() | (numbers % 1 != 0)
    if bad.any():
        value = column[bad].iloc[0]
        raise InputError(f"{path}: column {index + 1} holds {value!r}; a whole number is needed")
    return numbers.to_numpy(dtype=np.int64)


def _numbers(column: pd.Series, missing: float) -> NDArray:
    return pd.to_numeric(column, errors="coerce").fillna(missing).to_numpy(dtype=float)


def _preferred(values: np.ndarray, otherwise: np.ndarray) -> NDArray:
    """Take `values` where they are given: formats write -1 for none."""
    return np.where(values >= 0, values, otherwise)
