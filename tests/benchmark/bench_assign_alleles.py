"""Assignment, lift-back and writing against a bare loop over the same two BAMs, and against copying them.

Copying both is the limit: what is read must be decompressed and written. The copies write each pair twice, as
samtools does by default, or fast (level 1); ours writes it once, sorted, at level 1, and most pairs once more
to the BAM of their haplotype.
"""

import json
import shlex
import subprocess
import sys
from pathlib import Path

from accuracy_reads import ReadSettings, write_reads
from accuracy_scenarios import HAPLOTYPES
from accuracy_steps import Cross, assignment_command, make_cross, map_reads
from accuracy_world import WorldSettings, make_world, write_world
from run import ROOT, Comparison

# Pairs of one contig are mapped; their alignments then stand on so many equal contigs, under other names.
PAIRS, CONTIG, COPIES = 25_000, 500_000, 16
READS = 2 * 2 * PAIRS * COPIES


def benchmark(folder: Path) -> dict[str, Comparison]:
    """Make the genomes and the two BAMs; give our step against both references."""
    world = make_world(WorldSettings(length=CONTIG, contigs=1))
    write_world(world, folder / "one.fa", folder / "one.vcf.gz")
    reads, _ = write_reads(world, ReadSettings(fragments=PAIRS), folder)
    one = make_cross(folder / "one", folder / "one.fa", folder / "one.vcf.gz", HAPLOTYPES)
    mapped = [map_reads(one.path(f"{name}.fa"), reads, folder / f"one.{name}.bam") for name in one.haplotypes]
    copy_genome(folder)
    cross = make_cross(folder / "all", folder / "all.fa", folder / "all.vcf", HAPLOTYPES)
    bams = [folder / f"{name}.bam" for name in cross.haplotypes]
    for source, target in zip(mapped, bams, strict=True):
        copy_alignments(source, target)
    return compare(folder, cross, bams)


def compare(folder: Path, cross: Cross, bams: list[Path]) -> dict[str, Comparison]:
    out = folder / "ours"
    out.mkdir()
    ours = list(map(str, assignment_command(cross, bams, out, split=False)))
    loop = [sys.executable, str(ROOT / "tests" / "benchmark" / "bare_loop.py"), *map(str, bams)]
    loop += [str(folder / "loop.bam"), str(folder / "loop.json")]
    copies = [folder / f"copy{index}.bam" for index in (0, 1)]

    def copy(level: str) -> list[str]:
        each = [["samtools", "view", level, "-o", *map(str, pair)] for pair in zip(copies, bams, strict=True)]
        return ["sh", "-c", " && ".join(map(shlex.join, each))]

    def check_loop() -> None:
        mine = json.loads((out / "assignment.json").read_text())
        theirs = json.loads((folder / "loop.json").read_text())
        for side in "AB":
            ratio = mine[f"informative_{side}"] / theirs[side]
            assert 0.98 < ratio < 1.02, f"assignments to {side} differ: {ratio}"

    def check_copy() -> None:
        for path in copies:
            count = subprocess.run(["samtools", "view", "-c", path], check=True, capture_output=True).stdout
            assert int(count) == READS // 2, "the copy lacks reads"

    work = f"{READS:,} reads of both BAMs together (items), {PAIRS * COPIES:,} pairs of 2x75"
    return {
        "against a bare loop": Comparison(ours, loop, work, 1, check_loop, READS),
        "against samtools view -b of both": Comparison(ours, copy("-b"), work, 1, check_copy, READS),
        "against samtools view -1 of both": Comparison(ours, copy("-1"), work, 1, check_copy, READS),
    }


def copy_genome(folder: Path) -> None:
    """Write all.fa and all.vcf: the one contig and its variants, under so many names."""
    _, *lines = (folder / "one.fa").read_text().splitlines()
    text = subprocess.run(["bcftools", "view", folder / "one.vcf.gz"], check=True, capture_output=True).stdout
    vcf = text.decode().splitlines()
    header = [line for line in vcf if line.startswith("#") and not line.startswith("##contig")]
    records = [line.split("\t", 1)[1] for line in vcf if not line.startswith("#")]
    names = [f"chr{copy + 1}" for copy in range(COPIES)]
    sequence = "\n".join(lines)
    (folder / "all.fa").write_text("".join(f">{name}\n{sequence}\n" for name in names))
    contigs = [f"##contig=<ID={name},length={CONTIG}>" for name in names]
    body = [f"{name}\t{record}" for name in names for record in records]
    (folder / "all.vcf").write_text("\n".join([header[0], *contigs, *header[1:], *body]) + "\n")


def copy_alignments(source: Path, target: Path) -> None:
    """Write the alignments once per contig.

    Copies of a read stand far apart, so that they compress as other reads do.
    """
    done = subprocess.run(["samtools", "view", "-h", str(source)], check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    header = [line for line in lines if line.startswith("@")]
    rows = [line.split("\t", 3) for line in lines if not line.startswith("@")]
    with subprocess.Popen(
        ["samtools", "view", "--no-PG", "-b", "-o", str(target), "-"], stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        for line in header:
            names = range(1, COPIES + 1) if line.startswith("@SQ") else [1]
            process.stdin.writelines(line.replace("SN:chr1\t", f"SN:chr{name}\t") + "\n" for name in names)
        for copy in range(1, COPIES + 1):
            process.stdin.writelines(
                f"{name}.{copy}\t{flag}\t{contig if contig == '*' else f'chr{copy}'}\t{rest}\n"
                for name, flag, contig, rest in rows
            )
    assert process.returncode == 0
