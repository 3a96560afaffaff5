"""The three steps as the rules call them, in a folder with a space in its name."""

import json
import runpy
import sys
from pathlib import Path

import anndata
import pytest
from cell_records import Pair, random_pairs, write_bam

from deepallele.counts.tables import read_counts
from deepallele.files import read_table

SRC = Path(__file__).resolve().parents[3] / "src"
FILES = ["A", "B", "ambiguous", "A.split", "B.split"]


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "a folder"
    made.mkdir()
    pairs = random_pairs(12, 500, 6)
    write_bam(made / "s.bam", pairs)
    write_bam(made / "bare.bam", [Pair(500, barcode=None)])
    (made / "r.bed").write_text("chr1\t1000\t9000\tone\t1\t.\t5000\nchr1\t9000\t9500\ttwo\t1\t.\t9250\n")
    barcodes = sorted({pair.barcode for pair in pairs if pair.barcode})
    (made / "w.txt").write_text("\n".join(barcodes[:-1]) + "\n")
    rows = [f"{name}\t{'TB'[number % 2]}\ts\n" for number, name in enumerate(barcodes)]
    (made / "g.tsv").write_text("barcode\tgroup\tsample\n" + "".join(rows) + "AC\tT\tother\n")
    return made


@pytest.fixture
def step(monkeypatch):
    def run(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        code = 0
        try:
            runpy.run_path(str(SRC / name), run_name="__main__")
        except SystemExit as end:
            code = end.code
        return code

    return run


def write_fragments(step, folder, bam="s.bam", *more):
    files = [folder / f"s.{name}.tsv.gz" for name in FILES]
    return step(
        "cell_fragments.py",
        *("--bam", folder / bam, "--haplotypes", "A", "B", "--hemizygous-contigs", "X", *more),
        *("--out-haplotypes", *files[:2], "--out-ambiguous", files[2], "--out-split", *files[3:]),
        *("--summary", folder / "f.json"),
    )


def call(step, folder, least, *more, bam="s.bam"):
    arguments = [
        "--bam",
        folder / bam,
        "--regions",
        folder / "r.bed",
        "--sample",
        "s",
        "--samples",
        "s",
        "other",
    ]
    arguments += ["--min-fragments", least, *more, "--out", folder / "c.tsv", "--summary", folder / "c.json"]
    return step("call_cells.py", *arguments)


def count(step, folder, *groups):
    arguments = ["--bam", folder / "s.bam", "--regions", folder / "r.bed", "--cells", folder / "c.tsv"]
    arguments += ["--sample", "s", "--haplotypes", "A", "B", "--groups", *groups]
    return step("count_cells.py", *arguments, "--out", folder / "s.h5ad", "--out-counts", folder / "n.tsv.gz")


def test_the_steps_follow_each_other(step, folder):
    assert write_fragments(step, folder, "s.bam", "--whitelist", folder / "w.txt", "--threads", 2) == 0
    written = json.loads((folder / "f.json").read_text())
    assert call(step, folder, 5, "--whitelist", folder / "w.txt", "--groups", folder / "g.tsv") == 0
    summary = json.loads((folder / "c.json").read_text())
    assert summary["cells"] == 5 and summary["groups"] == {"T": 3, "B": 2}
    kinds = ("fragments_a", "fragments_b", "fragments_ambiguous")
    assert summary["in_whitelist"] == sum(written[kind] for kind in kinds)
    assert summary["outside_whitelist"] == written["outside_whitelist"] > 0
    assert len(read_table(folder / "c.tsv")) == 6
    assert count(step, folder, "B", "T") == 0
    counts = read_counts(folder / "n.tsv.gz")
    assert counts["sample"].tolist() == ["s.B", "s.B", "s.T", "s.T"]
    data = anndata.read_h5ad(folder / "s.h5ad")
    assert data.shape == (5, 2)
    assert data.X.sum() == counts[["count_a", "count_b", "count_ambiguous"]].to_numpy().sum()
    assert count(step, folder) == 0
    assert set(read_counts(folder / "n.tsv.gz")["sample"]) == {"s"}


def test_what_does_not_fit_is_one_line_and_nothing_is_left(step, folder):
    (folder / "none.txt").write_text("AAAA-1\n")
    (folder / "none.tsv").write_text("barcode\tgroup\nAAAA-1\tT\n")
    lines = [
        (
            write_fragments(step, folder, "bare.bam"),
            "1 fragments have no barcode, 0 one that the whitelist lacks",
        ),
        (
            write_fragments(step, folder, "s.bam", "--whitelist", folder / "none.txt"),
            "one that the whitelist lacks",
        ),
        (call(step, folder, 1, bam="bare.bam"), "sample s: none of the 1 fragments has a barcode"),
        (call(step, folder, 1, "--whitelist", folder / "none.txt"), "sample s: none of the 6 barcodes"),
        (call(step, folder, 1, "--groups", folder / "none.tsv"), "is in the table of groups"),
        (call(step, folder, 999), "sample s: no barcode has 999 fragments in regions"),
        (call(step, folder, 1, "--groups", folder / "absent.tsv"), "no such file"),
        (count(step, folder), "no such file or program"),
    ]
    for line, words in lines:
        assert line.startswith("error: ") and "\n" not in line
        assert words in line
    left = {path.name for path in folder.iterdir()}
    assert left == {"s.bam", "s.bam.bai", "bare.bam", "bare.bam.bai", "r.bed", "w.txt", "g.tsv"} | {
        "none.txt",
        "none.tsv",
    }
