"""Damaged, empty and unmatched FASTQ files are found before fastp silently accepts them."""

import gzip

import numpy as np
import pytest

from deepallele.errors import InputError
from deepallele.reads import fastq as fastq_module
from deepallele.reads import records
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
    parts = [fastq(f"{name}.fq.gz", reads([name, f"{name}2"])).read_bytes() for name in "ab"]
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


def record(name="r", bases="ACGT", third="+", qualities="IIII", end="\n"):
    return end.join([f"@{name}", bases, third, qualities, ""])


@pytest.mark.parametrize("chunk", [64, 1 << 20])
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (record(qualities="III"), "bases and qualities differ in number"),
        (record(bases="ACGTA"), "bases and qualities differ in number"),
        (record(third="ACGT"), "third line does not start with '+'"),
        (record().replace("@", "r"), "first line does not start with '@'"),
        (record(qualities="II I"), "a quality is no printable character"),
        (record(qualities="II\x7fI"), "a quality is no printable character"),
        (record(end="\r\n"), "Windows line ends"),
        (record(name=""), "it has no name"),
        (record(name=" x"), "it has no name"),
    ],
)
def test_a_malformed_read_is_named_by_its_number(fastq, monkeypatch, chunk, bad, words):
    monkeypatch.setattr(records, "_CHUNK", chunk)
    good = reads([f"a{i}" for i in range(50)])
    with pytest.raises(InputError) as error:
        check_fastq([fastq("x.fq", good + bad + reads([f"b{i}" for i in range(50)]))])
    assert "x.fq, read 51: " in str(error.value) and words in str(error.value)


def test_empty_reads_and_blank_lines_at_the_end_are_let_pass(fastq):
    assert check_fastq([fastq("x.fq", reads(["a"]) + record("b", "", "+", "") + reads(["c"]) + "\n\n")]) == 3


@pytest.mark.parametrize(
    ("qualities", "told"),
    [
        ("hhhB", True),
        (";Shh", True),
        ("hIII", True),
        ("IIII", False),
        ("KKKK", False),
        ("#hhh", False),
        ("~~~~", False),
    ],
)
def test_phred64_is_told_from_phred33(fastq, qualities, told):
    path = fastq("x.fq", reads(["a"]).replace("!!!!", "IIII") + record("b", qualities=qualities))
    if told:
        with pytest.raises(InputError, match=r"are Phred\+64, not Phred\+33.*seqtk seq -Q64 -V"):
            check_fastq([path])
    else:
        assert check_fastq([path]) == 2


def test_mates_out_of_step_are_found_behind_any_read(fastq, monkeypatch):
    monkeypatch.setattr(records, "_CHUNK", 1000)
    names = [f"read{i}" for i in range(5000)]
    first = fastq("1.fq", reads(names, "/1"))
    longer = reads(names).replace("ACGT", "ACGTACGT").replace("!!!!", "!!!!!!!!")
    assert check_fastq([first, fastq("2.fq", longer)]) == 5000
    del names[4321]
    with pytest.raises(InputError, match=r"2.fq, read 4322: named 'read4322/2', its mate .*'read4321/1'"):
        check_fastq([first, fastq("2.fq", reads(names, "/2"))])


def test_mate_numbers_of_another_form_are_told(fastq):
    first, second = fastq("1.fq", reads(["r.1.1"])), fastq("2.fq", reads(["r.1.2"]))
    with pytest.raises(InputError, match="remove the mate's number"):
        check_fastq([first, second])


def test_both_mates_in_one_file_are_told(fastq):
    both = "".join(reads([f"r{i}"], mate) for i in range(30) for mate in ("/1", "/2"))
    with pytest.raises(InputError, match=r"read 2: 'r0/2' is also the name of the read before.*both mates"):
        check_fastq([fastq("x.fq", both)])


def test_neighbours_of_one_name_are_found_across_pieces(fastq, monkeypatch):
    monkeypatch.setattr(records, "_CHUNK", 1)
    with pytest.raises(InputError, match="read 4: 'c' is also the name of the read before"):
        check_fastq([fastq("x.fq", reads(["a", "b", "c", "c"]))])


def test_a_repeated_part_is_found_in_little_memory(fastq, monkeypatch):
    monkeypatch.setattr(fastq_module, "_MOST_NAMES", 100)
    monkeypatch.setattr(records, "_CHUNK", 5000)
    names = [f"r{i}" for i in range(3000)]
    assert check_fastq([fastq("good.fq", reads(names))]) == 3000
    with pytest.raises(
        InputError, match=r"'r\d+' is also the name of read \d+; is part of the file there twice"
    ):
        check_fastq([fastq("x.fq", reads(names + names))])
    with pytest.raises(InputError, match=r"read 6: 'b' is also the name of read 2;"):
        check_fastq([fastq("y.fq", reads(list("abcdeb")))])


def test_different_names_have_different_hashes():
    names = [f"{a}:{b}" for a in ("x", "M00001:99:000000000-ABCDE:1:1101", "é") for b in range(30000)]
    text = "".join(f"@{name}\n\n+\n\n" for name in names).encode()
    data = np.frombuffer(text, dtype=np.uint8)
    length = np.array([len(name.encode()) for name in names])
    start = np.cumsum(length + 6) - length - 5
    hashes = records._hash(data, start, length)
    assert len(np.unique(hashes)) == len(names)
    # The names kept of a large file are those below a limit: hashes must be spread evenly.
    assert np.abs(np.histogram(hashes.astype(float), 16, (0, 2.0**64))[0] / (len(names) / 16) - 1).max() < 0.1
    alone = [records._hash(data, start[i : i + 1], length[i : i + 1])[0] for i in (0, 30000, 60000)]
    assert alone == hashes[[0, 30000, 60000]].tolist()
