"""Check a run's configuration, sample sheet and input files before any job starts.

Only the standard library, PyYAML and jsonschema are used here, because this module runs inside
Snakemake's own environment.
"""

import csv
import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators

from deepallele.errors import InputError
from deepallele.model.presets import model_config

SAMPLE_COLUMNS = ("sample", "unit", "fastq_1", "fastq_2")

Unit = dict[str, str]


def load_schema(path: str | Path) -> dict[str, Any]:
    """Read a JSON schema written as YAML."""
    with Path(path).open() as file:
        schema: dict[str, Any] = yaml.safe_load(file)
    return schema


def check_config(config: Mapping[str, Any], schema: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Validate a configuration and fill in the schema's defaults.

    Parameters
    ----------
    config
        The configuration as Snakemake read it.
    schema
        JSON schema with `default` on optional keys.
    source
        Name of the configuration file(s), for error messages.

    Returns
    -------
    dict
        A copy of `config` with every default filled in.

    Raises
    ------
    InputError
        On the first unknown key, wrong type or value out of range, naming key, value and mend.
    """
    filled = _copy(config)
    validator = _defaulting_validator(schema)
    errors = sorted(
        validator.iter_errors(filled), key=lambda error: (len(error.absolute_path), str(error.path))
    )
    if errors:
        raise InputError(f"{source}: {_explain(errors[0])}")
    _check_haplotypes(filled, source)
    shortest, longest = (filled["align"][key] for key in ("min_insert", "max_insert"))
    if shortest > longest:
        raise InputError(
            f"{source}: key 'align.min_insert': {shortest} is above align.max_insert, {longest}; lower it"
        )
    _check_models(filled, source)
    return filled


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(item) for item in value]
    return value


def _defaulting_validator(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Give a validator that fills `default` values in while it walks the properties."""
    check_properties = Draft202012Validator.VALIDATORS["properties"]

    def fill(
        validator: Draft202012Validator,
        properties: Mapping[str, Any],
        instance: Any,
        schema: Mapping[str, Any],
    ) -> Iterator[Any]:
        if isinstance(instance, dict):
            for key, subschema in properties.items():
                if "default" in subschema:
                    instance.setdefault(key, _copy(subschema["default"]))
        yield from check_properties(validator, properties, instance, schema)

    return validators.extend(Draft202012Validator, {"properties": fill})(schema)


def _explain(error: Any) -> str:
    """Say one schema violation as key, value and mend."""
    key = ".".join(str(part) for part in error.absolute_path) or "(top level)"
    if error.validator == "additionalProperties":
        known = sorted(error.schema.get("properties", {}))
        unknown = sorted(set(error.instance) - set(known))[0]
        close = difflib.get_close_matches(str(unknown), known, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known keys: {', '.join(known)}"
        where = "" if key == "(top level)" else f" in '{key}'"
        return f"unknown key '{unknown}'{where}; {hint}"
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))[0]
        where = "" if key == "(top level)" else f" in '{key}'"
        return f"missing key '{missing}'{where}; add it (see config/README.md)"
    description = error.schema.get("description", "") if isinstance(error.schema, Mapping) else ""
    meaning = f"; expected: {description}" if description else "; see config/README.md"
    return f"key '{key}': {error.message}{meaning}"


def _check_haplotypes(config: Mapping[str, Any], source: str) -> None:
    haplotypes = config["cross"]["haplotypes"]
    names = [haplotype["name"] for haplotype in haplotypes]
    if names[0] == names[1]:
        raise InputError(
            f"{source}: key 'cross.haplotypes': both haplotypes are named '{names[0]}'; give two names"
        )
    origins = [(h["source"], h["vcf_sample"], h["phase"]) for h in haplotypes]
    if origins[0] == origins[1]:
        raise InputError(
            f"{source}: key 'cross.haplotypes': both haplotypes come from the same source {origins[0]}; "
            "there is nothing to tell apart"
        )
    for name, haplotype in zip(names, haplotypes, strict=True):
        if haplotype["source"] == "vcf" and not haplotype["vcf_sample"]:
            raise InputError(
                f"{source}: key 'cross.haplotypes': haplotype '{name}' comes from the VCF; "
                "name its sample column with 'vcf_sample'"
            )
        if haplotype["source"] == "reference" and (haplotype["vcf_sample"] or haplotype["phase"] is not None):
            raise InputError(
                f"{source}: key 'cross.haplotypes': haplotype '{name}' is the reference; "
                "remove its 'vcf_sample' and 'phase', or set source: vcf"
            )


def _check_models(config: Mapping[str, Any], source: str) -> None:
    for name, section in config["models"].items():
        settings = {key: value for key, value in section.items() if key != "seeds"}
        try:
            model_config(settings, name)
        except InputError as error:
            raise InputError(f"{source}: {error}") from None
    model = config["interpret"]["model"]
    if model not in config["models"]:
        raise InputError(
            f"{source}: key 'interpret.model': no model '{model}'; "
            f"one of {', '.join(sorted(config['models']))}"
        )


def read_samples(path: str | Path) -> list[Unit]:
    """Read the sample sheet: one row per sample and unit (lane).

    Parameters
    ----------
    path
        TSV with columns sample, unit, fastq_1, fastq_2; an empty fastq_2 means single-end reads.

    Returns
    -------
    list of dict
        The rows, sorted by sample and unit.

    Raises
    ------
    InputError
        On a missing or unknown column, an empty or unsafe name, a repeated row or file, a sample
        that mixes single-end and paired-end units, or an absent FASTQ file, with the line.
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
        unit = dict(zip(header, values, strict=True))
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
    unknown = [name for name in header if name not in SAMPLE_COLUMNS]
    if unknown:
        raise InputError(
            f"{path}, line 1: unknown column '{unknown[0]}'; expected {' '.join(SAMPLE_COLUMNS)}"
        )
    repeated = [name for name in SAMPLE_COLUMNS if header.count(name) > 1]
    if repeated:
        raise InputError(f"{path}, line 1: column '{repeated[0]}' appears twice; keep one")


def _check_unit(unit: Unit, before: Sequence[Unit], where: str) -> None:
    for key in ("sample", "unit"):
        check_name(unit[key], f"{where}: {key}")
    if not unit["fastq_1"]:
        raise InputError(f"{where}: sample '{unit['sample']}' has no fastq_1; give the file of its reads")
    for other in before:
        if (other["sample"], other["unit"]) == (unit["sample"], unit["unit"]):
            raise InputError(f"{where}: sample '{unit['sample']}' unit '{unit['unit']}' is listed twice")
        if other["sample"] == unit["sample"] and bool(other["fastq_2"]) != bool(unit["fastq_2"]):
            raise InputError(
                f"{where}: sample '{unit['sample']}' mixes single-end and paired-end units; "
                "make two samples of them"
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
