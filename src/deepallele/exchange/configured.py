"""The section `dataset.import` of the configuration.

Only the standard library is used, because this module runs inside Snakemake's own environment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deepallele.errors import InputError

# Files each format takes.
FILES = {"published": 1, "table": 1, "fasta": 3}
_READS = ("samples", "reference")
_FIXED = {"split": "chromosome", "shared_sequence": "keep"}


def check_import(config: Mapping[str, Any], source: str) -> None:
    """Refuse what does not go with an imported dataset, or is missing for it.

    Parameters
    ----------
    config
        Configuration that passed the schema, with `dataset.import`.
    source
        Name of the configuration file(s), for messages.

    Raises
    ------
    InputError
        With key and mend.
    """
    section = config["dataset"]["import"]
    where = f"{source}: key 'dataset.import"
    for key in _READS:
        if key in config:
            raise InputError(f"{source}: key '{key}': an imported dataset has no reads; remove it")
    for key, value in _FIXED.items():
        if config["dataset"][key] != value:
            raise InputError(
                f"{source}: key 'dataset.{key}': '{config['dataset'][key]}', but the folds of an imported "
                "dataset are made of its chromosomes or of the column 'group'; remove it"
            )
    wanted = FILES[section["format"]]
    if len(section["files"]) != wanted:
        raise InputError(
            f"{where}.files': {len(section['files'])} files; format '{section['format']}' takes {wanted}"
        )
    needed = {"published": [], "fasta": ["name", "group", "values"]}
    needed["table"] = ["name", "sequence", "group", "values"]
    for key, value in section["columns"].items():
        if value and key not in needed[section["format"]]:
            raise InputError(f"{where}.columns.{key}': not used by format '{section['format']}'; remove it")
    for key in needed[section["format"]]:
        if not section["columns"][key]:
            raise InputError(f"{where}.columns.{key}' is missing; format '{section['format']}' needs it")
    if section["samples"] and section["format"] != "published":
        raise InputError(f"{where}.samples': names batches of format 'published'; use columns.values")
    for key, names in section["arrays"].items():
        if names and section["format"] != "published":
            raise InputError(f"{where}.arrays.{key}': names arrays of format 'published'; remove it")


def check_import_files(config: Mapping[str, Any]) -> None:
    """Refuse files that do not exist.

    Raises
    ------
    InputError
        On the first one.
    """
    for path in config["dataset"]["import"]["files"]:
        if not Path(path).is_file():
            raise InputError(f"config key 'dataset.import.files': no such file '{path}'")


def import_options(section: Mapping[str, Any]) -> list[str]:
    """Options of import_dataset.py that the section stands for."""
    columns = section["columns"]
    values = [f"{name}={','.join(pair)}" for name, pair in (columns["values"] or {}).items()]
    options = {
        "--samples": section["samples"],
        "--sequence-arrays": section["arrays"]["sequence"],
        "--value-arrays": section["arrays"]["values"],
        "--batch-arrays": section["arrays"]["batch"],
        "--name-column": columns["name"],
        "--sequence-columns": columns["sequence"],
        "--group-column": columns["group"],
        "--values": values,
        "--unit": None if section["format"] == "published" else section["unit"],
        "--length": section["length"],
    }
    found: list[str] = []
    for option, value in options.items():
        if value:
            found += [option, *(value if isinstance(value, list) else [str(value)])]
    return found
