# What is to be fetched, from the configuration and the sample sheet.
from snakemake.exceptions import WorkflowError


include: "steps.smk"


from deepallele.config import check_config, load_schema
from deepallele.errors import InputError
from deepallele.fetch.runs import ACCESSION, runs_of
from deepallele.sample_sheet import read_samples

try:
    config = check_config(
        config,
        load_schema(WORKFLOW / "schemas" / "config.schema.yaml"),
        source=", ".join(map(str, workflow.configfiles)) or "config",
    )
    SHEET = config.get("samples")
    UNITS = [] if SHEET is None else read_samples(SHEET, fetched=False)
except InputError as error:
    raise WorkflowError(str(error)) from None

FILES = {entry["path"]: entry for entry in config["fetch"]["files"]}
RUNS = runs_of(UNITS)


def given(key, option=""):
    """Give a function for the address or the checksum of a file, behind an option where there is one."""

    def value(wildcards):
        found = FILES[wildcards.file][key]
        return [text for text in (option, found) if text] if found else []

    return value
