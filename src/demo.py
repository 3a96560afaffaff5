"""Run the demo: simulate an F1, run the whole workflow on it, compare what was found with the truth."""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml

from deepallele.errors import InputError, run_step
from deepallele.files import write_json
from deepallele.measure import PeakMemory

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
# Options of the simulation; those of ATAC-seq are its defaults. Sized for minutes on two cores.
SIMULATIONS = {
    "atac": "",
    "chip": "--chromosomes 6 --regions-per-chromosome 200 --pairs 400000 --background-share 0.3",
    "rna": "--chromosomes 6 --regions-per-chromosome 100 --spacing 10000 --pairs 500000 --read-length 75 "
    "--strandness 2",
    "scatac": "--chromosomes 6 --regions-per-chromosome 200 --pairs 600000 --cells 300",
}


def run(command: list[str], what: str) -> None:
    """Run one part of the demo; end with its exit code and one line when it fails."""
    code = subprocess.run(command).returncode
    if code:
        print(f"error: the demo stopped: {what} failed with exit code {code}", file=sys.stderr)
        sys.exit(code if code > 0 else 128 - code)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one."""
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def simulate(folder: Path, options: list[str]) -> None:
    """Simulate the F1 into `folder`, unless the same simulation lies there.

    A simulation is a function of its code and options alone, so a checksum of both tells.
    """
    digest = hashlib.sha256(json.dumps(options).encode())
    for path in [SRC / "simulate_f1.py", *sorted((SRC / "deepallele" / "simulate").rglob("*.py"))]:
        digest.update(path.read_bytes())
    stamp = folder.parent / "simulation.json"
    if read_json(stamp).get("checksum") == digest.hexdigest():
        return
    print("demo: simulating an F1", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, str(SRC / "simulate_f1.py"), "--out", str(folder), *options], "the simulation")
    write_json({"checksum": digest.hexdigest()}, stamp)


def page_of(results: Path) -> Path:
    """The page that a run ends with: the report, or the quality control where the assay has no report."""
    report = results / "report" / "index.html"
    return report if report.is_file() else results / "multiqc" / "multiqc_report.html"


def time_of(page: Path) -> int:
    """When a page was written, 0 where there is none."""
    return page.stat().st_mtime_ns if page.is_file() else 0


def measure(results: Path, options: list[str], workflow: list[str]) -> dict[str, Any]:
    """Simulate and run the workflow; give the seconds and the peak memory of making its results.

    A run that goes on after an interruption adds to the interrupted one's numbers, and a run with nothing
    to do keeps the last ones: the numbers belong to the results, not to the last command.
    """
    record = results / "run.json"
    before = time_of(page_of(results))
    last = read_json(record)
    earlier = last if last and not last["finished"] else {"seconds": 0.0, "peak_mb": 0.0}
    start = time.monotonic()
    finished = False
    memory = PeakMemory()
    try:
        with memory:
            simulate(results / "input", options)
            run(workflow, "the workflow")
        finished = True
    finally:
        now = {
            "finished": finished,
            "seconds": round(earlier["seconds"] + time.monotonic() - start, 1),
            "peak_mb": round(max(earlier["peak_mb"], memory.megabytes), 1),
        }
        idle = finished and last.get("finished", False) and time_of(page_of(results)) == before
        write_json(last if idle else now, record)
    return last if idle else now


def main(arguments: argparse.Namespace) -> None:
    """Run the parts of the demo, print the comparison with the truth and the path of the report."""
    if arguments.assay not in SIMULATIONS:
        raise InputError(f"--assay {arguments.assay}: there is no such demo; give {', '.join(SIMULATIONS)}")
    name = "demo.yaml" if arguments.assay == "atac" else f"demo_{arguments.assay}.yaml"
    config_file = Path(arguments.config or ROOT / "config" / name).resolve()
    if not config_file.is_file():
        raise InputError(f"{config_file}: no such configuration; the demo's is config/{name}")
    config = yaml.safe_load(config_file.read_text())
    assay = config.get("assay", "atac")
    simulation = [] if assay == "atac" else ["--assay", assay]
    simulation += [*SIMULATIONS.get(assay, "").split(), *arguments.simulation.split()]
    # Paths in the configuration and in the sample sheet are relative to the root.
    os.chdir(ROOT)
    results = Path(config["results"])
    results.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    workflow = ["snakemake", "--cores", str(arguments.cores), "--configfile", str(config_file)]
    # As many chunks as cores: each more costs the start of another process.
    workflow += ["--set-scatter", f"chunk={arguments.cores}"]
    workflow += ["--workflow-profile", str(ROOT / "workflow" / "profiles" / "default"), "--quiet", "rules"]
    workflow += ["--sdm", "conda"] if arguments.conda else []
    measured = measure(results, simulation, workflow)

    compare = [sys.executable, str(SRC / "compare_with_truth.py"), "--simulation", str(results / "input")]
    compare += ["--results", str(results), "--cross", config["cross"]["name"], "--haplotypes"]
    compare += [haplotype["name"] for haplotype in config["cross"]["haplotypes"]]
    compare += ["--seconds", str(measured["seconds"]), "--peak-mb", str(measured["peak_mb"])]
    # The demos' models are called after their role.
    compare += ["--roles", *config["models"]]
    run([*compare, "--out", str(results / "found_vs_truth.json")], "the comparison with the truth")
    page = page_of(results)
    print(f"{'report' if page.parent.name == 'report' else 'quality control'}: {ROOT / page}")


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assay", default="atac", help=f"{', '.join(SIMULATIONS)} (default atac)")
    parser.add_argument("--config", help="run's configuration (default: config/demo.yaml, or the assay's)")
    parser.add_argument("--cores", type=int, default=2, help="number of cores (default 2)")
    parser.add_argument("--conda", action="store_true", help="let every rule use its conda environment")
    parser.add_argument("--simulation", default="", help="options passed to simulate_f1.py, in one string")
    return parser


if __name__ == "__main__":
    run_step(main, build_parser())
