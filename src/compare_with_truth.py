"""Compare what the workflow found in simulated data with what was put in."""

import argparse
from collections.abc import Collection
from pathlib import Path

from deepallele.errors import InputError, run_step
from deepallele.files import write_json
from deepallele.simulate.comparison import Run, Truth, compare
from deepallele.simulate.comparison_table import ROLES, as_text, found_or_none
from deepallele.simulate.settings import Paths


def build_parser() -> argparse.ArgumentParser:
    """Command line of the step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulation", type=Path, required=True, help="folder written by simulate_f1.py")
    parser.add_argument("--results", type=Path, required=True, help="results folder of the workflow")
    parser.add_argument("--cross", required=True, help="name of the cross, for the heading of the table")
    parser.add_argument(
        "--haplotypes", nargs=2, required=True, help="haplotype names, as in the configuration"
    )
    parser.add_argument(
        "--roles", nargs="*", choices=ROLES, default=ROLES, help="models the run has (default: all)"
    )
    for role in ROLES:
        text = f"name of the {role.replace('_', ' ')} model (default: {role})"
        parser.add_argument("--" + role.replace("_", "-"), default=role, help=text)
    parser.add_argument("--exclude", nargs="*", default=["chrM"], help="contigs left out (default: chrM)")
    parser.add_argument(
        "--min-informative",
        type=int,
        default=10,
        help="informative fragments of a predicted region (default: 10)",
    )
    parser.add_argument("--max-q", type=float, default=0.05, help="q-value of a motif's name (default: 0.05)")
    parser.add_argument("--seconds", type=float, help="wall-clock seconds of the run")
    parser.add_argument("--peak-mb", type=float, help="peak memory of the run in MB")
    parser.add_argument("--target", nargs="*", default=[], help="NAME=VALUE to show beside what was found")
    parser.add_argument("--out", type=Path, required=True, help="JSON object to write")
    return parser


def parse_targets(entries: list[str], known: Collection[str]) -> dict[str, float]:
    """Read NAME=VALUE entries.

    Raises
    ------
    InputError
        If a name is not one of the numbers or a value is not a number.
    """
    targets = {}
    for entry in entries:
        name, _, value = entry.partition("=")
        if name not in known:
            raise InputError(f"--target {entry}: no number {name!r}; there are {', '.join(known)}")
        try:
            targets[name] = float(value)
        except ValueError as error:
            raise InputError(f"--target {entry}: {value!r} is not a number; write {name}=0.9") from error
    return targets


def main(arguments: argparse.Namespace) -> None:
    """Write the comparison and print it."""
    truth = Truth(Paths(arguments.simulation))
    meanings = truth.descriptions(arguments.roles)
    targets = parse_targets(arguments.target, meanings)
    first, second = arguments.haplotypes
    run = Run(
        results=arguments.results,
        haplotypes=(first, second),
        models={role: getattr(arguments, role) for role in arguments.roles},
        exclude=arguments.exclude,
        min_informative=arguments.min_informative,
        max_q=arguments.max_q,
    )
    found = compare(truth, run)
    numbers = found_or_none({**found, "seconds_total": arguments.seconds, "peak_mem_mb": arguments.peak_mb})
    write_json(numbers, arguments.out)
    print(f"{arguments.cross}: found in {arguments.results}, truth in {arguments.simulation}")
    print(as_text(numbers, meanings, targets))


if __name__ == "__main__":
    run_step(main, build_parser())
