"""The manual names every key of the configuration, its default and every output of the workflow."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from deepallele.model.presets import PublishedArchitecture, RecommendedArchitecture, Training

ROOT = Path(__file__).resolve().parents[3]
MANUAL = (ROOT / "config" / "README.md").read_text()
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())


def leaves(schema: dict, prefix: str = "") -> list[tuple[str, dict]]:
    """List (dotted key, schema) of all keys that hold a value."""
    found = []
    for name, part in schema.get("properties", {}).items():
        inner = part.get("items", part) if part.get("type") == "array" else part
        if isinstance(part.get("additionalProperties"), dict):
            inner, name = part["additionalProperties"], f"{name}.<name>"
        if "properties" in inner:
            found += leaves(inner, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", part))
    return found


def rows() -> dict[str, str]:
    """Map each key of the manual's tables to its row."""
    lines = [line for line in MANUAL.splitlines() if line.startswith("| `")]
    return {line.split("`")[1]: line for line in lines}


@pytest.mark.parametrize(("key", "schema"), leaves(SCHEMA), ids=lambda value: str(value)[:40])
def test_every_key_is_documented_with_its_default(key, schema):
    row = rows()[key]
    if "default" not in schema:
        return
    default = schema["default"]
    shown = row.split("|")[2].strip().strip("`")
    assert yaml.safe_load(shown) == default


def test_no_key_is_documented_that_does_not_exist():
    known = {key for key, _ in leaves(SCHEMA)}
    keys = {key for key in rows() if "/" not in key and re.fullmatch(r"[\w.<>]+", key)}
    assert keys - known - {"sample", "unit", "fastq_1", "fastq_2", "sex", "control", "condition"} == set()


def outputs() -> list[str]:
    """List the files under <results> that rules keep."""
    found = set()
    for path in (ROOT / "workflow" / "rules").glob("*.smk"):
        text = path.read_text().replace("{GENOMES}", "<results>/genomes/{cross}")
        text = text.replace("{{", "{").replace("}}", "}")
        for block in re.findall(r"^    output:\n(.*?)^    \w+:", text, flags=re.M | re.S):
            kept = re.sub(r"temp\([^)]*\)", "", block)
            found |= set(re.findall(r"<results>/([^\"]+)\"", kept))
    return sorted(found)


@pytest.mark.parametrize("path", outputs())
def test_every_kept_output_is_described(path):
    assert re.sub(r"figures/\w+\.svg", "figures/*.svg", path) in MANUAL


def test_the_outputs_of_all_stages_were_looked_for():
    stages = {path.split("/")[0] for path in outputs()}
    assert stages >= {"genomes", "allele", "counts", "dataset", "models", "variants", "motifs", "report"}
    assert len(outputs()) > 40


def test_every_model_setting_is_named():
    settings = fields(PublishedArchitecture) + fields(RecommendedArchitecture) + fields(Training)
    assert [field.name for field in settings if f"`{field.name}`" not in MANUAL] == []


def test_rules_and_files_in_the_commands_exist():
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    named = re.findall(r"--forcerun (\w+)", MANUAL)
    assert named
    assert [name for name in named if f"rule {name}:" not in rules] == []
