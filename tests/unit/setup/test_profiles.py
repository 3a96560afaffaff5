"""The profiles name rules and scatter groups that exist."""

import re
from pathlib import Path

import pytest
import yaml

WORKFLOW = Path(__file__).resolve().parents[3] / "workflow"
PROFILES = sorted((WORKFLOW / "profiles").glob("*/config.yaml"))


def rules() -> set[str]:
    texts = [path.read_text() for path in (WORKFLOW / "rules").glob("*.smk")]
    return {name for text in texts for name in re.findall(r"^rule (\w+):", text, flags=re.M)}


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_a_profile_names_rules_that_exist(path):
    profile = yaml.safe_load(path.read_text())
    named = set(profile.get("set-threads", {})) | set(profile.get("set-resources", {}))
    assert named <= rules()


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.parent.name)
def test_a_profile_scatters_groups_that_exist(path):
    groups = re.findall(r"^    (\w+)=\d+", (WORKFLOW / "Snakefile").read_text(), flags=re.M)
    scattered = [entry.split("=")[0] for entry in yaml.safe_load(path.read_text())["set-scatter"]]
    assert scattered
    assert set(scattered) <= set(groups)
