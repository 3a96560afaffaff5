"""Versions of the software."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from deepallele import __version__
from deepallele.report.blocks import Details, Section, Table, Text

PACKAGES = (
    *("h5py", "jinja2", "logomaker", "MACS3", "matplotlib", "memelite", "modisco-lite", "numpy", "pandas"),
    *("pyfaidx", "pyjaspar", "pysam", "pytorch-lightning", "scipy", "snakemake", "statsmodels"),
    *("tangermeme", "torch"),
)
TOOLS = ("bowtie2", "samtools", "bcftools", "bgzip", "fastp", "bedtools", "macs3")


def software(environments: Sequence[Path]) -> Section:
    """List what this step sees, and what the conda environments pin.

    Parameters
    ----------
    environments
        Conda environment files (YAML).
    """
    text = (
        "The first table lists what is installed where the report is made. With conda (--sdm conda) every "
        "rule has its own environment, whose exact versions are listed below it."
    )
    seen = [["DeepAllele workflow", __version__], ["Python", ".".join(map(str, sys.version_info[:3]))]]
    seen += [[name, version] for name in PACKAGES if (version := _package(name))]
    seen += [[f"{name} (command)", version] for name in TOOLS if (version := _tool(name))]
    table = Table("Seen by this step", ["software", "version"], seen, words=["version"])
    return Section(
        "software", "Software", [Text(text), table, Details("Conda environments", _pins(environments))]
    )


def _package(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _tool(name: str) -> str | None:
    if shutil.which(name) is None:
        return None
    run = subprocess.run([name, "--version"], capture_output=True, text=True, errors="replace", timeout=60)
    found = re.search(r"\d+(\.\d+)+\w*", run.stdout + run.stderr)
    return found.group(0) if found else None


def _pins(environments: Sequence[Path]) -> str:
    lines = []
    for path in sorted(environments):
        entries: list[str] = []
        for entry in yaml.safe_load(path.read_text())["dependencies"]:
            entries += entry["pip"] if isinstance(entry, dict) else [entry]
        lines.append(f"{path.stem}: {' '.join(entries)}")
    return "\n".join(lines)
