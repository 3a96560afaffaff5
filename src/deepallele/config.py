"""Check a run's configuration before any job starts, and fill in the defaults.

Only the standard library, PyYAML and jsonschema are used here, because this module runs inside
Snakemake's own environment.
"""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, validators

from deepallele.allele.barcode_regex import compile_barcode
from deepallele.errors import InputError
from deepallele.exchange.configured import check_import
from deepallele.model.presets import model_config
from deepallele.search.space import check_search

WINDOW = 330  # bp; the published length for ATAC-seq


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
        A copy of `config` with every default filled in; `reference.vcf` is a list, `dataset.length` and
        `search.seed` are numbers.

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
    _check_names(filled, source)
    if filled["dataset"]["import"] is not None:
        check_import(filled, source)
    else:
        _check_reads(filled, source)
    shortest, longest = (filled["align"][key] for key in ("min_insert", "max_insert"))
    if shortest > longest:
        raise InputError(
            f"{source}: key 'align.min_insert': {shortest} is above align.max_insert, {longest}; lower it"
        )
    _check_chromosomes(filled, source)
    _check_models(filled, source)
    if filled["search"]["seed"] is None:
        filled["search"]["seed"] = filled["seed"]
    try:
        check_search(filled)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None
    if filled["dataset"]["length"] is None:
        rna = filled["assay"] == "rna"
        filled["dataset"]["length"] = 2 * filled["rna"]["tss_flank"] if rna else WINDOW
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


def _check_reads(config: dict[str, Any], source: str) -> None:
    """Check what only a run from reads has; `reference.vcf` becomes a list."""
    for key in ("samples", "reference"):
        if key not in config:
            raise InputError(f"{source}: missing key '{key}'; add it (see config/README.md)")
    if isinstance(config["reference"]["vcf"], str):
        config["reference"]["vcf"] = [config["reference"]["vcf"]]
    if config["assay"] == "rna" and config["reference"]["gtf"] is None:
        raise InputError(
            f"{source}: missing key 'gtf' in 'reference'; assay: rna needs the reference's gene annotation"
        )
    _check_broad(config, source)
    _check_tags(config, source)
    if config["tracks"]["assembly"] and not config["tracks"]["bigwig"]:
        raise InputError(
            f"{source}: key 'tracks.assembly': '{config['tracks']['assembly']}', but tracks.bigwig is false; "
            "a hub shows bigWigs: set that to true, or assembly to null"
        )
    _check_haplotypes(config, source)


def _check_broad(config: Mapping[str, Any], source: str) -> None:
    peaks = config["peaks"]
    if not peaks["broad"]:
        return
    if config["assay"] != "chip":
        raise InputError(
            f"{source}: key 'peaks.broad': true, but assay: {config['assay']}; only ChIP-seq has broad "
            "peaks, the others' regions are centred on summits: set it to false"
        )
    if peaks["broad_cutoff"] <= peaks["qvalue"]:
        raise InputError(
            f"{source}: key 'peaks.broad_cutoff': {peaks['broad_cutoff']} is not above peaks.qvalue, "
            f"{peaks['qvalue']}; raise it"
        )


def _check_tags(config: Mapping[str, Any], source: str) -> None:
    """Refuse what cannot be of barcodes and UMIs."""
    if config["assay"] == "rna" and config["allele"]["umi"] == "tag":
        raise InputError(
            f"{source}: key 'allele.umi': tag, but STAR drops the FASTQ comments that hold the tags; put the "
            "UMI at the end of the read name and set it to name"
        )
    if config["assay"] != "scatac":
        return
    cells = config["single_cell"]
    if cells["barcode"] == "name":
        try:
            compile_barcode(cells["barcode_regex"])
        except InputError as error:
            raise InputError(f"{source}: key 'single_cell.barcode_regex': {error}") from None
    if cells["barcode"] == "tag" and cells["barcode_tag"] == "RX":
        raise InputError(f"{source}: key 'single_cell.barcode_tag': RX is the tag of UMIs; cells have CB")
    if "ambiguous" in [haplotype["name"] for haplotype in config["cross"]["haplotypes"]]:
        raise InputError(
            f"{source}: key 'cross.haplotypes': 'ambiguous' is the name of the ambiguous fragments' files; "
            "give the haplotype another name"
        )


def _check_names(config: Mapping[str, Any], source: str) -> None:
    names = [haplotype["name"] for haplotype in config["cross"]["haplotypes"]]
    if names[0] == names[1]:
        raise InputError(
            f"{source}: key 'cross.haplotypes': both haplotypes are named '{names[0]}'; give two names"
        )


def _check_haplotypes(config: Mapping[str, Any], source: str) -> None:
    haplotypes = config["cross"]["haplotypes"]
    names = [haplotype["name"] for haplotype in haplotypes]
    for number, haplotype in enumerate(haplotypes):
        if haplotype["source"] is None:
            raise InputError(
                f"{source}: missing key 'source' in 'cross.haplotypes.{number}'; add it "
                "(see config/README.md)"
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


def _check_chromosomes(config: Mapping[str, Any], source: str) -> None:
    test, validation = (config["dataset"][f"{part}_chromosomes"] for part in ("test", "validation"))
    if validation and not test:
        raise InputError(
            f"{source}: key 'dataset.validation_chromosomes': given without dataset.test_chromosomes; name "
            "these too, because early stopping sees the validation regions and scores are told of others"
        )
    both = sorted(set(test) & set(validation))
    if both:
        raise InputError(
            f"{source}: key 'dataset.validation_chromosomes': '{both[0]}' is in "
            "dataset.test_chromosomes too; remove it from one of them"
        )
    reference = config.get("reference", {"exclude_contigs": []})
    excluded = sorted(set(reference["exclude_contigs"]) & {*test, *validation})
    if excluded:
        raise InputError(
            f"{source}: key 'dataset.test_chromosomes' or 'dataset.validation_chromosomes': "
            f"'{excluded[0]}' is in reference.exclude_contigs; no region is there"
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
    sizes = config["models"][model]["architecture"]
    parts = ["pooling softmax"] if sizes.get("pooling") == "softmax" else []
    parts += ["an interaction"] if sizes.get("interaction") else []
    if parts and config["attribute"]["method"] == "deeplift":
        raise InputError(
            f"{source}: key 'attribute.method': deeplift, but model '{model}' has {parts[0]}, for which "
            "DeepLIFT has no rule; set it to gradient or ism"
        )
