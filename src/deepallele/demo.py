"""The parts of a demo: a simulation that is made once, and the cost of a run that may be interrupted."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from deepallele.files import write_json
from deepallele.measure import PeakMemory

# Options of each assay's simulation, sized for minutes on two cores; those of ATAC-seq are the defaults.
SIMULATIONS = {
    "atac": "",
    "chip": "--chromosomes 8 --pairs 600000 --control-pairs 200000 --background-share 0.2",
    "rna": "--chromosomes 6 --regions-per-chromosome 200 --spacing 8000 --pairs 800000 --read-length 75 "
    "--strandness 2",
    "scatac": "--chromosomes 8 --cells 300",
}


def simulation_options(assay: str, more: str) -> list[str]:
    """Options of simulate_f1.py for an assay, with further ones that may replace them."""
    chosen = [] if assay == "atac" else ["--assay", assay]
    return [*chosen, *SIMULATIONS.get(assay, "").split(), *more.split()]


def run(command: Sequence[str], what: str) -> None:
    """Run one part of the demo; end with its exit code and one line when it fails."""
    code = subprocess.run(command).returncode
    if code:
        print(f"error: the demo stopped: {what} failed with exit code {code}", file=sys.stderr)
        sys.exit(code if code > 0 else 128 - code)


def simulate(source: Path, folder: Path, options: Sequence[str]) -> None:
    """Simulate the F1 into `folder`, unless the same simulation lies there.

    A simulation is a function of its code and options alone, so a checksum of both tells. `source` is the
    folder of simulate_f1.py.
    """
    digest = hashlib.sha256(json.dumps(options).encode())
    for path in [source / "simulate_f1.py", *sorted((source / "deepallele" / "simulate").rglob("*.py"))]:
        digest.update(path.read_bytes())
    stamp = folder.parent / "simulation.json"
    if _read_json(stamp).get("checksum") == digest.hexdigest():
        return
    print("demo: simulating an F1", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, str(source / "simulate_f1.py"), "--out", str(folder), *options], "the simulation")
    write_json({"checksum": digest.hexdigest()}, stamp)


def page_of(results: Path) -> Path:
    """The page that a run ends with: the report, or the quality control where the assay has no report."""
    report = results / "report" / "index.html"
    return report if report.is_file() else results / "multiqc" / "multiqc_report.html"


def measure(results: Path, work: Callable[[], None]) -> dict[str, Any]:
    """Do the work that makes the results; give its seconds and peak memory.

    Work that goes on after an interruption adds to the interrupted one's numbers, and with nothing
    to do the last ones are kept: the numbers belong to the results, not to the last command.
    """
    record = results / "run.json"
    before = _written(page_of(results))
    last = _read_json(record)
    earlier = last if last and not last["finished"] else {"seconds": 0.0, "peak_mb": 0.0}
    start = time.monotonic()
    finished = False
    memory = PeakMemory()
    try:
        with memory:
            work()
        finished = True
    finally:
        now = {
            "finished": finished,
            "seconds": round(earlier["seconds"] + time.monotonic() - start, 1),
            "peak_mb": round(max(earlier["peak_mb"], memory.megabytes), 1),
        }
        idle = finished and last.get("finished", False) and _written(page_of(results)) == before
        write_json(last if idle else now, record)
    return last if idle else now


def _read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object; an absent file is an empty one."""
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _written(page: Path) -> int:
    """When a page was written, 0 where there is none."""
    return page.stat().st_mtime_ns if page.is_file() else 0
