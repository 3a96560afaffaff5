import json
import sys

from snakemake.exceptions import WorkflowError


include: "steps.smk"


from deepallele.conditions import check_min_samples, comparisons, replicate_groups
from deepallele.config import check_config, load_schema
from deepallele.dataset.chromosomes import check_folds
from deepallele.errors import InputError
from deepallele.exchange.configured import check_import_files, import_options
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
    # An imported dataset comes without reads.
    IMPORTED = config["dataset"]["import"]
    UNITS = [] if IMPORTED else read_samples(config["samples"])
    COMPARISONS = {}
    notes = []
    if not IMPORTED:
        check_file_names(UNITS, HAPLOTYPES, config["samples"])
        check_assay_samples(config, UNITS)
        notes = check_min_samples(config, UNITS, source="config")
        COMPARISONS = comparisons(config, UNITS, source="config")
    # Jobs on cluster nodes parse the workflow again; the inputs were seen by then.
    if workflow.is_main_process:
        if IMPORTED:
            check_import_files(config)
        else:
            notes += check_inputs(config)
        for note in notes:
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


wildcard_constraints:
    sample=any_of(LIBRARIES),
    haplotype=any_of(HAPLOTYPES),
    model=any_of(MODELS),
    fold=r"\d+",
    seed=r"\d+",
