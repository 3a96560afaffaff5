"""Every bad input ends in one clear line and leaves nothing half-made, or in a skip that is counted.

The steps run as the rules call them, in folders with a space in their names.
"""

import gzip
import json

import numpy as np
import pysam
import pytest
from small_inputs import FASTA, GENOME, READS, bgzip, damaged, refused, vcf_text

ALT = [
    {"name": "REF", "source": "reference"},
    {"name": "ALT", "source": "vcf", "vcf_sample": "ALT"},
]


def no_qualities(text):
    return text.replace("#" + "F" * 39, "#" + "F" * 38, 1)


FASTQ = {
    "truncated gzip": (lambda: gzip.compress(READS.encode())[:-30], "cut short or damaged"),
    "damaged gzip": (lambda: damaged(gzip.compress(READS.encode())), "cut short or damaged"),
    "empty": (lambda: b"", "no reads in the file"),
    "empty gzip": (lambda: gzip.compress(b""), "no reads in the file"),
    "cut text": (lambda: READS[:-60].encode(), "no whole number of reads"),
    "bases without qualities": (lambda: no_qualities(READS).encode(), "read 1: bases and qualities differ"),
    "Windows lines": (lambda: READS.replace("\n", "\r\n").encode(), "Windows line ends"),
    "Phred+64": (lambda: READS.replace("#F", "Bh").replace("F", "h").encode(), "Phred+64, not Phred+33"),
    "quality out of range": (
        lambda: READS.replace("F\n@r7 ", "\x1f\n@r7 ").encode(),
        "read 1: a quality is no",
    ),
    "FASTA": (lambda: FASTA.encode(), "not a FASTQ file"),
    "both mates in one file": (lambda: _interleaved(), "is also the name of the read before"),
    "the same part twice": (lambda: (READS + READS).encode(), "is part of the file there twice?"),
}


def _interleaved():
    reads = READS.split("@")[1:]
    return "".join(f"@{read}@{read}" for read in reads).encode()


@pytest.mark.parametrize("case", FASTQ)
def test_bad_fastq(step, folder, case):
    make, words = FASTQ[case]
    path = folder / "bad reads.fq.gz"
    path.write_bytes(make())
    refused(step("check_fastq.py", "--fastq", path), folder, ["bad reads.fq.gz", words])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda reads: reads[:-1], "has 286 reads but"),
        (lambda reads: reads[:100] + reads[101:], "read 101: named 'r707', its mate in"),
        (lambda reads: [*reads[:200], reads[201], reads[200], *reads[202:]], "read 201: named 'r1407'"),
    ],
    ids=["one mate less", "one lost in the middle", "two exchanged"],
)
def test_mates_that_do_not_match(step, folder, change, words):
    first, second = folder / "1.fq", folder / "2.fq"
    first.write_text(READS)
    assert step("check_fastq.py", "--fastq", first, first) == (0, "286 pairs\n")
    second.write_text("".join(f"@{read}" for read in change(READS.split("@")[1:])))
    refused(step("check_fastq.py", "--fastq", first, second), folder, [words])


FASTAS = {
    "truncated gzip": (lambda path: gzip.compress(FASTA.encode())[:-30], "cut short or damaged"),
    "damaged gzip": (lambda path: damaged(gzip.compress(FASTA.encode())), "cut short or damaged"),
    "bgzip cut between blocks": (lambda path: bgzip(path, FASTA)[:-28], "cut short (no end mark)"),
    "two of one name": (lambda path: (FASTA + FASTA).encode(), "'chr1' appears twice"),
    "protein": (lambda path: b">p\nMKLV\n", "'L', which is no DNA letter"),
    "empty": (lambda path: b"", "no FASTA record"),
}


@pytest.mark.parametrize("case", FASTAS)
def test_bad_fasta(step, folder, case):
    make, words = FASTAS[case]
    path = folder / "bad genome.fa.gz"
    path.write_bytes(make(path))
    done = step("prepare_reference.py", "--fasta", path, "--out", folder / "out" / "reference.fa")
    refused(done, folder, ["bad genome.fa.gz", words])


@pytest.fixture
def select(step, folder):
    (folder / "genome.fa").write_text(FASTA)
    assert step("prepare_reference.py", "--fasta", folder / "genome.fa", "--out", folder / "r.fa")[0] == 0

    def run(*vcfs):
        out = folder / "out"
        outputs = [
            "--out",
            out / "v.bcf",
            "--skipped",
            out / "skipped.tsv",
            "--summary",
            out / "summary.json",
        ]
        haplotypes = ["--haplotypes", json.dumps(ALT), "--cross", "x"]
        return step(
            "select_variants.py", "--reference", folder / "r.fa", "--vcf", *vcfs, *haplotypes, *outputs
        )

    return run


def _unsorted():
    lines = vcf_text().splitlines(keepends=True)
    return "".join([*lines[:10], lines[11], lines[10], *lines[12:]])


VCFS = {
    "truncated": (lambda path: bgzip(path, vcf_text(1))[:9000], "cut short (no end mark)"),
    "cut between blocks": (lambda path: bgzip(path, vcf_text())[:-28], "cut short (no end mark)"),
    "damaged": (lambda path: damaged(bgzip(path, vcf_text(1))), "not readable as VCF"),
    "gzip": (lambda path: gzip.compress(vcf_text().encode()), "compress it with bgzip"),
    "another sample": (lambda path: vcf_text(sample="X").encode(), "no sample 'ALT' for haplotype 'ALT'"),
    "unsorted": (lambda path: _unsorted().encode(), "chr1:160) is out of order: it comes after position 190"),
    "REF mismatch": (lambda path: vcf_text(wrong=range(3)).encode(), "in 3 of 200 records"),
    "no common contig": (
        lambda path: vcf_text().replace("chr", "scaffold_").encode(),
        "most records were left out as 'contig_not_in_fasta'",
    ),
    "no VCF": (lambda path: READS.encode(), "not readable as VCF in its header"),
    "damaged text": (lambda path: vcf_text().replace("\t40\t", "\tforty\t").encode(), "VCF after chr1:10"),
}


@pytest.mark.parametrize("case", VCFS)
def test_bad_vcf(select, folder, case):
    make, words = VCFS[case]
    path = folder / "bad variants.vcf.gz"
    path.write_bytes(make(path))
    refused(select(path), folder, ["bad variants.vcf.gz", words])


def test_a_vcf_without_index_or_with_few_mismatches_or_foreign_contigs_is_used_and_counted(select, folder):
    text = vcf_text(wrong=[5]) + "chrZ\t7\t.\tA\tC\t.\t.\t.\tGT\t1/1\n"
    for name in ("plain.vcf", "compressed.vcf.gz"):
        path = folder / name
        path.write_text(text) if name == "plain.vcf" else bgzip(path, text)
        assert select(path)[0] == 0
        report = json.loads((folder / "out" / "summary.json").read_text())
        assert report["applied"]["ALT"] == {"snp": 199, "total": 199}
        assert report["skipped"]["ALT"] == {"contig_not_in_fasta": 1, "ref_mismatch": 1, "total": 2}
        lines = (folder / "out" / "skipped.tsv").read_text().splitlines()
        assert [line.split("\t")[-1] for line in lines[1:]] == ["ref_mismatch", "contig_not_in_fasta"]


def test_a_program_that_is_not_there_is_named_as_such(select, folder, monkeypatch):
    (folder / "v.vcf").write_text(vcf_text())
    monkeypatch.setenv("PATH", "/nonexistent")
    refused(select(folder / "v.vcf"), folder, ["the program 'bcftools' is not on the PATH"])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda data: data[:-28], "no end-of-file block"),
        (lambda data: data[: len(data) // 2], "no end-of-file block"),
        (lambda data: data[:3000] + bytes(200) + data[3200:], "damaged"),
        (lambda data: b"", "no end-of-file block"),
    ],
    ids=["no end", "half", "damaged", "empty"],
)
def test_bad_bam(step, folder, make, words):
    generator = np.random.default_rng(2)
    header = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "chr1", "LN": 3000}]}
    for name in ("A.bam", "B.bam"):
        with pysam.AlignmentFile(str(folder / name), "wb", header=header) as bam:
            for number in range(2000):
                place = int(generator.integers(2900))
                text = (
                    f"r{number}\t0\tchr1\t{place + 1}\t40\t50M\t*\t0\t0\t{GENOME['chr1'][place : place + 50]}"
                )
                bam.write(pysam.AlignedSegment.fromstring(f"{text}\t{'F' * 50}\tMD:Z:50\tNM:i:0", bam.header))
    (folder / "bad.bam").write_bytes(make((folder / "B.bam").read_bytes()))
    (folder / "same.chain").write_text("chain 3000 chr1 3000 + 0 3000 chr1 3000 + 0 3000 1\n3000\n\n")
    (folder / "r.fai").write_text("chr1\t3000\t6\t60\t61\n")
    out = folder / "out"
    arguments = ["--haplotypes", "A", "B", "--bams", folder / "A.bam", folder / "bad.bam"]
    arguments += ["--chains", folder / "same.chain", folder / "same.chain", "--fai", folder / "r.fai"]
    arguments += ["--out", out / "s.bam", "--out-haplotypes", out / "s.A.bam", out / "s.B.bam"]
    refused(step("assign_alleles.py", *arguments, "--stats", out / "s.json"), folder, ["bad.bam", words])
