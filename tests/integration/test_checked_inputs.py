"""Bad input files stop Snakemake before any job; odd ones are told; good ones reach the steps."""

import gzip
import json
from pathlib import Path

import pytest
from small_inputs import BED, FASTA, READS, bgzip, damaged, vcf_text

CONFIG = Path(__file__).parent / "tiny" / "config.yaml"


@pytest.fixture
def run(new_run):
    """A run whose files are good; tests make one of them bad."""
    made = new_run("bad", CONFIG)
    folder = made.directory / "input"
    folder.mkdir()
    (folder / "genome.fa").write_text(FASTA)
    bgzip(folder / "variants.vcf.gz", vcf_text())
    (folder / "blacklist.bed").write_bytes(gzip.compress(BED))
    (folder / "reads.fq").write_text(READS)
    (folder / "samples.tsv").write_text("sample\tunit\tfastq_1\tfastq_2\tsex\na\t1\tinput/reads.fq\t\tmale\n")
    return made


def test_files_are_looked_at_before_any_job(run):
    """One run of Snakemake per case is slow, so that there is one test for all of them."""
    folder = run.directory / "input"
    (folder / "genome.fa.gz").write_bytes(gzip.compress(FASTA.encode())[:-30])
    bgzip(folder / "cut.vcf.gz", vcf_text(1))
    (folder / "cut.vcf.gz").write_bytes((folder / "cut.vcf.gz").read_bytes()[:9000])
    (folder / "other.vcf").write_text(vcf_text(contigs=["chr7"]).replace("chr", "scaffold_"))
    (folder / "damaged.bed").write_bytes(damaged(gzip.compress(BED)))
    (folder / "sheet.tsv").write_text("sample\tunit\tfastq_1\tfastq_2\tsex\na\t1\tinput/reads.fq\t\tboth\n")
    (folder / "own.bed").write_text("chr1\t100\t200\nchr1\t500\t400\n")
    (folder / "other.gtf").write_text('scaffold_1\tx\texon\t1\t9\t.\t+\t.\tgene_id "g";\n')
    cases = [
        (
            {"reference__fasta": "input/genome.fa.gz"},
            "genome.fa.gz: the compressed file is cut short or damaged",
        ),
        ({"reference__vcf": "input/cut.vcf.gz"}, "cut.vcf.gz: the compressed file is cut short"),
        ({"reference__vcf": ["input/variants.vcf.gz", "input/other.vcf"]}, "other.vcf: no contig in common"),
        (
            {"reference__blacklist": "input/damaged.bed"},
            "damaged.bed: the compressed file is cut short or damaged",
        ),
        ({"samples": "input/sheet.tsv"}, "sheet.tsv, line 2: sex 'both'; write male or female"),
        ({"assay": "rna"}, "missing key 'gtf' in 'reference'"),
        (
            {"counts__compare": [["x", "y"]]},
            "'counts.compare': [x, y]: input/samples.tsv gives no sample a condition",
        ),
        ({"peaks__regions": "input/own.bed"}, "own.bed, line 2: end 400 is not greater than start 500"),
        ({"assay": "chip"}, "samples.tsv: ChIP sample 'a' has no control; name its input sample"),
        (
            {"assay": "rna", "reference__gtf": "input/other.gtf"},
            "other.gtf: no contig in common with input/genome.fa (scaffold_1 against chr1, chr2)",
        ),
    ]
    for number, (changes, words) in enumerate(cases):
        done = run.with_config(f"case{number}", **changes).snakemake(
            "--dry-run", "results/genomes/tiny/ALT.fa"
        )
        assert done.returncode != 0
        assert words in done.stdout and "Traceback" not in done.stdout and "Job stats" not in done.stdout


def test_good_files_pass_and_what_is_odd_is_said(run):
    folder = run.directory / "input"
    (folder / "one.vcf").write_text(vcf_text(contigs=["1", "9", "8", "chrM"]).replace("chr2", "8"))
    done = run.with_config("odd", reference__vcf="input/one.vcf").snakemake(
        "--dry-run", "results/genomes/tiny/ALT.fa"
    )
    assert done.returncode == 0, done.stdout
    assert "note: input/one.vcf: 3 of its 4 contigs are not in input/genome.fa (8, 9)" in done.stdout
    assert "note: input/genome.fa: 1 of its 2 contigs are not in input/one.vcf (chr2)" in done.stdout
    done = run.snakemake("--dry-run", "results/genomes/tiny/ALT.fa")
    assert done.returncode == 0 and "note:" not in done.stdout


def test_several_vcfs_reach_the_step(run):
    folder = run.directory / "input"
    lines = vcf_text().splitlines(keepends=True)
    head, records = "".join(lines[:5]), lines[5:]
    (folder / "one part.vcf").write_text(head + "".join(records[::2]))
    (folder / "other.vcf").write_text(head + "".join(records[1::2]))
    parts = run.with_config("parts", reference__vcf=["input/one part.vcf", "input/other.vcf"])
    parts.whole("results/genomes/tiny/ALT.fa", "results/trimmed/a.1.checked")
    made = (run.directory / "results" / "genomes" / "tiny" / "ALT.fa").read_bytes()
    run.whole("--forcerun", "select_variants", "--", "results/genomes/tiny/ALT.fa")
    assert (run.directory / "results" / "genomes" / "tiny" / "ALT.fa").read_bytes() == made
    summary = json.loads(
        (run.directory / "results" / "genomes" / "tiny" / "variants.summary.json").read_text()
    )
    assert summary["applied"]["ALT"]["total"] == summary["records"] == len(records) == 200
