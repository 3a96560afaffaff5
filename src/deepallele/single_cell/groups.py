"""Whitelist of barcodes, and the groups of cells whose counts are added up (pseudobulk).

Only the standard library is used, because these tables are looked at in Snakemake's own environment too.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from deepallele.compressed import open_binary
from deepallele.errors import InputError
from deepallele.sample_sheet import check_name

COLUMNS = ("barcode", "group")
SAMPLE = "sample"

Groups = dict[str, dict[str, str]]
"""By sample, the group of each barcode."""


def read_whitelist(path: str | Path) -> Iterator[str]:
    """Give the barcodes of a list, one a line (plain or gzip).

    Raises
    ------
    InputError
        If the list is empty, damaged, or a line is no barcode.
    """
    empty = True
    for number, line in _lines(path):
        if not line.isascii() or not line.isprintable() or set(line) & {" ", ","}:
            raise InputError(
                f"{path}, line {number}: {line[:40]!r} is no barcode; the list has one per line and no more"
            )
        empty = False
        yield line
    if empty:
        raise InputError(f"{path}: no barcode in the whitelist; give one per line, or set it to null")


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Number, from 1, and text of the lines that are not empty."""
    if not Path(path).is_file():
        raise InputError(f"no such file '{path}'; see the section single_cell of the config")
    with open_binary(path) as file:
        for number, raw in enumerate(file, start=1):
            line = raw.decode("utf-8", errors="replace").rstrip("\r\n")
            if line.strip():
                yield number, line


def read_groups(path: str | Path, samples: Sequence[str]) -> Groups:
    """Read the table of groups.

    Parameters
    ----------
    path
        TSV (plain or gzip) with the columns barcode, group and, if wanted, sample; without that column each
        row is about all samples.
    samples
        Names of the samples.

    Returns
    -------
    dict
        By sample, the group of each barcode; samples without a row are left out.

    Raises
    ------
    InputError
        On a missing or unknown column, an unsafe name, an unknown sample, or a barcode that is given
        twice for one sample, with the line.
    """
    lines = _lines(path)
    first, header = next(lines, (0, ""))
    columns = header.split("\t")
    _check_header(columns, f"{path}, line {first}")
    groups: Groups = {}
    for number, line in lines:
        where = f"{path}, line {number}"
        fields = line.split("\t")
        if len(fields) != len(columns):
            raise InputError(
                f"{where}: {len(fields)} fields, but the header has {len(columns)}; tabs in between"
            )
        row = {name: field.strip() for name, field in zip(columns, fields, strict=True)}
        _check_row(row, samples, where)
        for sample in [row[SAMPLE]] if SAMPLE in row else samples:
            of_sample = groups.setdefault(sample, {})
            if row["barcode"] in of_sample:
                raise InputError(f"{where}: barcode '{row['barcode']}' is listed twice for sample '{sample}'")
            of_sample[row["barcode"]] = row["group"]
    if not groups:
        raise InputError(
            f"{path}: no barcode under the header; list the cells, or set single_cell.groups: null"
        )
    return groups


def _check_header(columns: Sequence[str], where: str) -> None:
    if columns == [""]:
        raise InputError(f"{where}: the table of groups is empty; its header is: {' '.join(COLUMNS)}")
    for name in COLUMNS:
        if name not in columns:
            raise InputError(f"{where}: no column '{name}'; expected tab-separated {' '.join(COLUMNS)}")
    for name in columns:
        if name not in (*COLUMNS, SAMPLE):
            raise InputError(f"{where}: unknown column '{name}'; known: {' '.join((*COLUMNS, SAMPLE))}")
        if columns.count(name) > 1:
            raise InputError(f"{where}: column '{name}' appears twice; keep one")


def _check_row(row: Mapping[str, str], samples: Sequence[str], where: str) -> None:
    if not row["barcode"]:
        raise InputError(f"{where}: no barcode; give one or remove the line")
    check_name(row["group"], f"{where}: group")
    if row["group"] == "NA":
        raise InputError(f"{where}: group 'NA' means none here; take the row out, or name it otherwise")
    if row.get(SAMPLE, samples[0]) not in samples:
        raise InputError(
            f"{where}: sample '{row[SAMPLE]}' is none of the sample sheet ({', '.join(sorted(samples))})"
        )


def groups_of(groups: Groups | None, samples: Sequence[str]) -> dict[str, list[str]]:
    """List the groups of each sample, sorted; none where there is no table of groups.

    Raises
    ------
    InputError
        If there is a table and a sample has no row in it.
    """
    if groups is None:
        return {sample: [] for sample in samples}
    for sample in samples:
        if sample not in groups:
            raise InputError(
                f"the table single_cell.groups has no row for sample '{sample}'; add its cells, or take the "
                "sample out of the sample sheet"
            )
    return {sample: sorted(set(groups[sample].values())) for sample in samples}


def pseudobulks(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Name the samples that are counted: `sample.group`, or the sample itself where it has no groups.

    Raises
    ------
    InputError
        If two would have one name.
    """
    owners: dict[str, str] = {}
    for sample, names in groups.items():
        for name in [f"{sample}.{group}" for group in names] or [sample]:
            if name in owners:
                raise InputError(
                    f"single_cell.groups: samples '{owners[name]}' and '{sample}' both have a pseudobulk "
                    f"'{name}'; rename a group"
                )
            owners[name] = sample
    return list(owners)
