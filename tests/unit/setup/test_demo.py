"""The demo's own logic, with stand-ins for the simulator, Snakemake and the comparison."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deepallele.config import check_config, load_schema

ROOT = Path(__file__).resolve().parents[3]

SIMULATE = """
import pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index("--out") + 1])
out.mkdir(parents=True)
with open("calls", "a") as file:
    print("simulate", *sys.argv[1:], file=file)
"""
COMPARE = """
import pathlib, sys
with open("calls", "a") as file:
    print("compare", *sys.argv[1:], file=file)
pathlib.Path(sys.argv[-1]).write_text("{}")
"""
SNAKEMAKE = """#!/bin/bash
echo "snakemake $*" >> calls
[ -f fail ] && exit 7
while [ "$1" != --configfile ]; do shift; done
page=$(sed -n 's/^results: //p' "$2")/report/index.html
grep -q '^assay: rna' "$2" && page=${page/report\\/index/multiqc\\/multiqc_report}
mkdir -p "${page%/*}"
[ -f "$page" ] || echo page > "$page"
"""
DEMOS = sorted((ROOT / "config").glob("demo*.yaml"))


@pytest.fixture
def tree(tmp_path):
    """A tree with the real demo.py and stand-ins for all it calls."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "demo.py").write_text((ROOT / "src" / "demo.py").read_text())
    (tmp_path / "src" / "deepallele").symlink_to(ROOT / "src" / "deepallele")
    (tmp_path / "src" / "simulate_f1.py").write_text(SIMULATE)
    (tmp_path / "src" / "compare_with_truth.py").write_text(COMPARE)
    (tmp_path / "config").mkdir()
    for path in DEMOS:
        (tmp_path / "config" / path.name).write_text(path.read_text())
    snakemake = tmp_path / "bin" / "snakemake"
    snakemake.parent.mkdir()
    snakemake.write_text(SNAKEMAKE)
    snakemake.chmod(0o755)
    # The demo puts the folder of its Python first on PATH; here that is the folder of the stand-ins.
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


def demo(tree: Path, *options: str) -> subprocess.CompletedProcess:
    run = "import sys, runpy; sys.executable = sys.argv.pop(1); sys.argv = sys.argv[1:]; "
    run += "sys.path.insert(0, 'src'); runpy.run_path(sys.argv[0], run_name='__main__')"
    python = str(tree / "bin" / "python")
    command = [sys.executable, "-c", run, python, "src/demo.py", *options]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True)


def calls(tree: Path) -> list[str]:
    return [line.split()[0] for line in (tree / "calls").read_text().splitlines()]


def test_the_parts_run_in_order_and_the_report_is_named(tree):
    done = demo(tree, "--cores", "3")
    assert done.returncode == 0, done.stderr
    assert calls(tree) == ["simulate", "snakemake", "compare"]
    lines = (tree / "calls").read_text().splitlines()
    assert "--cores 3" in lines[1]
    assert "--sdm" not in lines[1]
    assert "--cross simulated --haplotypes REF ALT --seconds" in lines[2]
    assert done.stdout.splitlines()[-1] == f"report: {tree.resolve() / 'results/demo/report/index.html'}"
    assert json.loads((tree / "results/demo/run.json").read_text())["finished"] is True


def test_each_assay_has_a_demo_of_its_own(tree):
    for assay in ("chip", "rna", "scatac"):
        done = demo(tree, "--assay", assay)
        assert done.returncode == 0, done.stderr
        lines = (tree / "calls").read_text().splitlines()[-3:]
        assert f"--out results/demo_{assay}/input --assay {assay} --chromosomes" in lines[0]
        assert f"config/demo_{assay}.yaml" in lines[1]
        assert f"--results results/demo_{assay} --cross simulated_{assay}" in lines[2]
        roles = "recommended" if assay == "rna" else "computed_ratio recommended"
        assert f"--roles {roles} --out" in lines[2]
        page = "multiqc/multiqc_report.html" if assay == "rna" else "report/index.html"
        kind = "quality control" if assay == "rna" else "report"
        assert done.stdout.splitlines()[-1] == f"{kind}: {tree.resolve() / f'results/demo_{assay}' / page}"
    failed = demo(tree, "--assay", "dnase")
    assert failed.returncode == 1
    assert failed.stderr == "error: --assay dnase: there is no such demo; give atac, chip, rna, scatac\n"


def test_more_options_come_after_those_of_the_assay(tree):
    demo(tree, "--assay", "rna", "--simulation", "--pairs 1000")
    assert "--strandness 2 --pairs 1000" in (tree / "calls").read_text()


@pytest.mark.parametrize("path", DEMOS, ids=lambda path: path.stem)
def test_the_configurations_are_valid_and_read_what_is_simulated(path):
    schema = load_schema(ROOT / "workflow" / "schemas" / "config.schema.yaml")
    config = yaml.safe_load(path.read_text())
    if config.get("assay", "atac") not in schema["properties"]["assay"]["enum"]:
        pytest.skip(f"the workflow has no assay {config['assay']}")
    check_config(config, schema, path.name)
    folder = f"{config['results']}/input/"
    files = [
        config["samples"],
        *config["reference"].values(),
        *map(str, config.get("single_cell", {}).values()),
    ]
    assert all(name.startswith(folder) for name in files if "/" in name)


def test_a_second_run_simulates_nothing_and_keeps_the_measurements(tree):
    demo(tree)
    record = tree / "results" / "demo" / "run.json"
    record.write_text('{"finished": true, "peak_mb": 4000.0, "seconds": 600.0}\n')
    assert demo(tree).returncode == 0
    assert calls(tree) == ["simulate", "snakemake", "compare", "snakemake", "compare"]
    assert json.loads(record.read_text())["seconds"] == 600.0
    assert "--seconds 600.0 --peak-mb 4000.0" in (tree / "calls").read_text().splitlines()[-1]


def test_changed_options_simulate_again(tree):
    demo(tree)
    demo(tree, "--simulation", "--seed 2")
    assert calls(tree).count("simulate") == 2
    assert "simulate --out results/demo/input --seed 2" in (tree / "calls").read_text()


def test_a_failing_workflow_passes_its_exit_code_on(tree):
    (tree / "fail").touch()
    failed = demo(tree)
    assert failed.returncode == 7
    assert failed.stderr.splitlines()[-1] == "error: the demo stopped: the workflow failed with exit code 7"
    assert calls(tree) == ["simulate", "snakemake"]


def test_an_interrupted_run_adds_to_its_time(tree):
    (tree / "fail").touch()
    demo(tree)
    record = tree / "results" / "demo" / "run.json"
    assert json.loads(record.read_text())["finished"] is False
    record.write_text('{"finished": false, "peak_mb": 9999.0, "seconds": 100.0}\n')
    (tree / "fail").unlink()
    demo(tree)
    measured = json.loads(record.read_text())
    assert 100.0 <= measured["seconds"] < 130.0
    assert measured["peak_mb"] == 9999.0


def test_conda_is_passed_on(tree):
    demo(tree, "--conda")
    assert "--sdm conda" in (tree / "calls").read_text()


def test_a_missing_configuration_is_named(tree):
    failed = demo(tree, "--config", "nowhere.yaml")
    assert failed.returncode == 1
    assert "nowhere.yaml: no such configuration" in failed.stderr
