"""Damaged, empty and unmatched FASTQ files are found before fastp silently accepts them."""

import gzip

import pytest

from deepallele.errors import InputError
from deepallele.reads.fastq import check_fastq


def reads(names, mate=""):
    return "".join(f"@{name}{mate} more\nACGT\n+\n!!!!\n" for name in names)


@pytest.fixture
def fastq(tmp_path):
    def write(name, text, cut=0):
        path = tmp_path / name
        data = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
        path.write_bytes(data[: len(data) - cut])
        return path

    return write


def test_counts_of_single_reads_and_pairs(fastq):
    names = [f"r{i}" for i in range(2500)]
    first, second = fastq("1.fq.gz", reads(names, "/1")), fastq("2.fq", reads(names, "/2"))
    assert check_fastq([first]) == 2500
    assert check_fastq([first, second]) == 2500
    assert check_fastq([fastq("bare.fq", reads(names).rstrip("\n"))]) == 2500


def test_joined_gzip_files_are_read_to_the_end(fastq, tmp_path):
    parts = [fastq(name, reads(["a", "b"])).read_bytes() for name in ("1.fq.gz", "2.fq.gz")]
    (tmp_path / "joined.fq.gz").write_bytes(b"".join(parts))
    assert check_fastq([tmp_path / "joined.fq.gz"]) == 4


@pytest.mark.parametrize("name", ["a.fq", "a.fq.gz"])
def test_an_empty_file_has_no_reads(fastq, name):
    with pytest.raises(InputError, match=rf"{name}: no reads in the file"):
        check_fastq([fastq(name, "")])


def test_a_cut_file_is_found_compressed_and_plain(fastq):
    text = reads([f"r{i}" for i in range(300)])
    with pytest.raises(InputError, match="cut short"):
        check_fastq([fastq("a.fq.gz", text, cut=20)])
    with pytest.raises(InputError, match="1199 lines are no whole number of reads"):
        check_fastq([fastq("a.fq", text, cut=6)])


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.8])
def test_damaged_bytes_are_found(fastq, place):
    path = fastq("a.fq.gz", reads([f"r{i * i}" for i in range(3000)]))
    data = bytearray(path.read_bytes())
    start = int(len(data) * place)
    data[start : start + 40] = bytes(255 - byte for byte in data[start : start + 40])
    path.write_bytes(data)
    with pytest.raises(InputError, match="cut short or damaged"):
        check_fastq([path])


def test_mates_must_match_in_number_and_name(fastq):
    first = fastq("1.fq", reads(["a", "b", "c"]))
    with pytest.raises(InputError, match=r"1.fq has 3 reads but .*2.fq has 2"):
        check_fastq([first, fastq("2.fq", reads(["a", "b"]))])
    with pytest.raises(InputError, match=r"read 2: named 'c', its mate in .*1.fq 'b'"):
        check_fastq([first, fastq("2.fq", reads(["a", "c", "b"]))])


def test_what_is_no_fastq_is_refused(fastq):
    with pytest.raises(InputError, match="starts with b'>'"):
        check_fastq([fastq("a.fa", ">c\nACGT\n")])
