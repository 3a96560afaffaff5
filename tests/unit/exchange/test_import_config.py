"""The configuration of an imported dataset."""

from pathlib import Path

import pytest
import yaml

from deepallele.config import check_config, load_schema
from deepallele.errors import InputError
from deepallele.exchange.configured import check_import_files, import_options

SCHEMA = load_schema(Path(__file__).parents[3] / "workflow" / "schemas" / "config.schema.yaml")
TABLE = """
cross: {name: yeast, haplotypes: [{name: BY}, {name: RM}]}
models: {recommended: {type: recommended}}
dataset:
  folds: 4
  import:
    format: table
    files: [pairs.tsv.gz]
    unit: log2
    columns: {name: oligo, sequence: [ref, alt], group: gene, values: {r1: [a1, b1], r2: [a2, b2]}}
"""


def config(change=None, text=TABLE):
    return check_config(yaml.safe_load(text.replace(*change) if change else text), SCHEMA, "c.yaml")


def test_options_of_the_step():
    section = config()["dataset"]["import"]
    assert import_options(section) == [
        *("--name-column", "oligo", "--sequence-columns", "ref", "alt", "--group-column", "gene"),
        *("--values", "r1=a1,b1", "r2=a2,b2", "--unit", "log2"),
    ]
    section["arrays"]["batch"] = ["{batch}.x", "{batch}.y", "{batch}.d"]
    assert import_options(section)[:4] == ["--batch-arrays", "{batch}.x", "{batch}.y", "{batch}.d"]
    published = "dataset: {import: {format: published, files: [a.h5], samples: [sum], length: 330}}"
    head = TABLE[: TABLE.index("dataset:")]
    section = config(text=head + published)["dataset"]["import"]
    assert import_options(section) == ["--samples", "sum", "--length", "330"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("models:", "samples: s.tsv\nmodels:"), "key 'samples': an imported dataset has no reads"),
        (("name: RM", "name: BY"), "both haplotypes are named 'BY'"),
        (("[pairs.tsv.gz]", "[a, b]"), "2 files; format 'table' takes 1"),
        (("group: gene, ", ""), "columns.group' is missing; format 'table' needs it"),
        (("format: table", "format: fasta"), "2 files|1 files; format 'fasta' takes 3"),
        (("format: table", "format: published"), "columns.name': not used by format 'published'"),
        (("unit: log2", "samples: [r1]"), "samples': names batches"),
        (
            ("unit: log2", "arrays: {sequence: [a, b]}"),
            "arrays.sequence': names arrays of format 'published'",
        ),
        (("unit: log2", "arrays: {batch: [a, b, c]}"), "dataset.import.arrays.batch"),
        (("unit: log2", "arrays: {values: [a, b]}"), "dataset.import.arrays.values"),
        (("unit: log2", "units: log2"), "unknown key 'units' in 'dataset.import'; did you mean 'unit'"),
        (("folds: 4", "split: blocks"), "key 'dataset.split'"),
        (("[a1, b1]", "[a1]"), "dataset.import.columns.values.r1"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    with pytest.raises(InputError, match=words):
        config(change)


def test_without_import_reads_and_sources_are_needed():
    head = TABLE[: TABLE.index("dataset:")]
    with pytest.raises(InputError, match="missing key 'samples'; add it"):
        config(text=head)
    reads = "samples: s.tsv\nreference: {fasta: a.fa, vcf: a.vcf}\n"
    with pytest.raises(InputError, match=r"missing key 'source' in 'cross.haplotypes.0'"):
        config(text=head + reads)


def test_absent_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no such file 'pairs\.tsv\.gz'"):
        check_import_files(config())
