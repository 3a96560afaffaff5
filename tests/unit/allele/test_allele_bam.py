import gzip
import io

import numpy as np
import pysam
import pytest
from allele_records import Read, pair, write_bam

from deepallele.allele.bam import Records, RecordStream, open_bam
from deepallele.allele.layout import field_size, gather
from deepallele.allele.likelihood import explain
from deepallele.errors import InputError


@pytest.fixture
def bam(tmp_path):
    return write_bam(tmp_path / "x.bam", "A", [pair(10 * i) for i in range(50)])


def test_fields_are_those_that_pysam_reads(bam):
    records = open_bam(bam).take(1000)
    with pysam.AlignmentFile(str(bam)) as file:
        expected = list(file)
    assert len(records) == len(expected) == 100
    for index, segment in enumerate(expected):
        fixed = records.fixed[index]
        assert records.name(index) == segment.query_name
        assert (fixed["pos"], fixed["flag"], fixed["mapq"]) == (
            segment.reference_start,
            segment.flag,
            segment.mapping_quality,
        )
        begin = records.quality_start[index]
        assert records.data[begin : begin + 20].tolist() == list(segment.query_qualities)


def test_chunks_of_any_size_give_the_same_records(bam):
    whole = open_bam(bam).take(1000).data.tobytes()
    stream = open_bam(bam)
    parts = []
    while len(records := stream.take(7)):
        assert len(records) == 7 or len(parts) == 14
        parts.append(records.data.tobytes())
    assert b"".join(parts) == whole
    assert len(stream.take(7)) == 0


def test_small_reads_from_the_source_give_the_same_records(bam):
    with gzip.open(bam) as file:
        stream = RecordStream(lambda size: file.read(min(size, 11)), "x")
        assert stream.take(1000).data.tobytes() == open_bam(bam).take(1000).data.tobytes()


def test_header_survives_encoding(bam):
    header = open_bam(bam).header
    data = header.encode()
    again = RecordStream(io.BytesIO(data).read, "x").header
    assert (again.text, again.contigs, again.lengths.tolist()) == (header.text, ["1", "2"], [5000, 1000])


def test_truncated_file_is_told(bam, tmp_path):
    cut = tmp_path / "cut.bam"
    cut.write_bytes(bam.read_bytes()[:-28])
    with pytest.raises(InputError, match=r"cut\.bam: no end-of-file block"):
        open_bam(cut)


def test_empty_file_is_told(tmp_path):
    (tmp_path / "empty.bam").write_bytes(b"")
    with pytest.raises(InputError, match=r"empty\.bam: no end-of-file block"):
        open_bam(tmp_path / "empty.bam")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_damaged_block_is_told(bam):
    data = bytearray(bam.read_bytes())
    data[len(data) // 2] ^= 0xFF
    bam.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.bam: "):
        open_bam(bam).take(1000)


def test_record_cut_off_is_told(bam):
    with gzip.open(bam) as file:
        data = file.read()[:-5]
    stream = RecordStream(io.BytesIO(data).read, "x")
    with pytest.raises(InputError, match="the last record is cut off"):
        stream.take(1000)


def test_no_bam_is_told(tmp_path):
    path = tmp_path / "text.bam"
    with pysam.BGZFile(str(path), "wb") as file:
        file.write(b"@HD\tVN:1.6\n")
    with pytest.raises(InputError, match="not a BAM file"):
        open_bam(path)


def test_name_words_hold_the_whole_name(tmp_path):
    names = ["a", "abcdefg", "abcdefgh", "x" * 30]
    path = write_bam(tmp_path / "n.bam", "A", [[Read()]] * 4, names)
    words = open_bam(path).take(10).name_words(4)
    assert [row.tobytes().rstrip(b"\0").decode() for row in words] == names


def test_gather_concatenates_slices():
    data = np.arange(100, dtype=np.uint8)
    start, length = np.array([5, 90, 0, 7]), np.array([3, 10, 0, 1])
    expected = [5, 6, 7, *range(90, 100), 7]
    assert gather(data, start, length).tolist() == expected


def test_tags_of_every_type_are_walked(tmp_path):
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "1", "LN": 100}]})
    path = tmp_path / "t.bam"
    segment = pysam.AlignedSegment(header)
    segment.query_name, segment.query_sequence = "r", "ACGT"
    numbers = [("X1", -5, "c"), ("X2", 300, "S"), ("X3", 70000, "i"), ("X4", 1.5, "f"), ("X5", "c", "A")]
    arrays = [("X6", [1, 2, 70000]), ("X7", "text", "Z")]
    segment.set_tags([("AS", 0, "i"), *numbers, ("MD", "4", "Z"), *arrays])
    bare = pysam.AlignedSegment(header)
    bare.query_name, bare.query_sequence = "bare", "ACGT"
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        file.write(bare)
        file.write(segment)
    records = open_bam(path).take(10)
    names, at = [], int(records.tag_start[1])
    while at < records.end[1]:
        names.append(records.data[at : at + 2].tobytes().decode())
        at += field_size(records.data, at, int(records.end[1]))
    assert names == ["AS", "X1", "X2", "X3", "X4", "X5", "MD", "X6", "X7"]
    assert at == records.end[1]
    assert records.tag_start[0] == records.end[0]


def test_unknown_tag_type_is_told(bam):
    records = open_bam(bam).take(10)
    data = records.data.copy()
    data[records.tag_start[3] + 2] = ord("?")
    with pytest.raises(InputError, match="read read1: an optional field of a type that BAM does not know"):
        explain(Records(data, records.start))
