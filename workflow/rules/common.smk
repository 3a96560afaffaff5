import json
import sys

from snakemake.exceptions import WorkflowError


include: "steps.smk"


from deepallele.conditions import (
    check_min_samples,
    check_tasks,
    comparisons,
    counted_units,
    replicate_groups,
)
from deepallele.config import check_config, load_schema
from deepallele.dataset.chromosomes import check_folds
from deepallele.errors import InputError
from deepallele.exchange.configured import check_import_files, import_options
from deepallele.preflight import check_inputs
from deepallele.reads.preflight import check_reads, comment_tags
from deepallele.sample_sheet import (
    check_assay_samples,
    check_file_names,
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
    # An imported dataset comes without reads.
    IMPORTED = config["dataset"]["import"]
    UNITS = [] if IMPORTED else read_samples(config["samples"])
    # Input controls of ChIP-seq are mapped and checked, but have no peaks, no counts and no place in the dataset.
    LIBRARIES = sorted({unit["sample"] for unit in UNITS})
    SAMPLES = [name for name in LIBRARIES if name not in controls_of(UNITS).values()]
    # Of single cells, groups of cells are counted as samples.
    SINGLE_CELL = config["assay"] == "scatac" and not IMPORTED
    GROUP_TABLE = config["single_cell"]["groups"] if SINGLE_CELL else None
    CELL_GROUPS = groups_of(
        read_groups(GROUP_TABLE, SAMPLES) if GROUP_TABLE else None, SAMPLES
    )
    COUNTED = pseudobulks(CELL_GROUPS)
    COUNTED_UNITS = counted_units(UNITS, CELL_GROUPS)
    COMPARISONS = {}
    # Tags that the comments of the FASTQ files hold.
    COMMENT_TAGS = [] if IMPORTED else comment_tags(config)
    notes = []
    if not IMPORTED:
        check_file_names(UNITS, HAPLOTYPES, config["samples"])
        check_assay_samples(config, UNITS)
        notes = check_min_samples(config, UNITS, source="config")
        COMPARISONS = comparisons(config, COUNTED_UNITS, source="config")
        check_tasks(config, COUNTED_UNITS, source="config")
    # Jobs on cluster nodes parse the workflow again; the inputs were seen by then.
    if workflow.is_main_process:
        if IMPORTED:
            check_import_files(config)
        else:
            notes += check_inputs(config) + check_reads(config, UNITS)
        for note in notes:
            print(f"note: {note}", file=sys.stderr)
except InputError as error:
    raise WorkflowError(str(error)) from None

# Samples of one condition are replicates of each other; peaks are of samples, counts may be of groups of cells.
GROUPS = replicate_groups(UNITS)
COUNTED_GROUPS = replicate_groups(COUNTED_UNITS)
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
        for unit in COUNTED_UNITS
        if unit["condition"]
    }
)
FOLDS = 1 if config["dataset"]["test_chromosomes"] else config["dataset"]["folds"]

TARGETS = ["<results>/report/index.html"]
if not IMPORTED:
    TARGETS += ["<results>/multiqc/multiqc_report.html"]
TARGETS += expand("<results>/allele/{sample}.ase.tsv", sample=SAMPLES)
TARGETS += expand(
    "<results>/counts/differential/{comparison}.tsv", comparison=COMPARISONS
)
if config["tracks"]["bigwig"]:
    TARGETS += expand("<results>/tracks/{sample}.bw", sample=LIBRARIES)
if config["tracks"]["igv"] and not IMPORTED:
    TARGETS += ["<results>/igv_session.xml"]
if config["tracks"]["assembly"] and not IMPORTED:
    TARGETS += ["<results>/tracks/hub.txt"]
if SINGLE_CELL:
    TARGETS += expand(
        "<results>/single_cell/{sample}.{file}",
        sample=SAMPLES,
        file=["ambiguous.fragments.tsv.gz", "cells.tsv", "h5ad"],
    )


wildcard_constraints:
    sample=any_of(LIBRARIES),
    haplotype=any_of(HAPLOTYPES),
    model=any_of(MODELS),
    fold=r"\d+",
    seed=r"\d+",
