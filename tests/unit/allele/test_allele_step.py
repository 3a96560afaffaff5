"""The command of the step, as the rule calls it."""

import json
import sys
from itertools import pairwise

import pytest
from allele_records import BLOCKS, LENGTHS, pair, write_bam, write_variants

import assign_alleles
from deepallele.errors import run_step

WORSE = {"md": "5C14"}


def write_chain(path, haplotype):
    lines = []
    for number, (contig, blocks) in enumerate(BLOCKS[haplotype].items(), start=1):
        sizes = LENGTHS["A"][contig], LENGTHS[haplotype][contig]
        ends = " ".join(f"{contig} {size} + 0 {size}" for size in sizes)
        lines.append(f"chain {sizes[0]} {ends} {number}")
        for here, following in pairwise(blocks):
            gaps = (following[0] - here[0] - here[2], following[1] - here[1] - here[2])
            lines.append("\t".join(map(str, (here[2], *gaps))))
        lines += [str(blocks[-1][2]), ""]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Give a function that writes inputs and runs the command with more options; gives the numbers."""

    def run(a, b, *options, names=None):
        (tmp_path / "ref.fai").write_text("".join(f"{name}\t{n}\n" for name, n in LENGTHS["A"].items()))
        arguments = ["--haplotypes", "P1", "P2", "--fai", tmp_path / "ref.fai"]
        bams = [write_bam(tmp_path / f"{h}.bam", h, reads, names) for h, reads in (("A", a), ("B", b))]
        arguments += ["--bams", *bams, "--chains", *(write_chain(tmp_path / f"{h}.chain", h) for h in "AB")]
        arguments += ["--out", tmp_path / "s.bam", "--stats", tmp_path / "s.json"]
        arguments += ["--out-haplotypes", tmp_path / "s.P1.bam", tmp_path / "s.P2.bam", *options]
        monkeypatch.setattr(sys, "argv", ["assign_alleles.py", *map(str, arguments)])
        run_step(assign_alleles.main, assign_alleles.build_parser())
        return json.loads((tmp_path / "s.json").read_text())

    return run


def test_all_options(command, tmp_path, capsys):
    variants = write_variants(tmp_path / "v.vcf", [("1", 106, "A", "C", "0|1")])
    a = [pair(100), pair(100), pair(500), pair(90, contig="2"), pair(100, umi="AC")]
    b = [pair(100, **WORSE), pair(100, **WORSE), pair(500, **WORSE), pair(90, contig="2"), pair(100)]
    names = [f"r{number}:{umi}" for number, umi in enumerate(["AC", "GT", "AC", "AC", "AC"])]
    split = [tmp_path / "s.P1.split.bam", tmp_path / "s.P2.split.bam"]
    options = ["--variants", variants, "--umi", "name", "--umi-separators", ":", "--out-split", *split]
    stats = command(a, b, *options, "--hemizygous-contigs", "2", "Y", names=names)
    expected = {"informative_A": 2, "ambiguous": 2, "no_variant": 1, "overruled": 1, "hemizygous": 1}
    assert {name: stats[name] for name in expected} == expected
    assert all(path.stat().st_size for path in split)
    shown = capsys.readouterr()
    assert "hemizygous: 1" in shown.out and "WARNING" not in shown.err


def test_published_mode(command):
    a, b = [pair(100, proper=True, score=5)], [pair(100, proper=True, score=4)]
    assert command(a, b)["ambiguous"] == 1
    stats = command(a, b, "--mode", "published")
    assert (stats["informative_A"], stats["mode"]) == (1, "published")


def test_no_informative_pair_is_said_loudly(command, capsys):
    command([pair(100)], [pair(100)])
    assert "WARNING: NO PAIR IS INFORMATIVE" in capsys.readouterr().err
    command([], [])
    assert "WARNING" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--umi", "name"], "error: read read0: no UMI"),
        (["--min-posterior", "0.4"], "error: min_posterior is 0.4"),
        (["--variants", "no.bcf"], "error: no such file or program: no.bcf"),
    ],
)
def test_errors_are_one_line(command, options, message):
    with pytest.raises(SystemExit, match=message):
        command([pair(100)], [pair(100)], *options)


def test_unknown_modes_are_told(command, capsys):
    with pytest.raises(SystemExit):
        command([pair(100)], [pair(100)], "--mode", "other")
    shown = capsys.readouterr().err
    assert "other" in shown and "likelihood" in shown and "published" in shown
