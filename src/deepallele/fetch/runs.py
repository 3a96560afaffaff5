"""Fetch a run of the Sequence Read Archive as FASTQ with NCBI's sra-tools."""

import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from deepallele.errors import InputError

ACCESSION = re.compile(r"[SED]RR\d+")
_FASTQ = re.compile(rf"({ACCESSION.pattern})(?:_([12]))?\.fastq\.gz")


def runs_of(units: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Find the runs among the files of a sample sheet, by their names.

    Parameters
    ----------
    units
        Rows with `fastq_1` and `fastq_2`. `{run}_1.fastq.gz` and `{run}_2.fastq.gz` are the mates of a run,
        `{run}.fastq.gz` a run of single reads; other names are no runs.

    Returns
    -------
    dict
        Folder and run as one path -> its files (one or two).
    """
    found: dict[str, list[str]] = {}
    for unit in units:
        for name in (unit["fastq_1"], unit["fastq_2"]):
            match = _FASTQ.fullmatch(Path(name).name)
            if match is not None:
                found.setdefault(str(Path(name).parent / match[1]), []).append(name)
    return found


def fetch_run(run: str, files: list[Path], threads: int) -> None:
    """Fetch one run; its files appear together, compressed with bgzip, when all of it is there.

    `prefetch` resumes and checks what it transfers, `vdb-validate` checks the run's own sums.

    Parameters
    ----------
    run
        Accession: SRR, ERR or DRR and digits.
    files
        FASTQ of the mates, or of the single reads, to write.
    threads
        CPU threads.

    Raises
    ------
    InputError
        If the accession is none, a program fails, or the run has another layout than the files asked for.
    """
    if not ACCESSION.fullmatch(run):
        raise InputError(f"run {run!r}: expected SRR, ERR or DRR and digits; fill in the sample sheet")
    folder = files[0].parent
    folder.mkdir(parents=True, exist_ok=True)
    _call(["prefetch", "--max-size", "u", "--output-directory", str(folder), run])
    _call(["vdb-validate", str(folder / run)])
    with tempfile.TemporaryDirectory(prefix=f".{run}.", dir=folder) as name:
        out = Path(name)
        command = ["fasterq-dump", "--split-3", "--threads", str(threads), "--temp", name, "--outdir", name]
        _call([*command, str(folder / run)])
        found = sorted(path.name for path in out.glob("*.fastq"))
        wanted = [path.name.removesuffix(".gz") for path in files]
        if not set(wanted) <= set(found):
            raise InputError(
                f"run {run}: holds {', '.join(found) or 'no reads'}, the sample sheet asks for "
                f"{', '.join(wanted)}; "
                "single reads are RUN.fastq.gz, mates RUN_1.fastq.gz and RUN_2.fastq.gz"
            )
        for one in wanted:
            _call(["bgzip", "--threads", str(threads), str(out / one)])
        for one, path in zip(wanted, files, strict=True):
            (out / f"{one}.gz").replace(path)
    left = sorted(set(found) - set(wanted))
    print(f"{run}: {', '.join(map(str, files))}" + (f"; not kept: {', '.join(left)}" if left else ""))


def _call(command: list[str]) -> None:
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(run.stdout, end="", flush=True)
    if run.returncode:
        last = run.stdout.strip().splitlines()[-1:] or ["it says nothing"]
        raise InputError(f"{command[0]} failed with exit code {run.returncode} for {command[-1]}: {last[0]}")
