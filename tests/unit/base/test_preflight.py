"""Headers of the input files, looked at before any job starts."""

import gzip

import pytest

from deepallele import preflight
from deepallele.errors import InputError

VCF = (
    "##fileformat=VCFv4.2\n{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tS1\tS2\n{records}"
)


def write_vcf(path, contigs=(), records=""):
    lines = "".join(f"##contig=<ID={name},length=9>\n" for name in contigs)
    path.write_text(VCF.format(contigs=lines, records=records))
    return str(path)


@pytest.fixture
def config(tmp_path):
    (tmp_path / "g.fa").write_text(">chr1 first\nACGT\n>chr2\nACGT\n")
    return {
        "reference": {
            "fasta": str(tmp_path / "g.fa"),
            "vcf": write_vcf(tmp_path / "v.vcf", ["chr1"]),
            "blacklist": None,
        },
        "peaks": {"regions": None},
        "cross": {
            "haplotypes": [
                {"name": "A", "source": "reference", "vcf_sample": None},
                {"name": "B", "source": "vcf", "vcf_sample": "S2"},
            ]
        },
    }


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 1 << 20])
def test_fasta_contigs_are_found_whatever_the_chunk(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(preflight, "_CHUNK", chunk)
    (tmp_path / "g.fa").write_text(">chr1 text > more\nACGT\nAC\n>HLA-A*01:01\nACGT\n>3\n\nAC\n")
    assert preflight.fasta_contigs(tmp_path / "g.fa") == ["chr1", "HLA-A*01:01", "3"]


def test_a_fresh_index_is_used_and_a_stale_one_is_not(tmp_path):
    import os

    (tmp_path / "g.fa").write_text(">chr1\nACGT\n")
    index = tmp_path / "g.fa.fai"
    index.write_text("other\t4\t6\t4\t5\n")
    os.utime(index, (2e9, 2e9))
    assert preflight.fasta_contigs(tmp_path / "g.fa") == ["other"]
    os.utime(index, (1e9, 1e9))
    assert preflight.fasta_contigs(tmp_path / "g.fa") == ["chr1"]


def test_good_inputs_pass_with_plain_or_compressed_files(config, tmp_path):
    preflight.check_inputs(config)
    with gzip.open(tmp_path / "g.fa.gz", "wt") as file:
        file.write(">chr1\nACGT\n")
    config["reference"]["fasta"] = str(tmp_path / "g.fa.gz")
    preflight.check_inputs(config)


def test_a_header_without_contigs_is_made_up_for_by_the_records(config, tmp_path):
    record = "chr9\t1\t.\tA\tC\t.\t.\t.\tGT\t0/0\t1/1\n"
    config["reference"]["vcf"] = write_vcf(tmp_path / "w.vcf", records=record)
    with pytest.raises(InputError, match="no contig in common"):
        preflight.check_inputs(config)


def test_a_chr_prefix_is_left_to_the_genome_step_for_the_vcf_but_not_for_a_bed(config, tmp_path):
    config["reference"]["vcf"] = write_vcf(tmp_path / "w.vcf", ["1"])
    preflight.check_inputs(config)
    (tmp_path / "b.bed").write_text("1\t0\t5\n")
    config["reference"]["blacklist"] = str(tmp_path / "b.bed")
    with pytest.raises(InputError, match="prefix 'chr'"):
        preflight.check_inputs(config)


@pytest.mark.parametrize(
    ("section", "key", "name", "content", "words"),
    [
        ("reference", "fasta", "absent.fa", None, ["reference.fasta", "no such file"]),
        ("reference", "vcf", "absent.vcf", None, ["reference.vcf", "no such file"]),
        ("reference", "fasta", "x.fa", "ACGT\n", ["no FASTA record"]),
        ("reference", "fasta", "x.fa", ">a\nAC\n>a\nAC\n", ["'a' appears twice"]),
        ("reference", "vcf", "x.vcf", "hello\n", ["#CHROM"]),
        ("reference", "blacklist", "x.bed", "chr1\t5\t3\n", ["line 1", "end 3"]),
        ("reference", "blacklist", "x.bed", "chr1\t0\t3\nchr1 0 3\n", ["line 2", "not a BED line"]),
        ("peaks", "regions", "x.bed", "scaffold_1\t0\t3\n", ["no contig in common", "assembly"]),
    ],
)
def test_bad_files_are_told_in_one_line(config, tmp_path, section, key, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    config[section][key] = str(path)
    with pytest.raises(InputError) as error:
        preflight.check_inputs(config)
    for word in [name, *words]:
        assert word in str(error.value)


def test_an_unknown_vcf_sample_names_those_there_are(config):
    config["cross"]["haplotypes"][1]["vcf_sample"] = "S3"
    with pytest.raises(InputError, match=r"no sample 'S3'.*S1, S2"):
        preflight.check_inputs(config)


def test_a_truncated_compressed_file(config, tmp_path):
    whole = gzip.compress(b">chr1\n" + b"ACGT" * 100000)
    (tmp_path / "cut.fa.gz").write_bytes(whole[: len(whole) // 2])
    config["reference"]["fasta"] = str(tmp_path / "cut.fa.gz")
    with pytest.raises(InputError, match="cut short"):
        preflight.check_inputs(config)
