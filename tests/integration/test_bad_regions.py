"""Bad inputs of peaks, counts, genes and comparisons: one clear line each, and nothing is written."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pysam
import pytest
from small_inputs import refused

STEP = Path(__file__).parents[2] / "src" / "imbalance.py"
CONTIGS = {"chr1": 3000, "chr2": 3000}
COUNTS = "region\tchrom\tstart\tend\tsample\tcount_a\tcount_b\tcount_ambiguous\n"
ROWS = COUNTS + "".join(f"r1\tchr1\t100\t351\ts{n}\t30\t20\t5\n" for n in range(1, 5))
EXON = 'chr1\tx\texon\t{}\t{}\t.\t+\t.\tgene_id "g"; transcript_id "t"; gene_biotype "tRNA";\n'


@pytest.fixture
def bam(folder):
    """Give a function that writes reads (position, haplotype) as they come."""

    def write(*reads):
        header = {"SQ": [{"SN": name, "LN": length} for name, length in CONTIGS.items()]}
        with pysam.AlignmentFile(str(folder / "s.bam"), "wb", header=header) as file:
            for number, (place, haplotype) in enumerate(reads):
                text = f"r{number}\t0\tchr1\t{place + 1}\t40\t50M\t*\t0\t0\t{'A' * 50}\t{'F' * 50}"
                file.write(pysam.AlignedSegment.fromstring(f"{text}\tHP:i:{haplotype}", file.header))
        return folder / "s.bam"

    return write


@pytest.fixture
def consensus(step, folder, bam):
    """Give a function that chooses regions from a file (own regions, or the peaks of one sample)."""

    def run(name, text, *options, source="--regions", width=251):
        (folder / name).write_text(text)
        out = folder / "out"
        arguments = [source, folder / name, "--bam", bam((10, 1)), "--width", width, *options]
        return step("consensus_peaks.py", *arguments, "--out", out / "r.bed", "--dropped", out / "r.tsv")

    return run


SAF = "GeneID\tChr\tStart\tEnd\tStrand\n"
REGIONS = {
    "end before start": ("own.bed", "chr1\t500\t400\n", "own.bed: chr1:500-400: start must be below end"),
    "a name twice": ("own.bed", "chr1\t1\t9\ta\nchr2\t1\t9\ta\n", "region name 'a' appears twice"),
    "no number": ("own.bed", "chr1\tten\t40\n", "own.bed: column 2 holds 'ten'; a whole number is needed"),
    "spaces, not tabs": ("own.bed", "chr1 10 40\n", "needs chrom, start and end, separated by tabs"),
    "SAF from 0": (
        "own.saf",
        SAF + "a\tchr1\t0\t9\t+\n",
        "own.saf, line 2: Start 0; a SAF counts bases from 1",
    ),
    "SAF, end before start": ("own.saf", SAF + "a\tchr1\t9\t8\t+\n", "line 2: End 8 is before Start 9"),
    "SAF without header": (
        "own.saf",
        "a\tchr1\t1\t9\t+\n",
        "line 1: 'a\\tchr1\\t1\\t9\\t+' is not the header",
    ),
}


@pytest.mark.parametrize("case", REGIONS)
def test_bad_regions(consensus, folder, case):
    name, text, words = REGIONS[case]
    refused(consensus(name, text), folder, [words])


def test_no_region_is_left(consensus, folder):
    done = consensus("own.bed", "chr1\t0\t9\nchr9\t500\t900\n")
    assert done[0].startswith("error: no region is left; dropped: contig_edge 1, unknown_contig 1; see")
    assert not (folder / "out" / "r.bed").exists()


def test_more_samples_than_there_are(consensus, folder):
    peaks = "chr1\t400\t600\tp\t10\t.\t5\t9\t7\t100\n"
    done = consensus("s1.narrowPeak", peaks, "--samples", "s1", "--min-samples", 2, source="--peaks")
    refused(done, folder, ["peaks.min_samples: 2, but there are 1 samples; lower it"])


REGION = "chr1\t100\t351\tchr1:100-351\t1\t.\t225\n"
COUNTED = {
    "no regions": ("", [(120, 1)], "r.bed: no region in the file"),
    "other columns": ("chr1\t100\t351\n", [(120, 1)], "r.bed: line 1: 3 columns, not 7"),
    "a name twice": (REGION + REGION.replace("100\t351\t", "900\t951\t", 1), [(120, 1)], "appears twice"),
    "another genome": (REGION.replace("chr1", "7"), [(120, 1)], "s.bam: no contig '7', which regions name"),
    "overlapping": (
        REGION + "chr1\t300\t551\tb\t1\t.\t425\n",
        [(120, 1)],
        "region b is unsorted or overlaps",
    ),
    "unsorted reads": (REGION, [(220, 1), (120, 1)], "read r1 comes after its place; sort the file"),
    "a third haplotype": (REGION, [(120, 3)], "read r0: HP tag 3; only 1 and 2 are known"),
}


@pytest.mark.parametrize("case", COUNTED)
def test_what_cannot_be_counted(step, folder, bam, case):
    regions, reads, words = COUNTED[case]
    (folder / "r.bed").write_text(regions)
    arguments = ["--bam", bam(*reads), "--regions", folder / "r.bed", "--sample", "s"]
    refused(step("count_alleles.py", *arguments, "--out", folder / "out" / "s.tsv.gz"), folder, [words])


GENES = {
    "contigs of another genome": (EXON.format(100, 200).replace("chr1", "1"), "(chr1, chr2 against 1)"),
    "end before start": (
        EXON.format(200, 100),
        "x.gtf, line 1: start 200, end 100; needed: 1 <= start <= end",
    ),
    "from 0": (EXON.format(0, 100), "line 1: start 0, end 100"),
    "GFF3": (EXON.format(1, 9).replace('gene_id "g"', "ID=g"), "a GFF3 file must be converted to GTF"),
    "empty": ("#!genome-build x\n", "x.gtf: no row in the file"),
    "no gene of the biotype": (EXON.format(900, 950), "0 genes of biotype protein_coding (the GTF has tRNA)"),
}


@pytest.mark.parametrize("case", GENES)
def test_bad_annotation(step, folder, case):
    text, words = GENES[case]
    (folder / "x.gtf").write_text(text)
    (folder / "r.fai").write_text(
        "".join(f"{name}\t{length}\t6\t60\t61\n" for name, length in CONTIGS.items())
    )
    out, arguments = folder / "out", ["--gtf", folder / "x.gtf", "--fai", folder / "r.fai"]
    windows = [
        "--biotypes",
        "protein_coding",
        "--flank",
        50,
        "--out",
        out / "t.bed",
        "--dropped",
        out / "t.tsv",
    ]
    refused(step("tss_windows.py", *arguments, *windows, "--summary", out / "t.json"), folder, [words])
    if "biotype" not in case:
        tables = ["--genes", out / "g.tsv", "--exons", out / "g.saf", "--bed", out / "g.bed"]
        refused(step("list_genes.py", *arguments, *tables, "--summary", out / "g.json"), folder, [words])


TABLES = {
    "no table": ("", {}, "c.tsv: not a counts table"),
    "other columns": (ROWS.replace("count_a", "counts", 1), {}, "c.tsv: columns region chrom"),
    "no number": (ROWS.replace("30", "many", 1), {}, "c.tsv: not a counts table"),
    "region lacking in a sample": (ROWS + "r2\tchr1\t900\t950\ts1\t3\t3\t0\n", {}, "region r2 has 0 rows"),
    "unknown sample": (ROWS, {"first_samples": ["s9"]}, "sample 's9' has no counts; one of s1, s2, s3, s4"),
    "sample on both sides": (ROWS, {"second_samples": ["s1"]}, "sample 's1' is named twice"),
    "a condition and itself": (ROWS, {"second": "lps"}, "two different conditions are compared"),
}


@pytest.mark.parametrize("case", TABLES)
def test_bad_comparison(step, folder, case):
    text, changes, words = TABLES[case]
    (folder / "c.tsv").write_text(text)
    options = {"first": "lps", "first_samples": ["s1", "s2"], "second": "pbs", "second_samples": ["s3", "s4"]}
    arguments = ["--counts", folder / "c.tsv"]
    for name, value in (options | changes).items():
        arguments += [f"--{name.replace('_', '-')}", *np.atleast_1d(value)]
    outputs = ["--out", folder / "out" / "d.tsv", "--summary", folder / "out" / "d.json"]
    refused(step("differential_imbalance.py", *arguments, *outputs), folder, [words])


def test_a_refusal_is_exit_code_1_and_a_line_on_standard_error(folder):
    (folder / "c.tsv").write_text("")
    command = [
        sys.executable,
        STEP,
        "--counts",
        folder / "c.tsv",
        "--pseudocount",
        "1",
        "--min-informative",
        "1",
    ]
    command += ["--out", folder / "out" / "i.tsv", "--summary", folder / "out" / "i.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
