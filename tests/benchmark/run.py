"""Run the benchmarks: each compares a step with what a user would use instead, on the same work, in one run.

A benchmark is a file `bench_<name>.py` with a function `benchmark(folder)` that makes its inputs in
`folder` and returns a `Comparison`, or several by name on the same inputs. Results: results/bench.json,
a list with one object per comparison.
"""

import argparse
import datetime
import importlib.util
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPEATS = 3
# Benchmarks make their reads with the helpers of the accuracy tests, and those with the library.
sys.path[:0] = [str(ROOT / "tests" / "accuracy"), str(ROOT / "src")]


@dataclass(frozen=True)
class Comparison:
    """Our command and the reference's, the work that both do, and the threads that both may use.

    `check` raises when their results differ; it is called after both ran. `items` is how many things (which
    `work` names) both go through: then their rates are given too.
    """

    ours: list[str]
    reference: list[str]
    work: str
    threads: int
    check: Callable[[], None]
    items: int | None = None


class Cost(NamedTuple):
    """Wall seconds, CPU seconds of all processes, and peak memory of the largest process in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def measure(command: list[str]) -> Cost:
    """Run a command and give what it cost."""
    # -S -E: the less this process holds, the less it adds to a small command's peak.
    launcher = [sys.executable, "-S", "-E", str(HERE / "measured.py")]
    done = subprocess.run([*launcher, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: {' '.join(command)} failed: {done.stderr.strip()[-500:]}")
    return Cost(**json.loads(done.stdout))


def load(path: Path) -> ModuleType:
    """Import a benchmark's file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(path: Path) -> list[dict[str, object]]:
    """Run the comparisons of one benchmark."""
    name = path.stem.removeprefix("bench_")
    with tempfile.TemporaryDirectory() as folder:
        made = load(path).benchmark(Path(folder))
        comparisons = made if isinstance(made, dict) else {"": made}
        return [compare(f"{name} {key}".strip(), comparison) for key, comparison in comparisons.items()]


def compare(name: str, comparison: Comparison) -> dict[str, object]:
    """Run both sides; the fastest of a few turns counts, the sides take turns."""
    turns = [(measure(comparison.ours), measure(comparison.reference)) for _ in range(REPEATS)]
    comparison.check()
    result: dict[str, object] = {"name": name}
    least = []
    for side, costs in zip(("ours", "reference"), zip(*turns, strict=True), strict=True):
        wall_s, cpu_s = (min(cost[index] for cost in costs) for index in (0, 1))
        least.append((wall_s, cpu_s))
        result[f"{side}_s"], result[f"{side}_cpu_s"] = round(wall_s, 3), round(cpu_s, 3)
        result[f"{side}_peak_mb"] = round(max(cost.peak_mb for cost in costs), 1)
        if comparison.items:
            result[f"{side}_items_per_cpu_s"] = round(comparison.items / cpu_s)
    (ours_s, ours_cpu_s), (reference_s, reference_cpu_s) = least
    return result | {
        "ratio": round(reference_s / ours_s, 3),
        "cpu_ratio": round(reference_cpu_s / ours_cpu_s, 3),
        "work": comparison.work,
        "threads": comparison.threads,
        "device": "cpu",
        "date": datetime.date.today().isoformat(),
    }


def main() -> None:
    """Run all benchmarks, or the one that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="?", help="name of one benchmark")
    only = parser.parse_args().only
    found = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    if only and only not in found:
        sys.exit(f"error: no benchmark '{only}'; one of {', '.join(found)}")
    results = []
    for name in [only] if only else found:
        for result in run(found[name]):
            wall = f"{result['ours_s']} s against {result['reference_s']} s, ratio {result['ratio']}"
            print(f"{result['name']}: {wall} (CPU {result['cpu_ratio']})")
            results.append(result)
    out = ROOT / "results" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(results, indent=2) + "\n")
    print(out)


if __name__ == "__main__":
    main()
