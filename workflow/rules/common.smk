import json
import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

WORKFLOW = (
    Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).resolve().parent
)
SRC = WORKFLOW.parent / "src"
sys.path.insert(0, str(SRC))

from deepallele.config import check_config, load_schema
from deepallele.errors import InputError
from deepallele.preflight import check_inputs
from deepallele.reads.preflight import check_reads, comment_tags
from deepallele.sample_sheet import (
    check_assay_samples,
    check_file_names,
    check_min_samples,
    controls_of,
    read_samples,
)
from deepallele.single_cell.groups import groups_of, pseudobulks, read_groups

try:
    config = check_config(
        config,
        load_schema(WORKFLOW / "schemas" / "config.schema.yaml"),
        source=", ".join(map(str, workflow.configfiles)) or "config",
    )
    CROSS = config["cross"]["name"]
    HAPLOTYPES = [haplotype["name"] for haplotype in config["cross"]["haplotypes"]]
    UNITS = read_samples(config["samples"])
    check_file_names(UNITS, HAPLOTYPES, config["samples"])
    check_assay_samples(config, UNITS)
    check_min_samples(config, UNITS, source="config")
    # Input controls of ChIP-seq are mapped and checked, but have no peaks, no counts and no place in the dataset.
    LIBRARIES = sorted({unit["sample"] for unit in UNITS})
    SAMPLES = [name for name in LIBRARIES if name not in controls_of(UNITS).values()]
    # Of single cells, groups of cells are counted as samples.
    GROUP_TABLE = (
        config["single_cell"]["groups"] if config["assay"] == "scatac" else None
    )
    CELL_GROUPS = groups_of(
        read_groups(GROUP_TABLE, SAMPLES) if GROUP_TABLE else None, SAMPLES
    )
    COUNTED = pseudobulks(CELL_GROUPS)
    # Tags that the comments of the FASTQ files hold.
    COMMENT_TAGS = comment_tags(config)
    # Jobs on cluster nodes parse the workflow again; the inputs were seen by then.
    if workflow.is_main_process:
        for note in check_inputs(config) + check_reads(config, UNITS):
            print(f"note: {note}", file=sys.stderr)
except InputError as error:
    raise WorkflowError(str(error)) from None

MODELS = config["models"]

# A lane is one unit of one sample; its name is that of its files.
LANES = {f"{unit['sample']}.{unit['unit']}": unit for unit in UNITS}
PAIRED = {unit["sample"] for unit in UNITS if unit["fastq_2"]}

PUBLISHED = config["allele"]["mode"] == "published"
# The published method's limits; of spliced reads the length is that on the genome, introns included.
INSERT_SIZES = {
    "published": (10, 1000),
    "likelihood": (config["align"]["min_insert"], config["align"]["max_insert"]),
    "rna": (0, config["rna"]["max_span"]),
}["rna" if config["assay"] == "rna" else config["allele"]["mode"]]

# RNA is taken as far as the imbalance of its genes.
TARGETS = ["<results>/multiqc/multiqc_report.html"]
if config["assay"] == "rna":
    TARGETS += expand("<results>/allele/{sample}.allele_stats.json", sample=SAMPLES)
    TARGETS += ["<results>/counts/imbalance.tsv", "<results>/counts/tss.bed"]
else:
    TARGETS += ["<results>/report/index.html"]
if config["assay"] == "scatac":
    TARGETS += expand(
        "<results>/single_cell/{sample}.{file}",
        sample=SAMPLES,
        file=["ambiguous.fragments.tsv.gz", "cells.tsv", "h5ad"],
    )


wildcard_constraints:
    sample="|".join(map(re.escape, LIBRARIES)),
    haplotype="|".join(map(re.escape, HAPLOTYPES)),
    model="|".join(map(re.escape, sorted(MODELS))),
    fold=r"\d+",
    seed=r"\d+",


def script(name):
    """Path of a step of src/; an input, so that an edit of the step reruns it."""
    return SRC / name


def library(*packages):
    """Library files a step depends on; inputs, so that an edit reruns what it should."""
    package = SRC / "deepallele"
    shared = [package / name for name in ("compressed.py", "errors.py", "files.py")]
    return shared + [
        path for name in packages for path in sorted((package / name).glob("**/*.py"))
    ]


def memory(base_mb, per_input=0.0):
    """Memory (MB) that grows with the size of the inputs and with each attempt."""

    def mem_mb(wildcards, input, attempt):
        return int((base_mb + per_input * input.size_mb) * attempt)

    return mem_mb


def runtime(minutes):
    """Run time (minutes) that grows with each attempt."""

    def minutes_of(wildcards, attempt):
        return minutes * attempt

    return minutes_of
