"""Read pairs of sequences from a table, or from two FASTA files and a table."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from Bio.SeqIO.FastaIO import SimpleFastaParser
from numpy.typing import NDArray

from deepallele.compressed import open_binary
from deepallele.dataset.targets import measured
from deepallele.errors import InputError
from deepallele.exchange.pairs import SCALES, Pairs, dropped_table, stacked

COUNTS = "counts"
# What a value may be: fragments, or an activity in one of these units.
UNITS = (COUNTS, *SCALES)
_LETTERS = set("ACGTURYKMSWBDHVN")
_MISSING = ("", "NA", "NaN", "nan")


@dataclass(frozen=True)
class Columns:
    """Names of the columns of a table.

    Attributes
    ----------
    name
        Unique name of each pair.
    sequence
        Sequences of A and of B; None where they come from FASTA files.
    group
        Pairs of one group stay in one fold.
    values
        For each sample the columns of A's and of B's value.
    """

    name: str
    sequence: tuple[str, str] | None
    group: str
    values: Mapping[str, tuple[str, ...]]


def read_pairs_table(path: str | Path, columns: Columns, unit: str) -> tuple[Pairs, pd.DataFrame, list[str]]:
    """Read pairs from one table with both sequences and the values.

    Where a name is there several times, the second gets `.2` at its end, the third `.3`.

    Parameters
    ----------
    path
        TSV with a header, plain or gzip.
    columns
        Which columns; `sequence` must be given.
    unit
        Of the values: "counts" (whole numbers), or activities in "log2", "ln" or "log10".

    Returns
    -------
    pairs
        Without places: where the sequences lie in a genome is not asked for.
    dropped
        region, reason: `missing_value`, `no_sequence`.
    notes
        What is worth knowing, one line each.

    Raises
    ------
    InputError
        If a column is absent, or a sequence or value cannot be read, with the line.
    """
    assert columns.sequence is not None
    table = read_columns(path, [*_wanted(columns), *columns.sequence])
    again = table.groupby(columns.name).cumcount()
    numbered = table[columns.name] + "." + (again + 1).astype(str)
    table[columns.name] = table[columns.name].where(again == 0, numbered)
    _refuse_repeated(table[columns.name], path)
    repeated = f"{int((again > 0).sum())} names were there before; they end in .2, .3, ... now"
    a, b = ([text.upper() for text in table[column]] for column in columns.sequence)
    for column, sequences in zip(columns.sequence, (a, b), strict=True):
        for number, sequence in enumerate(sequences, start=2):
            _check_letters(sequence, f"{path}, line {number}: {column}")
    return (*_pairs(table, columns, unit, a, b, path), [repeated] if again.any() else [])


def read_pairs_fasta(
    fasta: Sequence[str | Path], path: str | Path, columns: Columns, unit: str
) -> tuple[Pairs, pd.DataFrame]:
    """Read pairs from two FASTA files with records of the same names, and their values from a table.

    Parameters
    ----------
    fasta
        FASTA of A and of B, plain or gzip; a record's name is the first word of its header.
    path, columns, unit
        The table and its columns, as of `read_pairs_table`; its rows say which records are used.

    Returns
    -------
    pairs, dropped
        As from `read_pairs_table`.

    Raises
    ------
    InputError
        As from `read_pairs_table`, and if the table or a FASTA has a name twice, or a FASTA lacks one.
    """
    table = read_columns(path, _wanted(columns))
    _refuse_repeated(table[columns.name], path)
    found = [read_fasta(one) for one in fasta]
    for one, records in zip(fasta, found, strict=True):
        missing = next((name for name in table[columns.name] if name not in records), None)
        if missing is not None:
            raise InputError(f"{one}: no record {missing!r}, which is in {path}; the names must be the same")
    a, b = ([records[name] for name in table[columns.name]] for records in found)
    return _pairs(table, columns, unit, a, b, path)


def read_fasta(path: str | Path) -> dict[str, str]:
    """Read a FASTA file: name (first word of the header) -> upper-case sequence.

    Raises
    ------
    InputError
        If it has no record, a name twice, or letters that are no bases.
    """
    records: dict[str, str] = {}
    with open_binary(path) as file, io.TextIOWrapper(file, encoding="latin-1") as text:
        for title, sequence in SimpleFastaParser(text):
            name = title.split(maxsplit=1)[0] if title.split() else ""
            if not name or name in records:
                raise InputError(f"{path}: record name {name!r} is empty or there twice; names must differ")
            records[name] = sequence.upper()
            _check_letters(records[name], f"{path}: record {name}")
    if not records:
        raise InputError(f"{path}: no FASTA record; the first line must start with '>'")
    return records


def named_columns(text: str, sizes: Sequence[int] = (2,)) -> tuple[str, tuple[str, ...]]:
    """Take SAMPLE=COLUMN_A,COLUMN_B apart; `sizes` are the numbers of columns it may have.

    Raises
    ------
    InputError
        If it has another form.
    """
    name, _, rest = text.partition("=")
    columns = tuple(rest.split(","))
    if not name or len(columns) not in sizes or not all(columns):
        more = "[,COLUMN_AMBIGUOUS]" if 3 in sizes else ""
        raise InputError(f"--values: {text!r}; expected SAMPLE=COLUMN_A,COLUMN_B{more}")
    return name, columns


def _wanted(columns: Columns) -> list[str]:
    values = [column for pair in columns.values.values() for column in pair]
    return list(dict.fromkeys([columns.name, columns.group, *values]))


def read_columns(path: str | Path, wanted: Sequence[str]) -> pd.DataFrame:
    """Read a table with a header as text, with all its columns.

    Raises
    ------
    InputError
        If it is no table, is empty, or lacks one of the wanted columns.
    """
    with open_binary(path) as file:
        try:
            table = pd.read_csv(file, sep="\t", dtype=str, na_filter=False)
        except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not a table ({error}); a tab-separated one is expected") from error
    for column in wanted:
        if column not in table.columns:
            raise InputError(f"{path}: no column {column!r}; it has {', '.join(map(str, table.columns))}")
    if table.empty:
        raise InputError(f"{path}: no row under the header")
    return table


def _refuse_repeated(names: pd.Series, path: str | Path) -> None:
    repeated = np.flatnonzero(names.duplicated())
    if repeated.size:
        where = f"{path}, line {repeated[0] + 2}"
        name = names.iloc[repeated[0]]
        raise InputError(f"{where}: {names.name} {name!r} appears twice; names must differ")


def _check_letters(sequence: str, where: str) -> None:
    wrong = set(sequence) - _LETTERS
    if wrong:
        raise InputError(f"{where}: {min(wrong)!r} is no base; sequences hold A, C, G, T, N")


def _pairs(
    table: pd.DataFrame, columns: Columns, unit: str, a: list[str], b: list[str], path: str | Path
) -> tuple[Pairs, pd.DataFrame]:
    names = table[columns.name].tolist()
    values = np.stack(
        [
            np.stack([numbers(table[column], f"{path}", unit) for column in pair], axis=1)
            for pair in columns.values.values()
        ],
        axis=1,
    )
    empty = np.array([not one or not other for one, other in zip(a, b, strict=True)])
    counted = unit == COUNTS
    absent = ~measured(values)
    values[absent] = np.nan
    # Fragments are counted in every sample; an activity may be measured in some.
    missing = np.asarray(absent.any(axis=1) if counted else absent.all(axis=1))
    reason = np.where(empty, "no_sequence", np.where(missing, "missing_value", ""))
    rows = np.flatnonzero(reason == "")
    pairs = Pairs(
        name=[names[row] for row in rows],
        group=table[columns.group].iloc[rows].tolist(),
        place=None,
        start=None,
        sequence=stacked([a[row] for row in rows], [b[row] for row in rows]),
        sample=list(columns.values),
        count=values[rows].astype(np.int32) if counted else None,
        activity=None if counted else (values[rows] * SCALES[unit]).astype(np.float32),
    )
    return pairs, dropped_table(names, reason.tolist())


def numbers(column: pd.Series, path: str, unit: str) -> NDArray[np.float64]:
    """Turn a column of text into numbers; NaN where it is missing.

    Raises
    ------
    InputError
        If a text is no finite number, or with unit "counts" no whole number from 0 on, with the line.
    """
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~np.isfinite(values) & ~column.isin(_MISSING).to_numpy()
    expected = "a finite number"
    if unit == COUNTS:
        expected = "a whole number, 0 or more"
        with np.errstate(invalid="ignore"):
            wrong |= (values < 0) | (values % 1 != 0) | (values > np.iinfo(np.int32).max)
        wrong &= ~column.isin(_MISSING).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{path}, line {row + 2}: {column.name} is {column.iloc[row]!r}; expected {expected}"
        )
    return values
