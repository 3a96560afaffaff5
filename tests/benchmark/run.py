"""Run the benchmarks: each compares a step with what a user would use instead, on the same work, in one run.

A benchmark is a file `bench_<name>.py` with a function `benchmark(folder)` that makes its inputs in
`folder` and returns a `Comparison`. Results: results/bench.json, a list with one object per benchmark.
"""

import argparse
import datetime
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPEATS = 3


@dataclass(frozen=True)
class Comparison:
    """Our command and the reference's, the work that both do, and the threads that both may use.

    `check` raises when their results differ; it is called after both ran.
    """

    ours: list[str]
    reference: list[str]
    work: str
    threads: int
    check: Callable[[], None]


def measure(command: list[str]) -> tuple[float, float]:
    """Run a command; give its seconds and the peak memory of its largest process in MB."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status:
        raise SystemExit(f"error: {' '.join(command)} failed: {errors.strip()[-500:]}")
    return seconds, usage.ru_maxrss * 1024 / 1e6


def load(path: Path) -> ModuleType:
    """Import a benchmark's file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(path: Path) -> dict[str, object]:
    """Run one benchmark; the fastest of a few turns counts, the sides take turns."""
    with tempfile.TemporaryDirectory() as folder:
        comparison = load(path).benchmark(Path(folder))
        turns = [(measure(comparison.ours), measure(comparison.reference)) for _ in range(REPEATS)]
        comparison.check()
    ours, reference = zip(*turns, strict=True)
    ours_s, reference_s = min(ours)[0], min(reference)[0]
    return {
        "name": path.stem.removeprefix("bench_"),
        "ours_s": round(ours_s, 3),
        "reference_s": round(reference_s, 3),
        "ratio": round(reference_s / ours_s, 3),
        "ours_peak_mb": round(max(peak for _, peak in ours), 1),
        "reference_peak_mb": round(max(peak for _, peak in reference), 1),
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
        result = run(found[name])
        print(f"{name}: {result['ours_s']} s against {result['reference_s']} s, ratio {result['ratio']}")
        results.append(result)
    out = ROOT / "results" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(results, indent=2) + "\n")
    print(out)


if __name__ == "__main__":
    main()
