"""Measure the accuracy of allele-specific mapping on made reads, in full size: tables and figures.

    python tests/accuracy/measure_accuracy.py --out FOLDER [--scenarios default repeats single imperfect]

Each scenario takes about two minutes on one core, nearly all of it mapping.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from accuracy_scenarios import SCENARIOS, Mapped, measure, measure_swapped, prepare
from accuracy_score import draw_reliability, precision_above, reliability
from accuracy_steps import SRC


def report(name: str, folder: Path, fragments: int, seed: int, source: Path) -> Mapped:
    """Print the tables of one scenario, and write the figure of its posteriors."""
    world, reads = SCENARIOS[name]
    reads = replace(reads, fragments=fragments, seed=seed)
    mapped = prepare(folder / name, replace(world, seed=seed), reads, source)
    measured = measure(mapped)
    print(f"\n## {name}\n")
    print(measured.table.to_string(float_format="%.5f"))
    counts = {key: value for key, value in measured.assigned.counts().items() if isinstance(value, int)}
    print(counts)
    table = reliability(measured.truth, measured.calls)
    print(table.to_string(index=False, float_format="%.6f"))
    for limit in (0.95, 0.999):
        share, number = precision_above(measured.truth, measured.calls, limit)
        print(f"posterior >= {limit}: {number} pairs, precision {share:.5f}")
    cost = measured.assigned.cost
    records = 2 * fragments * (1 + reads.paired)
    print(f"{records} input reads, {cost.cpu_s:.2f} CPU s, {records / cost.cpu_s:.0f} a CPU s")
    draw_reliability(table, name, folder / f"{name}.reliability.png")
    return mapped


def main() -> None:
    """Run the scenarios that are named, and the default one with its parents swapped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for everything that is made")
    parser.add_argument("--scenarios", nargs="*", choices=SCENARIOS, default=list(SCENARIOS))
    parser.add_argument("--fragments", type=int, default=200_000, help="pairs, or single reads")
    parser.add_argument("--seed", type=int, default=1, help="seed of genomes and reads")
    parser.add_argument("--source", type=Path, default=SRC, help="folder of the steps")
    arguments = parser.parse_args()
    for name in arguments.scenarios:
        mapped = report(name, arguments.out, arguments.fragments, arguments.seed, arguments.source)
        if name == "default":
            print("\n## default, parents swapped\n")
            print(measure_swapped(mapped).table.to_string(float_format="%.5f"))


if __name__ == "__main__":
    main()
