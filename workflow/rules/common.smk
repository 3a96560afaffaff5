import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

WORKFLOW = Path(
    workflow.current_basedir.get_path_or_uri(secret_free=True)
).resolve().parent
SRC = WORKFLOW.parent / "src"
sys.path.insert(0, str(SRC))

from deepallele.config import check_config, load_schema, read_samples
from deepallele.errors import InputError
from deepallele.preflight import check_inputs

try:
    config = check_config(
        config,
        load_schema(WORKFLOW / "schemas" / "config.schema.yaml"),
        source=", ".join(map(str, workflow.configfiles)) or "config",
    )
    UNITS = read_samples(config["samples"])
    # Jobs on cluster nodes parse the workflow again; the inputs were seen by then.
    if workflow.is_main_process:
        check_inputs(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

CROSS = config["cross"]["name"]
HAPLOTYPES = [haplotype["name"] for haplotype in config["cross"]["haplotypes"]]
SAMPLES = sorted({unit["sample"] for unit in UNITS})
MODELS = config["models"]


wildcard_constraints:
    sample="|".join(map(re.escape, SAMPLES)),
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
    shared = [package / name for name in ("errors.py", "files.py")]
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
