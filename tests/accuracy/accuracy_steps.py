"""The steps of the workflow by their command lines, from a FASTA, a VCF and FASTQ files to tagged BAMs.

The commands are those of workflow/rules/genome.smk, align_dna.smk and allele.smk, one thread each.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

SRC = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True)
class Cost:
    """What a command took: CPU seconds of all its processes, and wall seconds."""

    cpu_s: float
    wall_s: float


def run(command: list[object], log: Path) -> Cost:
    """Run a command; its words go to `log`. Raises RuntimeError with the end of them if it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with log.open("wb") as file:
        process = subprocess.Popen([str(word) for word in command], stdout=file, stderr=file)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise RuntimeError(f"{command[1]} failed: {log.read_text()[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - start)


@dataclass(frozen=True)
class Cross:
    """Genomes of a cross in `folder`; `haplotypes` are the names of A and B."""

    folder: Path
    haplotypes: tuple[str, str]

    def path(self, name: str) -> Path:
        """A file of the cross."""
        return self.folder / name

    @property
    def chains(self) -> list[Path]:
        """Chains of A and B."""
        return [self.path(f"{name}.chain") for name in self.haplotypes]


def make_cross(folder: Path, fasta: Path, vcf: Path, haplotypes: list[dict], source: Path = SRC) -> Cross:
    """Make the genomes of both haplotypes; `haplotypes` is `cross.haplotypes` of a config."""
    cross = Cross(folder, (haplotypes[0]["name"], haplotypes[1]["name"]))
    logs = folder / "logs"
    step = [sys.executable, source / "prepare_reference.py", "--fasta", fasta]
    run([*step, "--out", cross.path("reference.fa")], logs / "prepare_reference.log")
    step = [sys.executable, source / "select_variants.py", "--reference", cross.path("reference.fa")]
    step += ["--vcf", vcf, "--haplotypes", json.dumps(haplotypes), "--cross", "cross"]
    step += ["--out", cross.path("variants.bcf"), "--skipped", cross.path("variants.skipped.tsv")]
    run([*step, "--summary", cross.path("variants.summary.json")], logs / "select_variants.log")
    for name in cross.haplotypes:
        step = [sys.executable, source / "make_haplotype.py", "--reference", cross.path("reference.fa")]
        step += ["--variants", cross.path("variants.bcf"), "--summary", cross.path("variants.summary.json")]
        step += ["--haplotype", name, "--out", cross.path(f"{name}.fa")]
        run([*step, "--chain", cross.path(f"{name}.chain")], logs / f"make_{name}.log")
    return cross


def map_reads(fasta: Path, reads: list[Path], bam: Path, sample: str = "sample") -> Path:
    """Map reads to one genome as the rule `align` does, with an index of its own."""
    index, log = bam.with_suffix(".index"), bam.with_suffix(".log")
    run(["bowtie2-build", "--threads", "1", "--seed", "1", fasta, index], log)
    given = ["-U", reads[0]] if len(reads) == 1 else ["-1", reads[0], "-2", reads[1]]
    sam = bam.with_suffix(".sam")
    command = ["bowtie2", "--very-sensitive", "--minins", 0, "--maxins", 1000, "--seed", 1, "--reorder"]
    command += ["--threads", 1, "--rg-id", sample, "--rg", f"SM:{sample}", "--rg", "PL:ILLUMINA"]
    command += ["-x", index, *given, "-S", sam]
    run(command, log)
    run(["samtools", "view", "--no-PG", "--bam", "--output", bam, sam], bam.with_suffix(".view.log"))
    sam.unlink()
    return bam


@dataclass(frozen=True)
class Assigned:
    """Outputs of assign_alleles in `folder`, and what it cost."""

    folder: Path
    haplotypes: tuple[str, str]
    cost: Cost

    @property
    def bam(self) -> Path:
        """All pairs written."""
        return self.folder / "sample.bam"

    @property
    def haplotype_bams(self) -> list[Path]:
        """Informative pairs of A and of B."""
        return [self.folder / f"sample.{name}.bam" for name in self.haplotypes]

    @property
    def split_bams(self) -> list[Path]:
        """Informative pairs of A and of B, and half of the ambiguous ones each."""
        return [self.folder / f"sample.{name}.split.bam" for name in self.haplotypes]

    def counts(self) -> dict:
        """Numbers of the step."""
        return json.loads((self.folder / "assignment.json").read_text())


def assignment_command(
    cross: Cross, bams: list[Path], folder: Path, source: Path = SRC, split: bool = True
) -> list[object]:
    """The command line of assign_alleles with the configuration's defaults, but that duplicates are kept."""
    names = cross.haplotypes
    command = [sys.executable, source / "assign_alleles.py", "--haplotypes", *names, "--bams", *bams]
    command += ["--chains", *cross.chains, "--fai", cross.path("reference.fa.fai")]
    command += ["--variants", cross.path("variants.bcf"), "--exclude-contigs", "chrM"]
    command += ["--mode", "likelihood", "--min-posterior", 0.95, "--min-mapq", 2]
    command += ["--min-insert", 0, "--max-insert", 1000, "--umi", "none", "--keep-duplicates"]
    command += ["--threads", 1, "--out", folder / "sample.bam"]
    command += ["--out-haplotypes", *(folder / f"sample.{name}.bam" for name in names)]
    if split:
        command += ["--out-split", *(folder / f"sample.{name}.split.bam" for name in names)]
    command += ["--set-aside", folder / "set_aside.tsv"]
    return [*command, "--stats", folder / "assignment.json"]


def assign(cross: Cross, bams: list[Path], folder: Path, source: Path = SRC) -> Assigned:
    """Assign the pairs; `bams` are those of A and B.

    Made fragments lie at random places, so that two at the same ends are no copies of each other, and
    removing them would lose pairs for no fault of the assignment: duplicates are kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cost = run(assignment_command(cross, bams, folder, source), folder / "assign.log")
    return Assigned(folder, cross.haplotypes, cost)


def control_quality(cross: Cross, assigned: Assigned, source: Path = SRC) -> dict:
    """Run allele_qc and give the quality part of its numbers."""
    folder = assigned.folder
    command = [sys.executable, source / "allele_qc.py", "--bam", assigned.bam]
    command += ["--assignment", folder / "assignment.json", "--variants", cross.path("variants.bcf")]
    command += ["--reference", cross.path("reference.fa")]
    command += ["--out-counts", folder / "variant_counts.tsv.gz"]
    command += ["--out-suspects", folder / "suspects.tsv.gz", "--out", folder / "allele_stats.json"]
    run(command, folder / "allele_qc.log")
    return json.loads((folder / "allele_stats.json").read_text())["qc"]
