"""Read and check the sample sheet before any job starts.

Only the standard library is used here, because this module runs inside Snakemake's own environment.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deepallele.errors import InputError

SAMPLE_COLUMNS = ("sample", "unit", "fastq_1", "fastq_2")
OPTIONAL_COLUMNS = ("sex", "control", "condition")
SEXES = ("male", "female")
LONGEST_CONDITION = 60

Unit = dict[str, str]


def read_samples(path: str | Path, fetched: bool = True) -> list[Unit]:
    """Read the sample sheet: one row per sample and unit (lane).

    Parameters
    ----------
    path
        TSV with columns sample, unit, fastq_1, fastq_2; an empty fastq_2 means single-end reads. The
        columns sex (male, female or empty), control (name of the sample that is the input control) and
        condition (any text of a line) may be left out; each is the same in all rows of a sample.

    fetched
        The FASTQ files must exist, one at least; False where they are still to be fetched.

    Returns
    -------
    list of dict
        The rows, sorted by sample and unit, with all columns.

    Raises
    ------
    InputError
        On a missing or unknown column, an empty or unsafe name, a repeated row or file, a sample
        that mixes single-end and paired-end units or has two sexes, controls or conditions, a control that
        cannot be one, or an absent FASTQ file, with the line.
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
        if fetched:
            _check_files(unit, f"{path}, line {number}")
        units.append(unit)
    if not units and fetched:
        raise InputError(f"{path}: no samples under the header; add at least one row")
    _check_controls(units, path)
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


def controls_of(units: Sequence[Unit]) -> dict[str, str]:
    """Name of each sample's input control; samples without one are left out."""
    return {unit["sample"]: unit["control"] for unit in units if unit["control"]}


def check_assay_samples(config: Mapping[str, Any], units: Sequence[Unit]) -> None:
    """Refuse a sheet whose controls or layouts do not go with the assay.

    Raises
    ------
    InputError
        If another assay than ChIP-seq has a control; if single cells have single-end reads; if peaks of
        ChIP samples are to be called and a sample lacks its control without `peaks.require_control` being
        false, or some samples are single-end and others paired-end.
    """
    path, controls = config["samples"], controls_of(units)
    if config["assay"] == "scatac" and (single := [unit for unit in units if not unit["fastq_2"]]):
        raise InputError(
            f"{path}: sample '{single[0]['sample']}' is single-end, but assay: scatac needs both ends of the "
            "fragments; name the second mates in fastq_2 (a read of barcodes goes into names or comments)"
        )
    if config["assay"] != "chip":
        if controls:
            sample = min(controls)
            raise InputError(
                f"{path}: sample '{sample}' has control '{controls[sample]}', but assay: {config['assay']} "
                "has no controls; leave that column out, or set assay: chip"
            )
        return
    if config["peaks"]["regions"] is not None:
        return
    treated = [unit for unit in units if unit["sample"] not in controls.values()]
    without = sorted(unit["sample"] for unit in treated if not unit["control"])
    if config["peaks"]["require_control"] and without:
        raise InputError(
            f"{path}: ChIP sample '{without[0]}' has no control; name its input sample in the column "
            "'control', or set peaks.require_control: false in the config"
        )
    layouts = {bool(unit["fastq_2"]): unit["sample"] for unit in treated}
    if len(layouts) > 1:
        raise InputError(
            f"{path}: sample '{layouts[True]}' is paired-end, sample '{layouts[False]}' single-end; peaks "
            "of both together cannot be called: give each layout a run of its own, or set peaks.regions"
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
    if len(unit["condition"]) > LONGEST_CONDITION or not unit["condition"].isprintable():
        raise InputError(
            f"{where}: condition {unit['condition']!r}; it is part of file names: use one line of at most "
            f"{LONGEST_CONDITION} characters"
        )
    for other in before:
        if (other["sample"], other["unit"]) == (unit["sample"], unit["unit"]):
            raise InputError(f"{where}: sample '{unit['sample']}' unit '{unit['unit']}' is listed twice")
        if other["sample"] == unit["sample"] and bool(other["fastq_2"]) != bool(unit["fastq_2"]):
            raise InputError(
                f"{where}: sample '{unit['sample']}' mixes single-end and paired-end units; "
                "make two samples of them"
            )
        for key in OPTIONAL_COLUMNS:
            if other["sample"] == unit["sample"] and other[key] != unit[key]:
                raise InputError(
                    f"{where}: sample '{unit['sample']}' has {key} '{unit[key]}' here and '{other[key]}' in "
                    "a row above; write the same in all its rows"
                )
    earlier = {other[key] for other in before for key in ("fastq_1", "fastq_2") if other[key]}
    for key in ("fastq_1", "fastq_2"):
        if not unit[key]:
            continue
        if unit[key] in earlier or (key == "fastq_2" and unit[key] == unit["fastq_1"]):
            raise InputError(f"{where}: file '{unit[key]}' is listed twice")


def _check_files(unit: Unit, where: str) -> None:
    for key in ("fastq_1", "fastq_2"):
        if unit[key] and not Path(unit[key]).is_file():
            raise InputError(f"{where}: {key}: no such file '{unit[key]}'")


def _check_controls(units: Sequence[Unit], path: str | Path) -> None:
    """Refuse a control that is no sample, has a control itself, or has reads of another layout."""
    paired = {unit["sample"]: bool(unit["fastq_2"]) for unit in units}
    controls = controls_of(units)
    layout = {True: "paired-end", False: "single-end"}
    for sample, control in sorted(controls.items()):
        where = f"{path}: sample '{sample}': control '{control}'"
        if control == sample:
            raise InputError(f"{where} is the sample itself; name its input sample, or leave it empty")
        if control not in paired:
            raise InputError(
                f"{where} is no sample of the sheet; give it rows of its own "
                f"(samples: {', '.join(sorted(paired))})"
            )
        if control in controls:
            raise InputError(
                f"{where} has a control itself, '{controls[control]}'; a control has none: leave that empty"
            )
        if paired[control] != paired[sample]:
            raise InputError(
                f"{where} is {layout[paired[control]]}, but the sample is {layout[paired[sample]]}; both "
                "must have the same layout"
            )


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
