"""Fragments per region: who counts, and refusals."""

from itertools import chain
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import Regions
from deepallele.counts.walk import find_fragments, start_walk
from deepallele.errors import InputError

STARTS, ENDS = [10, 50, 200], [50, 100, 220]


def regions(chrom: str = "c", starts: list[int] = STARTS, ends: list[int] = ENDS) -> Regions:
    names = [f"r{index}" for index in range(len(starts))]
    return Regions(names, [chrom] * len(starts), np.array(starts), np.array(ends))


Read = tuple[str, int, str, int, int | None]


def pair(name: str, first: int, second: int, haplotype: int | None, length: int = 10) -> list[Read]:
    return [(name, first, f"{length}M", 0x41, haplotype), (name, second, f"{length}M", 0x91, haplotype)]


def filtered(read: Read) -> Read:
    name, start, cigar, flag, haplotype = read
    return name, start, cigar, flag | 0x400, haplotype


def write_bam(path: Path, reads: list[Read], order: bool = True) -> Path:
    """Write reads; paired ones must follow their mate in the list."""
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": "c", "LN": 1000}]})
    records = []
    for index, (name, start, cigar, flag, haplotype) in enumerate(reads):
        read = pysam.AlignedSegment(header)
        read.query_name, read.reference_id, read.reference_start = name, 0, start
        read.cigarstring, read.flag, read.mapping_quality = cigar, flag, 30
        read.query_sequence = "A" * read.infer_query_length()
        read.set_tags([("AS", -3), ("MD", "10")])
        if haplotype is not None:
            read.set_tag("HP", haplotype)
        if flag & 0x1:
            mate = reads[index + 1 if flag & 0x40 else index - 1][1]
            read.next_reference_id, read.next_reference_start = 0, mate
            read.template_length = abs(start - mate) + 10 if flag & 0x40 else -abs(start - mate) - 10
        records.append(read)
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in sorted(records, key=lambda read: read.reference_start) if order else records:
            file.write(read)
    return path


def test_borders_mates_and_classes(tmp_path: Path) -> None:
    bam = write_bam(
        tmp_path / "x.bam",
        [
            ("ends before", 0, "10M", 0, 1),
            ("one base in", 0, "11M", 0, 1),
            ("both regions", 49, "2M", 0, 2),
            ("starts after", 100, "5M", 0, 2),
            *pair("pair", 12, 30, 2),
            *pair("gap spans", 60, 300, None),
            ("deletion spans", 195, "5M20D5M", 0, 1),
            ("duplicate", 20, "10M", 0x400, 1),
            ("secondary", 20, "10M", 0x100, 1),
        ],
    )
    assert count_fragments(bam, regions()).tolist() == [[1, 2, 0], [0, 1, 1], [0, 0, 0]]


def test_mates_in_one_region_are_one_fragment_and_in_two_regions_count_in_both(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "x.bam", [*pair("same place", 20, 20, 1), *pair("two", 45, 95, 1)])
    assert count_fragments(bam, regions()).tolist() == [[2, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_a_mate_alone_counts_and_the_other_one_may_be_filtered(tmp_path: Path) -> None:
    first, last = pair("torn", 20, 30, 2)
    for reads in ([first, filtered(last)], [filtered(first), last]):
        assert count_fragments(write_bam(tmp_path / "x.bam", reads), regions())[0].tolist() == [0, 1, 0]


def test_equal_names_are_one_fragment_only_if_they_are_mates(tmp_path: Path) -> None:
    lanes = [*pair("x", 12, 30, 1), *pair("x", 12, 31, 1), *pair("x", 12, 30, 1), ("x", 12, "10M", 0, 1)]
    bam = write_bam(tmp_path / "x.bam", lanes)
    assert count_fragments(bam, regions())[0].tolist() == [4, 0, 0]


def test_torn_fragments_of_one_name_do_not_stand_in_for_each_other(tmp_path: Path) -> None:
    (first, last), (other_first, other_last) = pair("x", 12, 30, 1), pair("x", 13, 31, 1)
    reads = [first, filtered(last), filtered(other_first), other_last]
    assert count_fragments(write_bam(tmp_path / "x.bam", reads), regions())[0].tolist() == [2, 0, 0]
    reads = [first, last, filtered(first), last]
    assert count_fragments(write_bam(tmp_path / "y.bam", reads), regions())[0].tolist() == [2, 0, 0]


def test_chunks_and_threads_do_not_change_the_counts(tmp_path: Path) -> None:
    reads = [pair(f"r{i}", 7 * i % 230, 11 * i % 230, (1, 2, None)[i % 3]) for i in range(120)]
    bam = write_bam(tmp_path / "x.bam", list(chain(*reads)))
    whole = count_fragments(bam, regions())
    assert whole.sum() > 50
    assert count_fragments(bam, regions(), chunk=3).tolist() == whole.tolist()
    assert count_fragments(bam, regions(), threads=2, chunk=7).tolist() == whole.tolist()


def test_waiting_mates_are_dropped_behind_their_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far more mates wait than the table has slots; those of regions behind make room."""

    def small() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        at, _, _ = start_walk()
        return at, np.zeros(4, dtype=np.uint64), np.full(4, -1)

    def watched(*arguments: np.ndarray) -> tuple:
        result = find_fragments(*arguments)
        slots.append(len(result[0]))
        return result

    slots: list[int] = []
    monkeypatch.setattr("deepallele.counts.fragments.start_walk", small)
    monkeypatch.setattr("deepallele.counts.fragments.find_fragments", watched)
    pairs = [pair(f"r{i}", i // 12, i // 12 + 9, 1 + i % 2) for i in range(11_000)]
    bam = write_bam(tmp_path / "x.bam", list(chain(*((first, filtered(last)) for first, last in pairs))))
    places = list(range(0, 990, 30))
    counts = count_fragments(bam, regions(starts=places, ends=[place + 30 for place in places]))
    starts = np.arange(11_000) // 12
    covered = [(starts < place + 30) & (starts + 10 > place) for place in places]
    assert max(slots) == 4096 < len(pairs) / 2
    assert counts.tolist() == [[one[0::2].sum(), one[1::2].sum(), 0] for one in covered]


def test_no_reads_give_zeros(tmp_path: Path) -> None:
    assert count_fragments(write_bam(tmp_path / "x.bam", []), regions()).tolist() == [[0, 0, 0]] * 3


@pytest.mark.parametrize("kind", ["c", "C", "s", "S", "i", "I"])
def test_haplotypes_of_every_width(tmp_path: Path, kind: str) -> None:
    bam = write_bam(tmp_path / "x.bam", [("a", 20, "5M", 0, None)])
    with pysam.AlignmentFile(str(bam)) as source:
        read = next(source)
        read.set_tag("HP", 2, value_type=kind)
        with pysam.AlignmentFile(str(tmp_path / "y.bam"), "wb", template=source) as out:
            out.write(read)
    assert count_fragments(tmp_path / "y.bam", regions())[0].tolist() == [0, 1, 0]


def test_refusals(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "x.bam", [("a", 20, "5M", 0, 3)])
    with pytest.raises(InputError, match="read a: HP tag 3"):
        count_fragments(bam, regions())
    with pytest.raises(InputError, match="no contig 'd'"):
        count_fragments(bam, regions("d"))
    with pytest.raises(InputError, match="region r1 is unsorted or overlaps"):
        count_fragments(bam, regions(starts=[10, 40], ends=[50, 60]))
    bam = write_bam(tmp_path / "y.bam", [("a", 20, "5M", 0, 1), ("b", 19, "5M", 0, 1)], order=False)
    with pytest.raises(InputError, match="read b comes after its place"):
        count_fragments(bam, regions())
