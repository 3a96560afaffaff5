"""Runs of the Sequence Read Archive, with stand-ins for NCBI's programs."""

import gzip
import os
import stat
import sys

import pytest

from deepallele.errors import InputError
from deepallele.fetch.runs import fetch_run, runs_of

PROGRAM = """#!{python}
import pathlib, sys
name, arguments = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
if name == "{failing}":
    print("{failing}: it went wrong")
    sys.exit(3)
option = lambda key: pathlib.Path(arguments[arguments.index(key) + 1])
if name == "prefetch":
    (option("--output-directory") / arguments[-1]).mkdir(exist_ok=True)
if name == "fasterq-dump":
    run = pathlib.Path(arguments[-1]).name
    for ending in {endings}:
        (option("--outdir") / (run + ending + ".fastq")).write_text("@r\\nACGT\\n+\\nFFFF\\n")
"""


def stand_ins(folder, monkeypatch, endings, failing=""):
    folder.mkdir()
    for name in ("prefetch", "vdb-validate", "fasterq-dump"):
        path = folder / name
        path.write_text(PROGRAM.format(python=sys.executable, endings=endings, failing=failing))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_mates_appear_together_and_compressed(tmp_path, monkeypatch):
    stand_ins(tmp_path / "bin", monkeypatch, ["_1", "_2", ""])
    files = [tmp_path / "reads" / f"SRR12_{mate}.fastq.gz" for mate in (1, 2)]
    fetch_run("SRR12", files, 1)
    assert [gzip.decompress(path.read_bytes()) for path in files] == [b"@r\nACGT\n+\nFFFF\n"] * 2
    assert sorted(path.name for path in (tmp_path / "reads").iterdir()) == [
        "SRR12",
        *sorted(p.name for p in files),
    ]


def test_another_layout_is_refused_and_leaves_no_file(tmp_path, monkeypatch):
    stand_ins(tmp_path / "bin", monkeypatch, [""])
    files = [tmp_path / f"SRR12_{mate}.fastq.gz" for mate in (1, 2)]
    with pytest.raises(InputError, match=r"holds SRR12.fastq, the sample sheet asks for SRR12_1.fastq"):
        fetch_run("SRR12", files, 1)
    assert list(tmp_path.glob("*.fastq*")) == []


@pytest.mark.parametrize("failing", ["prefetch", "vdb-validate", "fasterq-dump"])
def test_a_failing_program_is_named_with_its_last_words(tmp_path, monkeypatch, failing):
    stand_ins(tmp_path / "bin", monkeypatch, [""], failing)
    with pytest.raises(InputError, match=f"{failing} failed with exit code 3 .*: {failing}: it went wrong"):
        fetch_run("SRR12", [tmp_path / "SRR12.fastq.gz"], 1)
    assert list(tmp_path.glob("*.fastq*")) == []


def test_no_accession_is_refused(tmp_path):
    with pytest.raises(InputError, match="run 'SRRxxx': expected SRR, ERR or DRR and digits"):
        fetch_run("SRRxxx", [tmp_path / "SRRxxx.fastq.gz"], 1)


def test_runs_are_found_by_the_names_of_their_files():
    units = [
        {"fastq_1": "a/SRR1_1.fastq.gz", "fastq_2": "a/SRR1_2.fastq.gz"},
        {"fastq_1": "b/ERR22.fastq.gz", "fastq_2": ""},
        {"fastq_1": "own/reads_R1.fastq.gz", "fastq_2": "own/reads_R2.fastq.gz"},
        {"fastq_1": "own/SRR3_1.fq.gz", "fastq_2": ""},
    ]
    assert runs_of(units) == {
        "a/SRR1": ["a/SRR1_1.fastq.gz", "a/SRR1_2.fastq.gz"],
        "b/ERR22": ["b/ERR22.fastq.gz"],
    }
