"""The demo's own logic, with stand-ins for the simulator, Snakemake and the comparison."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
mkdir -p results/demo/report
[ -f results/demo/report/index.html ] || echo page > results/demo/report/index.html
"""


@pytest.fixture
def tree(tmp_path):
    """A tree with the real demo.py and stand-ins for all it calls."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "demo.py").write_text((ROOT / "src" / "demo.py").read_text())
    (tmp_path / "src" / "deepallele").symlink_to(ROOT / "src" / "deepallele")
    (tmp_path / "src" / "simulate_f1.py").write_text(SIMULATE)
    (tmp_path / "src" / "compare_with_truth.py").write_text(COMPARE)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "demo.yaml").write_text((ROOT / "config" / "demo.yaml").read_text())
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
