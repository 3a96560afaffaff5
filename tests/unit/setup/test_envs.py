"""The environment files: well-formed, exact, in agreement with each other, the pip lock and the code."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ENVS = sorted((ROOT / "envs").glob("*.yaml"))
RULES = [*sorted((ROOT / "workflow").rglob("*.smk")), ROOT / "workflow" / "Snakefile"]
PINNED = re.compile(r"^[a-z0-9][a-z0-9_.-]*=\d+(\.\d+)+(\.post\d+)?[a-z]?$")
PIP_PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]*==\d+(\.\d+)+(\.post\d+)?$")

# Conda's name of a package where it differs from PyPI's.
PIP_NAMES = {
    "pytorch": "torch",
    "python-isal": "isal",
    "matplotlib-base": "matplotlib",
    "python-igraph": "igraph",
}
# The newest version on the conda channels where it is not PyPI's: (conda, pip).
CONDA_DIFFERS = {
    "pysam": ("0.23.3", "0.24.1"),
    "pyfaidx": ("0.9.0.4", "0.8.2"),
    "pytorch-lightning": ("2.6.1", "2.6.6"),
}
# Module to import -> name on PyPI, where they differ.
MODULES = {"Bio": "biopython", "yaml": "pyyaml", "modiscolite": "modisco-lite", "sklearn": "scikit-learn"}


def dependencies(path: Path) -> tuple[list[str], list[str]]:
    conda, pip = [], []
    for item in yaml.safe_load(path.read_text())["dependencies"]:
        if isinstance(item, dict):
            pip += item["pip"]
        else:
            conda.append(item)
    return conda, pip


def versions(path: Path) -> dict[str, str]:
    """Map the PyPI name (lower case) of each dependency to its version."""
    conda, pip = dependencies(path)
    pairs = [entry.split("=", 1) for entry in conda] + [entry.split("==", 1) for entry in pip]
    return {PIP_NAMES.get(name, name).lower(): version for name, version in pairs}


def lock() -> dict[str, str]:
    lines = (ROOT / "envs" / "requirements.lock").read_text().split()
    return {normal(name): version for name, version in (line.split("==") for line in lines)}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def rule_blocks() -> list[tuple[str, str]]:
    """List (rule, text) of all rules."""
    blocks = []
    for path in RULES:
        parts = re.split(r"^(?:rule|checkpoint) (\w+):", path.read_text(), flags=re.M)
        blocks += list(zip(parts[1::2], parts[2::2], strict=True))
    return blocks


def conda_of(block: str) -> str | None:
    found = re.search(r"conda:\s+\"\.\./\.\./envs/([\w-]+)\.yaml\"", block)
    return found.group(1) if found else None


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_an_environment_has_the_known_keys_and_channels(path):
    content = yaml.safe_load(path.read_text())
    assert set(content) == {"channels", "dependencies"}
    assert content["channels"] == ["conda-forge", "bioconda", "nodefaults"]
    assert path.read_text().startswith("# "), "the first line says what the environment is for"


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_every_dependency_is_pinned_exactly_and_once(path):
    conda, pip = dependencies(path)
    assert [entry for entry in conda if not PINNED.match(entry)] == []
    assert [entry for entry in pip if not PIP_PINNED.match(entry)] == []
    assert len(versions(path)) == len(conda) + len(pip)
    assert not pip or any(entry.startswith("pip=") for entry in conda)


def test_environments_agree_with_each_other():
    seen: dict[str, set[str]] = {}
    for path in ENVS:
        for name, version in versions(path).items():
            seen.setdefault(name, set()).add(version)
    assert {name: found for name, found in seen.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_versions_agree_with_the_pip_lock(path):
    locked = lock()
    found = {name: version for name, version in versions(path).items() if normal(name) in locked}
    for name, version in found.items():
        pair = (version, locked[normal(name)])
        assert pair[0] == pair[1] or CONDA_DIFFERS.get(name) == pair, f"{name}: {pair}"


def test_the_lock_is_exact_sorted_and_holds_every_top_level_part():
    lines = (ROOT / "envs" / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if not re.match(r"^[\w.-]+==\d[\w.]*$", line)] == []
    assert lines == sorted(lines, key=str.upper)
    wanted = (ROOT / "envs" / "requirements.in").read_text().splitlines()
    names = [normal(line.split("#")[0].strip()) for line in wanted if line.split("#")[0].strip()]
    assert [name for name in names if name not in lock()] == []
    assert [line for line in wanted if line and "#" not in line] == [], "each part has its reason"


def test_every_rule_has_an_environment_that_exists():
    blocks = rule_blocks()
    assert len(blocks) > 10
    lacking = [rule for rule, text in blocks if "shell:" in text and conda_of(text) is None]
    assert lacking == []
    known = {path.stem for path in ENVS}
    assert {conda_of(text) for _, text in blocks if conda_of(text)} <= known


def test_every_environment_is_used():
    used = {conda_of(text) for _, text in rule_blocks()}
    used |= set(re.findall(r"\w+", (ROOT / "envs" / "setup.sh").read_text()))
    assert [path.stem for path in ENVS if path.stem not in used] == []


def third_party(path: Path, seen: set[Path]) -> set[str]:
    """Find the modules of other packages that a file imports, through the library too."""
    found: set[str] = set()
    if path in seen:
        return found
    seen.add(path)
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] != "deepallele":
                found.add(name.split(".")[0])
                continue
            parts = name.split(".")
            for depth in range(1, len(parts) + 1):
                stem = ROOT / "src" / Path(*parts[:depth])
                for candidate in (stem.with_suffix(".py"), stem / "__init__.py"):
                    if candidate.is_file():
                        found |= third_party(candidate, seen)
    return {name for name in found if name not in sys.stdlib_module_names}


def scripts_and_envs() -> list[tuple[str, str]]:
    pairs = {
        (name, env)
        for _, text in rule_blocks()
        if (env := conda_of(text)) is not None
        for name in re.findall(r"script\(\"(\w+\.py)\"\)", text)
    }
    # What the demo runs outside the workflow, in the driver's environment with the simulator's added.
    pairs |= {("simulate_f1.py", "simulate"), ("compare_with_truth.py", "simulate"), ("demo.py", "snakemake")}
    return sorted(pairs)


@pytest.mark.parametrize(("name", "env"), scripts_and_envs())
def test_an_environment_holds_what_its_step_imports(name, env):
    wanted = {MODULES.get(module, module) for module in third_party(ROOT / "src" / name, set())}
    held = {normal(name) for name in versions(ROOT / "envs" / f"{env}.yaml")}
    assert sorted(module for module in wanted if normal(module) not in held) == []


@pytest.mark.parametrize("path", ENVS, ids=lambda path: path.stem)
def test_pip_parts_find_their_requirements_in_the_environment(path):
    """Pip packages are pinned with what they need, or pip would choose versions by itself."""
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    held = {normal(name) for name in versions(path)}
    for entry in dependencies(path)[1]:
        needs = [Requirement(text) for text in requires(entry.split("==")[0]) or []]
        names = [need.name for need in needs if not need.marker or need.marker.evaluate({"extra": ""})]
        assert [name for name in names if normal(name) not in held] == [], entry
