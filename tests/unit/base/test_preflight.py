"""Headers of the input files, looked at before any job starts."""

import gzip

import pysam
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
        "results": str(tmp_path / "results"),
        "reference": {
            "fasta": str(tmp_path / "g.fa"),
            "vcf": [write_vcf(tmp_path / "v.vcf", ["chr1", "chr2"])],
            "blacklist": None,
            "mask": None,
            "gtf": None,
            "exclude_contigs": ["chrM"],
        },
        "assay": "atac",
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
    assert preflight.check_inputs(config) == []
    with gzip.open(tmp_path / "g.fa.gz", "wt") as file:
        file.write(">chr1\nACGT\n>chr2\nACGT\n")
    config["reference"]["fasta"] = str(tmp_path / "g.fa.gz")
    assert preflight.check_inputs(config) == []


def test_a_header_without_contigs_is_made_up_for_by_the_records(config, tmp_path):
    record = "chr9\t1\t.\tA\tC\t.\t.\t.\tGT\t0/0\t1/1\n"
    config["reference"]["vcf"] = [write_vcf(tmp_path / "w.vcf", records=record)]
    with pytest.raises(InputError, match="no contig in common"):
        preflight.check_inputs(config)


def test_a_chr_prefix_is_left_to_the_genome_step_for_the_vcf_but_not_for_a_bed(config, tmp_path):
    config["reference"]["vcf"] = [write_vcf(tmp_path / "w.vcf", ["1", "2"])]
    assert preflight.check_inputs(config) == []
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
        ("reference", "blacklist", "x.bed", f"chr1\t0\t{'9' * 19}\n", ["line 1", "not a BED line"]),
        ("reference", "mask", "absent.bed", None, ["reference.mask", "no such file"]),
        ("reference", "mask", "x.bed", "chr1\t0\t3\nchr1\t3\t3\n", ["line 2", "end 3"]),
        ("reference", "mask", "x.bed", "1\t0\t3\n", ["no contig in common", "prefix 'chr'"]),
        ("peaks", "regions", "x.bed", "scaffold_1\t0\t3\n", ["no contig in common", "assembly"]),
    ],
)
def test_bad_files_are_told_in_one_line(config, tmp_path, section, key, name, content, words):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    config[section][key] = [str(path)] if key == "vcf" else str(path)
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


def test_damaged_compressed_files_are_told_whatever_their_name(config, tmp_path):
    whole = bytearray(gzip.compress(b"chr1\t0\t5\n" * 5000))
    whole[40:60] = bytes(20)
    path = tmp_path / "named_plain.bed"
    path.write_bytes(whole)
    config["reference"]["blacklist"] = str(path)
    with pytest.raises(InputError, match=r"named_plain.bed: the compressed file is cut short or damaged"):
        preflight.check_inputs(config)
    path.write_bytes(gzip.compress(b"chr1\t0\t5\r\n"))
    assert preflight.check_inputs(config) == []


def test_a_bed_cut_between_two_blocks_is_told(config, tmp_path):
    (tmp_path / "whole.bed").write_text("chr1\t0\t5\n")
    path = tmp_path / "mask.bed.gz"
    pysam.tabix_compress(str(tmp_path / "whole.bed"), str(path))
    config["reference"]["mask"] = str(path)
    assert preflight.check_inputs(config) == []
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match=r"mask.bed.gz: the compressed file is cut short"):
        preflight.check_inputs(config)


def test_the_mask_may_not_be_the_one_that_the_run_writes(config, tmp_path, monkeypatch):
    folder = tmp_path / "results" / "allele"
    folder.mkdir(parents=True)
    (folder / "mask.bed").write_text("chr1\t0\t3\n")
    monkeypatch.chdir(tmp_path)
    config |= {"results": "results"}
    config["reference"]["mask"] = "results/../results/allele/mask.bed"
    with pytest.raises(InputError, match=r"'reference.mask': this run writes .*mask.bed' itself; copy it"):
        preflight.check_inputs(config)
    (folder / "mask.bed").rename(tmp_path / "mask.bed")
    config["reference"]["mask"] = "mask.bed"
    assert preflight.check_inputs(config) == []


def test_every_vcf_is_looked_at(config, tmp_path):
    second = tmp_path / "w.vcf"
    config["reference"]["vcf"].append(str(second))
    with pytest.raises(InputError, match=r"'reference.vcf': no such file .*w.vcf"):
        preflight.check_inputs(config)
    write_vcf(second, ["scaffold_1"])
    with pytest.raises(InputError, match=r"w.vcf: no contig in common"):
        preflight.check_inputs(config)
    write_vcf(second, ["chr1"])
    second.write_text(second.read_text().replace("S2", "S3"))
    with pytest.raises(InputError, match=r"w.vcf: none of the samples"):
        preflight.check_inputs(config)
    config["cross"]["haplotypes"][0] |= {"source": "vcf", "vcf_sample": "S3"}
    notes = preflight.check_inputs(config)
    assert [note.split("/")[-1] for note in notes] == [
        "v.vcf: no sample 'S3': haplotype 'A' has the other files' variants only",
        "w.vcf: no sample 'S2': haplotype 'B' has the other files' variants only",
    ]
    second.write_bytes(gzip.compress(second.read_bytes()))
    with pytest.raises(InputError, match=r"w.vcf: compressed with gzip; compress it with bgzip: `gunzip"):
        preflight.check_inputs(config)


def test_contigs_that_only_one_file_has_are_told_unless_they_are_minor(config, tmp_path):
    minor = ["chrM", "chr1_random", "GL456233.1", "chrUn_GL456372", "JH584304.1", "HLA-A*01:01"]
    config["reference"]["vcf"] = [write_vcf(tmp_path / "w.vcf", ["chr1", "chr2", *minor])]
    (tmp_path / "b.bed").write_text("chr1\t0\t5\nchrUn_1\t0\t5\n")
    config["reference"]["blacklist"] = str(tmp_path / "b.bed")
    assert preflight.check_inputs(config) == []
    config["reference"]["vcf"] = [write_vcf(tmp_path / "w.vcf", ["1", "chr3", "chr4", *minor])]
    (tmp_path / "b.bed").write_text("chr1\t0\t5\nchr7\t0\t5\nchr7\t9\t12\n")
    vcf_lacks, fasta_lacks, bed = preflight.check_inputs(config)
    assert vcf_lacks.endswith("g.fa (chr3, chr4)") and "8 of its 9 contigs" in vcf_lacks
    assert fasta_lacks.endswith("w.vcf (chr2)") and "1 of its 2 contigs" in fasta_lacks
    assert "2 of its 3 intervals" in bed and bed.endswith("(chr7); they are left out")


def test_a_gtf_is_looked_at(config, tmp_path):
    path = tmp_path / "genes.gtf.gz"
    config["reference"]["gtf"] = str(path)
    with pytest.raises(InputError, match=r"'reference.gtf': no such file"):
        preflight.check_inputs(config)
    line = '{}\tx\texon\t1\t9\t.\t+\t.\tgene_id "a";\n'
    path.write_bytes(gzip.compress(("#!x\n" + line.format("chr9") + line.format("chr1")).encode()))
    assert preflight.check_inputs(config) == []
    path.write_bytes(gzip.compress(line.format("1").encode()))
    with pytest.raises(InputError, match=r"genes.gtf.gz: no contig in common .* prefix 'chr'"):
        preflight.check_inputs(config)
    path.write_text("chr1 exon\n")
    with pytest.raises(InputError, match="line 1: not a GTF line"):
        preflight.check_inputs(config)
    path.write_text("#!x\n")
    with pytest.raises(InputError, match="no features"):
        preflight.check_inputs(config)


def test_own_regions_may_be_a_saf_and_need_names_of_their_own(config, tmp_path):
    header = "GeneID\tChr\tStart\tEnd\tStrand\n"
    path = tmp_path / "own.saf"
    config["peaks"]["regions"] = str(path)
    path.write_text(header + "a\tchr1\t1\t2\t+\nb\tchr7\t1\t2\t+\n")
    (note,) = preflight.check_inputs(config)
    assert "1 of its 2 intervals" in note and "(chr7)" in note
    for text, words in (
        ("a\tchr1\t1\t2\t+\n", "line 1: .* not the header of a SAF"),
        (header + "a\tchr1\t3\t2\t+\n", "line 2: End 2 is before Start 3"),
        (header + "a\tchr1\t1\t2\t+\na\tchr2\t1\t2\t+\n", "region name 'a' appears twice"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=words):
            preflight.check_inputs(config)
    bed = tmp_path / "own.bed"
    config["peaks"]["regions"] = str(bed)
    bed.write_text("chr1\t0\t2\ta\nchr2\t0\t2\ta\n")
    with pytest.raises(InputError, match="region name 'a' appears twice"):
        preflight.check_inputs(config)
    bed.write_text("chr1\t3\t2\n")
    with pytest.raises(InputError, match="line 1: end 2 is not greater than start 3"):
        preflight.check_inputs(config)
