"""Run the demo: simulate an F1, run the whole workflow on it, compare what was found with the truth."""

import argparse
import os
import sys
from pathlib import Path

import yaml

from deepallele.demo import SIMULATIONS, measure, page_of, run, simulate, simulation_options
from deepallele.errors import InputError, run_step

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"


def main(arguments: argparse.Namespace) -> None:
    """Run the parts of the demo, print the comparison with the truth and the path of the report."""
    if arguments.assay not in SIMULATIONS:
        raise InputError(f"--assay {arguments.assay}: there is no such demo; give {', '.join(SIMULATIONS)}")
    name = "demo.yaml" if arguments.assay == "atac" else f"demo_{arguments.assay}.yaml"
    config_file = Path(arguments.config or ROOT / "config" / name).resolve()
    if not config_file.is_file():
        raise InputError(f"{config_file}: no such configuration; the demo's is config/{name}")
    config = yaml.safe_load(config_file.read_text())
    simulation = simulation_options(config.get("assay", "atac"), arguments.simulation)
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

    def work() -> None:
        simulate(SRC, results / "input", simulation)
        run(workflow, "the workflow")

    measured = measure(results, work)

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
