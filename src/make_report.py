"""Make the report: one HTML file from the results of all stages."""

import argparse
import json
from pathlib import Path

from deepallele.dataset.store import read_dataset
from deepallele.errors import InputError, run_step
from deepallele.report.inputs import Results
from deepallele.report.page import write_report


def build_parser() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True, help="folder of all results")
    parser.add_argument("--config", required=True, help="JSON of the configuration, defaults filled in")
    parser.add_argument("--samples", nargs="*", default=[], help="names of samples (default: the dataset's)")
    parser.add_argument(
        "--comparisons", type=Path, nargs="*", default=[], help="JSON of each comparison of conditions"
    )
    parser.add_argument(
        "--environments", type=Path, nargs="*", default=[], help="conda environment files to list"
    )
    parser.add_argument("--figures", type=Path, required=True, help="folder for the figures (SVG)")
    parser.add_argument("--out", type=Path, required=True, help="HTML file to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Write the report and its figures."""
    try:
        config = json.loads(arguments.config)
    except json.JSONDecodeError as error:
        raise InputError(f"--config: not JSON ({error})") from error
    comparisons = [path.stem for path in arguments.comparisons]
    samples = arguments.samples or read_dataset(arguments.results / "dataset" / "dataset.h5").sample
    results = Results(arguments.results, config, samples, comparisons)
    names = write_report(results, arguments.environments, arguments.out, arguments.figures)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB; figures: {', '.join(names)}")


if __name__ == "__main__":
    run_step(main, build_parser())
