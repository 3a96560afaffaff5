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

from deepallele.conditions import check_min_samples, comparisons, replicate_groups
from deepallele.config import check_config, load_schema
from deepallele.dataset.chromosomes import check_folds
from deepallele.errors import InputError
from deepallele.preflight import check_inputs
from deepallele.sample_sheet import (
    check_assay_samples,
    check_file_names,
    controls_of,
    read_samples,
)

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
    condition_notes = check_min_samples(config, UNITS, source="config")
    COMPARISONS = comparisons(config, UNITS, source="config")
    # Jobs on cluster nodes parse the workflow again; the inputs were seen by then.
    if workflow.is_main_process:
        for note in condition_notes + check_inputs(config):
            print(f"note: {note}", file=sys.stderr)
except InputError as error:
    raise WorkflowError(str(error)) from None

# Input controls of ChIP-seq are mapped and checked, but have no peaks, no counts and no place in the dataset.
LIBRARIES = sorted({unit["sample"] for unit in UNITS})
SAMPLES = [name for name in LIBRARIES if name not in controls_of(UNITS).values()]
# Samples of one condition are replicates of each other.
GROUPS = replicate_groups(UNITS)
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

# What the dataset has a row for: peaks, or windows around the TSS of genes.
REGIONS = (
    "<results>/counts/tss.bed"
    if config["assay"] == "rna"
    else "<results>/peaks/regions.bed"
)
CONDITIONS = sorted(
    {
        f"{unit['sample']}={unit['condition']}"
        for unit in UNITS
        if unit["condition"] and unit["sample"] in SAMPLES
    }
)
FOLDS = 1 if config["dataset"]["test_chromosomes"] else config["dataset"]["folds"]

TARGETS = ["<results>/multiqc/multiqc_report.html", "<results>/report/index.html"]
TARGETS += expand("<results>/allele/{sample}.ase.tsv", sample=SAMPLES)
TARGETS += expand(
    "<results>/counts/differential/{comparison}.tsv", comparison=COMPARISONS
)
if config["tracks"]["bigwig"]:
    TARGETS += expand("<results>/tracks/{sample}.bw", sample=LIBRARIES)
if config["tracks"]["igv"]:
    TARGETS += ["<results>/igv_session.xml"]
if config["tracks"]["assembly"]:
    TARGETS += ["<results>/tracks/hub.txt"]


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
