"""The BAMs that users take elsewhere are as the SAM specification and Picard want them, paired or not."""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import pysam
import pytest

REPOSITORY = Path(__file__).parents[2]
CONFIG = Path(__file__).parent / "tiny" / "config.yaml"
SAMPLES = ("pairs", "singles")
KINDS = ("", ".REF", ".ALT", ".REF.split", ".ALT.split")
# Debian's and Bioconda's name of Picard.
PICARD = shutil.which("PicardCommandLine") or shutil.which("picard")


@pytest.fixture(scope="module")
def bams(new_run):
    """Map reads of a made F1 with the workflow's own rules: one sample in pairs, one with first mates."""
    run = new_run("validity", CONFIG)
    simulate = [sys.executable, str(REPOSITORY / "src" / "simulate_f1.py"), "--out", "input", "--seed", "1"]
    size = ["--chromosomes", "2", "--regions-per-chromosome", "10", "--pairs", "12000"]
    subprocess.run([*simulate, *size], cwd=run.directory, check=True, capture_output=True)
    sheet = (run.directory / "input" / "samples.tsv").read_text().splitlines()
    columns, first, last = (line.split("\t") for line in (sheet[0], sheet[1], sheet[-1]))
    assert first[0] != last[0]
    rows = ["\t".join(row) for row in (columns, ["pairs", *first[1:]], ["singles", *last[1:3], ""])]
    (run.directory / "sheet.tsv").write_text("\n".join(rows) + "\n")
    run = run.with_config("validity", samples="sheet.tsv")
    run.whole(*(f"results/allele/{sample}{kind}.bam" for sample in SAMPLES for kind in KINDS))
    return run.directory / "results"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_samtools_and_picard_find_no_fault(bams, sample, kind):
    bam = bams / "allele" / f"{sample}{kind}.bam"
    subprocess.run(["samtools", "quickcheck", "-v", str(bam)], check=True)
    if PICARD is None:
        pytest.skip("picard is not installed")
    # Relative paths, because Debian's start script does not quote spaces.
    command = [PICARD, "ValidateSamFile", f"I=allele/{bam.name}", "R=genomes/reference.fa"]
    # NM is optional; the aligner's is that to the haplotype and is left out rather than kept wrong.
    command += ["MODE=SUMMARY", "IGNORE=MISSING_TAG_NM"]
    done = subprocess.run(command, cwd=bams, capture_output=True, text=True, check=False)
    assert "No errors found" in done.stdout, done.stdout
    assert done.returncode == 0


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_index_belongs_to_the_file_and_all_is_sorted(bams, sample):
    for kind in KINDS:
        with pysam.AlignmentFile(str(bams / "allele" / f"{sample}{kind}.bam")) as file:
            assert file.header.to_dict()["HD"]["SO"] == "coordinate"
            places = [(read.reference_id, read.reference_start) for read in file.fetch(until_eof=True)]
            assert places == sorted(places)
            assert len(places) == sum(statistic.mapped for statistic in file.get_index_statistics()) > 500


@pytest.mark.parametrize("sample", SAMPLES)
def test_bases_and_qualities_are_those_of_the_sequencer(bams, sample):
    with pysam.AlignmentFile(str(bams / "allele" / f"{sample}.bam")) as file:
        reads = list(file)
    sequenced = fastq_reads(bams.parent / "sheet.tsv", sample)
    for read in reads:
        bases, quality = sequenced[read.query_name, 2 if read.is_read2 else 1]
        # Adapters were cut off behind.
        assert bases.startswith(read.get_forward_sequence())
        found = "".join(chr(33 + value) for value in read.get_forward_qualities())
        assert quality.startswith(found)
        assert read.is_paired == (sample == "pairs")
    assert len({(read.query_name, read.is_read2) for read in reads}) == len(reads)


def fastq_reads(sheet: Path, sample: str) -> dict[tuple[str, int], tuple[str, str]]:
    """Bases and qualities by name and number of the mate."""
    row = next(line for line in sheet.read_text().splitlines() if line.startswith(f"{sample}\t"))
    result = {}
    for mate, name in enumerate(filter(None, row.split("\t")[2:]), start=1):
        with gzip.open(sheet.parent / name, "rt") as file:
            lines = file.read().splitlines()
        for title, bases, quality in zip(lines[::4], lines[1::4], lines[3::4], strict=True):
            result[title[1:], mate] = (bases, quality)
    return result
