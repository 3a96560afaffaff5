"""Read and check the sample sheet before any job starts.

Only the standard library is used here, because this module runs inside Snakemake's own environment.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepallele.errors import InputError

SAMPLE_COLUMNS = ("sample", "unit", "fastq_1", "fastq_2")
OPTIONAL_COLUMNS = ("sex",)
SEXES = ("male", "female")

Unit = dict[str, str]


def read_samples(path: str | Path) -> list[Unit]:
    """Read the sample sheet: one row per sample and unit (lane).

    Parameters
    ----------
    path
        TSV with columns sample, unit, fastq_1, fastq_2; an empty fastq_2 means single-end reads. The
        column sex (male, female or empty) may be left out.

    Returns
    -------
    list of dict
        The rows, sorted by sample and unit, with all columns.

    Raises
    ------
    InputError
        On a missing or unknown column, an empty or unsafe name, a repeated row or file, a sample
        that mixes single-end and paired-end units or has two sexes, or an absent FASTQ file, with the line.
    """
    if not Path(path).is_file():
        raise InputError(f"{path}: no such sample sheet; set 'samples' in the config")
    with Path(path).open(newline="") as file:
        lines = list(csv.reader(file, delimiter="\t"))
    if not lines:
        raise InputError(f"{path}: the sample sheet is empty; its header is: {' '.join(SAMPLE_COLUMNS)}")
    header = [name.strip() for name in lines[0]]
    _check_header(header, path)
    units: list[Unit] = []
    for number, fields in enumerate(lines[1:], start=2):
        if not any(field.strip() for field in fields) or fields[0].startswith("#"):
            continue
        if len(fields) > len(header):
            raise InputError(f"{path}, line {number}: {len(fields)} fields, but the header has {len(header)}")
        values = [field.strip() for field in fields] + [""] * (len(header) - len(fields))
        unit = dict.fromkeys(OPTIONAL_COLUMNS, "") | dict(zip(header, values, strict=True))
        _check_unit(unit, units, f"{path}, line {number}")
        units.append(unit)
    if not units:
        raise InputError(f"{path}: no samples under the header; add at least one row")
    return sorted(units, key=lambda unit: (unit["sample"], unit["unit"]))


def check_file_names(units: Sequence[Unit], haplotypes: Sequence[str], source: str) -> None:
    """Refuse samples and units whose files would have the same name.

    Files are named `{sample}.{unit}` for a lane and `{sample}.{haplotype}` for a haplotype's reads.

    Raises
    ------
    InputError
        If two of these names are equal, or a haplotype's is that of another sample.
    """
    samples = sorted({unit["sample"] for unit in units})
    owners: dict[str, str] = {}
    for unit in units:
        lane = f"{unit['sample']}.{unit['unit']}"
        if lane in owners:
            raise InputError(
                f"{source}: samples '{owners[lane]}' and '{unit['sample']}' both have files named '{lane}'; "
                "rename a unit"
            )
        owners[lane] = unit["sample"]
    for sample in samples:
        for haplotype in haplotypes:
            if f"{sample}.{haplotype}" in samples:
                raise InputError(
                    f"{source}: sample '{sample}.{haplotype}' has the name of the reads of sample '{sample}' "
                    f"from haplotype '{haplotype}'; rename the sample"
                )


def check_min_samples(config: Mapping[str, Any], units: Sequence[Unit], source: str) -> None:
    """Refuse to ask for peaks in more samples than there are.

    Raises
    ------
    InputError
        If `peaks.min_samples` is above the number of samples and peaks are called.
    """
    number, least = len({unit["sample"] for unit in units}), config["peaks"]["min_samples"]
    if config["peaks"]["regions"] is None and least > number:
        raise InputError(
            f"{source}: key 'peaks.min_samples': {least}, but {config['samples']} lists {number} samples; "
            "lower it"
        )


def _check_header(header: Sequence[str], path: str | Path) -> None:
    missing = [name for name in SAMPLE_COLUMNS if name not in header]
    if missing:
        raise InputError(
            f"{path}, line 1: no column '{missing[0]}'; expected tab-separated {' '.join(SAMPLE_COLUMNS)}"
        )
    known = SAMPLE_COLUMNS + OPTIONAL_COLUMNS
    unknown = [name for name in header if name not in known]
    if unknown:
        raise InputError(f"{path}, line 1: unknown column '{unknown[0]}'; expected {' '.join(known)}")
    repeated = [name for name in known if header.count(name) > 1]
    if repeated:
        raise InputError(f"{path}, line 1: column '{repeated[0]}' appears twice; keep one")


def _check_unit(unit: Unit, before: Sequence[Unit], where: str) -> None:
    for key in ("sample", "unit"):
        check_name(unit[key], f"{where}: {key}")
    if not unit["fastq_1"]:
        raise InputError(f"{where}: sample '{unit['sample']}' has no fastq_1; give the file of its reads")
    if unit["sex"] not in (*SEXES, ""):
        raise InputError(f"{where}: sex '{unit['sex']}'; write {' or '.join(SEXES)}, or leave it empty")
    for other in before:
        if (other["sample"], other["unit"]) == (unit["sample"], unit["unit"]):
            raise InputError(f"{where}: sample '{unit['sample']}' unit '{unit['unit']}' is listed twice")
        if other["sample"] == unit["sample"] and bool(other["fastq_2"]) != bool(unit["fastq_2"]):
            raise InputError(
                f"{where}: sample '{unit['sample']}' mixes single-end and paired-end units; "
                "make two samples of them"
            )
        if other["sample"] == unit["sample"] and other["sex"] != unit["sex"]:
            raise InputError(
                f"{where}: sample '{unit['sample']}' has sex '{unit['sex']}' here and '{other['sex']}' in a "
                "row above; write the same in all its rows"
            )
    earlier = {other[key] for other in before for key in ("fastq_1", "fastq_2") if other[key]}
    for key in ("fastq_1", "fastq_2"):
        if not unit[key]:
            continue
        if unit[key] in earlier or (key == "fastq_2" and unit[key] == unit["fastq_1"]):
            raise InputError(f"{where}: file '{unit[key]}' is listed twice")
        if not Path(unit[key]).is_file():
            raise InputError(f"{where}: {key}: no such file '{unit[key]}'")


def check_name(name: str, where: str) -> None:
    """Refuse a name that cannot be part of a file name.

    Raises
    ------
    InputError
        If `name` is empty or holds other than letters, digits, `_`, `.`, `+` and `-`.
    """
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.+-")
    if not name or not name[0].isalnum() or not set(name) <= allowed:
        raise InputError(
            f"{where}: '{name}' cannot be a file name; use letters, digits, '_', '.', '+', '-' only"
        )
