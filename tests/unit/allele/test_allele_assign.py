import json
import re
import struct
from dataclasses import replace

import pysam
import pytest
from allele_records import LENGTHS, UNALIGNED, Read, block_map, pair, run, write_bam

from deepallele.allele.assign import Inputs, Outputs, assign_alleles
from deepallele.allele.outcome import Settings, Umi
from deepallele.errors import InputError

WORSE = {"md": "5C14"}


def every_class():
    """Templates on A and on B of which each has another fate."""
    cases = {
        "informative_A": (pair(100), pair(100, **WORSE)),
        "duplicate_A": (pair(100), pair(100, **WORSE)),
        "informative_B": (pair(100, **WORSE), pair(100)),
        "ambiguous": (pair(100), pair(100)),
        "duplicate_ambiguous": (pair(100), pair(100)),
        "unaligned": ([UNALIGNED, UNALIGNED], [UNALIGNED, UNALIGNED]),
        "one_mate": ([Read(pos=5), UNALIGNED], [UNALIGNED, UNALIGNED]),
        "discordant": (pair(100, 1500), pair(100, 1500)),
        "different_place": (pair(300), pair(900)),
        "unlifted": ([UNALIGNED, UNALIGNED], [Read(pos=2800), Read(pos=3000, reverse=True)]),
        "low_mapq": (pair(400, mapq=1), pair(400, mapq=1)),
        "excluded": (pair(100, contig="2"), pair(100, contig="2")),
        "blacklisted": (pair(4000), pair(4025)),
        "indel": (
            [Read(pos=1990, cigar="10M5D10M", md="10^AAAAA10"), Read(pos=2180, reverse=True)],
            [Read(pos=1990), Read(pos=2175, reverse=True)],
        ),
    }
    return list(cases), [a for a, _ in cases.values()], [b for _, b in cases.values()]


def run_every_class(folder, **options):
    names, a, b = every_class()
    return run(folder, a, b, names=names, blacklist="1\t4100\t4110\n", exclude=["2", "chrM"], **options)


def test_each_class_is_counted_once(tmp_path):
    stats, records = run_every_class(tmp_path / "x")
    expected = {
        "pairs_in": 14,
        "informative_A": 1,
        "informative_B": 2,
        "ambiguous": 1,
        "duplicates": 2,
        **dict.fromkeys(["unaligned", "one_mate", "discordant", "different_place", "unlifted"], 1),
        **dict.fromkeys(["low_mapq", "excluded_contig", "blacklisted"], 1),
    }
    assert {name: stats[name] for name in expected} == expected
    classes = ("informative_A", "informative_B", "ambiguous", "hemizygous")
    assert stats["duplicates_by_class"] == dict(zip(classes, (1, 0, 1, 0), strict=True))
    assert stats["bias"] == pytest.approx(1 / 3, abs=1e-6) and stats["informative_share"] == 0.75
    assert stats["contigs"] == {"1": dict(zip(classes, (1, 2, 1, 0), strict=True)) | {"bias": stats["bias"]}}
    assert json.loads((tmp_path / "x" / "s.json").read_text()) == stats
    assert len(records) == 8


def test_records_on_the_reference(tmp_path):
    _, records = run_every_class(tmp_path / "x")
    indel = [segment for segment in records if segment.query_name == "indel"]
    assert [segment.cigarstring for segment in indel] == ["10M5D10M", "20M"]
    assert [segment.reference_start for segment in indel] == [1990, 2180]
    assert [segment.template_length for segment in indel] == [210, -210]
    assert [segment.flag for segment in indel] == [99, 147]
    for segment in records:
        assert segment.is_proper_pair and segment.next_reference_id == segment.reference_id
        assert segment.get_tag("RG") == "lane1" and segment.get_tag("CB") == "ACGT-1"
        assert {tag for tag, _ in segment.get_tags()} <= {"RG", "CB", "HP", "XH"}
        haplotype = dict(segment.get_tags()).get("HP")
        posterior = segment.get_tag("XH")
        assert haplotype == (1 if posterior >= 0.95 else 2 if posterior <= 0.05 else None)


def test_mapq_is_the_better_of_both_haplotypes(tmp_path):
    a, b = [pair(100, mapq=7)[0], pair(100, mapq=30)[1]], pair(100, mapq=20)
    _, records = run(tmp_path / "x", [a], [b])
    assert [segment.mapping_quality for segment in records] == [20, 30]


def test_files_are_sorted_indexed_and_split_by_haplotype(tmp_path):
    _, records = run_every_class(tmp_path / "x")
    for name, haplotype in (("s.bam", None), ("s.P1.bam", 1), ("s.P2.bam", 2)):
        path = str(tmp_path / "x" / name)
        pysam.quickcheck(path)
        with pysam.AlignmentFile(path) as file:
            assert file.header["HD"]["SO"] == "coordinate"
            assert dict(zip(file.references, file.lengths, strict=True)) == LENGTHS["A"]
            found = [str(segment) for segment in file.fetch("1")]
        if haplotype is None:
            assert found == [str(segment) for segment in records]
            continue
        chosen = [segment for segment in records if dict(segment.get_tags()).get("HP") == haplotype]
        assert found == [str(segment) for segment in chosen]
    assert sorted(path.name for path in (tmp_path / "x").glob("s.*")) == sorted(
        ["s.json", *(f"s.{part}bam{end}" for part in ("", "P1.", "P2.") for end in ("", ".bai"))]
    )
    assert not [path for path in (tmp_path / "x").iterdir() if path.name.startswith(".")]


def uncompressed(path, swapped=False):
    """Bytes of a BAM as they are before compression; HP and XH as they would be for swapped haplotypes."""
    with pysam.BGZFile(str(path), "rb", None) as file:
        data = file.read(10**7)
    if not swapped:
        return data
    data = re.sub(rb"HPC([\1\2])", lambda found: b"HPC" + bytes([3 - found[1][0]]), data)

    def mirrored(found):
        return b"XHf" + struct.pack("<f", 1 - struct.unpack("<f", found[1])[0])

    return re.sub(rb"XHf(.{4})", mirrored, data, flags=re.S)


def mirrored(numbers):
    """The numbers as they would be for swapped haplotypes."""
    if not isinstance(numbers, dict):
        return numbers
    result = {}
    for name, value in numbers.items():
        other = {"A": "B", "B": "A", "a": "b", "b": "a"}.get(name[-1], "")
        name = name[:-1] + other if name[-2:-1] == "_" and other else name
        result[name] = round(1 - value, 6) if name == "bias" and value is not None else mirrored(value)
    return result


def test_swapping_the_parents_mirrors_every_byte(tmp_path):
    options = {"split": True, "hemizygous": ["2"]}
    names, a, b = every_class()
    a += [pair(100 + place) for place in range(40)] + [pair(300, contig="2")]
    b += [pair(100 + place) for place in range(40)] + [pair(300, contig="2", **WORSE)]
    names += [f"more{number}" for number in range(41)]
    numbers = [
        run(tmp_path / name, a, b, names=names, blacklist="1\t4100\t4110\n", swap=swap, **options)[0]
        for name, swap in (("x", False), ("y", True))
    ]
    assert numbers[0]["hemizygous"] == 2 and numbers[0]["placed_differently"] == 1
    assert numbers[0]["unaligned_on_A"] != numbers[0]["unaligned_on_B"]
    assert mirrored(numbers[1]) == numbers[0] != numbers[1]
    for name in ("s.bam", "s.P1.bam", "s.P2.bam", "s.P1.split.bam", "s.P2.split.bam"):
        expected = uncompressed(tmp_path / "x" / name)
        assert uncompressed(tmp_path / "y" / name, swapped=True) == expected
        assert uncompressed(tmp_path / "y" / name) != expected


def test_kept_duplicates(tmp_path):
    stats, records = run_every_class(tmp_path / "x", settings=Settings(remove_duplicates=False))
    assert (stats["duplicates"], stats["informative_A"], stats["ambiguous"]) == (0, 2, 2)
    assert len(records) == 12


def test_kept_duplicate_depends_on_the_name_only(tmp_path):
    names = ["first", "second"]
    good, poor = pair(100, quality=40), pair(100, quality=20)
    kept = set()
    for number, (templates, order) in enumerate(
        [([good, poor], names), ([poor, good], names), ([good, poor], names[::-1])]
    ):
        _, records = run(tmp_path / str(number), templates, templates, names=order)
        kept.add(records[0].query_name)
        assert len(records) == 2
    assert len(kept) == 1


def test_duplicates_of_single_reads_need_the_same_strand_and_five_prime_end(tmp_path):
    reads = [
        [Read(pos=100)],
        [Read(pos=102, cigar="2S18M", md="18")],
        [Read(pos=100, reverse=True)],
        [Read(pos=110, cigar="10M", md="10", sequence="ACGTACGTAC", reverse=True)],
        [Read(pos=101)],
        [Read(pos=80, reverse=True)],
    ]
    stats, records = run(tmp_path / "x", reads, reads)
    assert (stats["paired"], stats["duplicates"], stats["ambiguous"]) == (False, 2, 4)
    assert {segment.flag for segment in records} == {0, 16}
    assert all(segment.next_reference_id == -1 and segment.template_length == 0 for segment in records)


def test_pairs_with_one_equal_end_are_no_duplicates(tmp_path):
    templates = [pair(100, 200), pair(100, 201), [pair(100, 200)[1], pair(100, 200)[0]]]
    stats, _ = run(tmp_path / "x", templates, templates)
    assert (stats["duplicates"], stats["ambiguous"]) == (1, 2)


def test_mates_are_told_apart_when_the_aligned_one_comes_first(tmp_path):
    folder = tmp_path / "x"
    stats, _ = run(folder, [pair(100)], [pair(100)])
    swapped = folder / "swapped.bam"
    with pysam.AlignmentFile(str(folder / "in.B.bam")) as file:
        records = list(file)
        with pysam.AlignmentFile(str(swapped), "wb", template=file) as out:
            for segment in records[::-1]:
                out.write(segment)
    swapped.replace(folder / "in.B.bam")
    again = rerun(folder)
    assert again == stats


def rerun(folder, **changes):
    """Run once more on the files of `run`."""
    bams = changes.get("bams", (folder / "in.A.bam", folder / "in.B.bam"))
    return assign_alleles(
        Inputs(bams, (block_map("A"), block_map("B")), ("P1", "P2"), folder / "ref.fa.fai"),
        Outputs(folder / "s.bam", (folder / "s.P1.bam", folder / "s.P2.bam"), folder / "s.json"),
        changes.get("settings", Settings()),
        threads=changes.get("threads", 1),
    )


def test_bytes_are_the_same_on_every_run_and_number_of_threads(tmp_path):
    names = ["s.bam", "s.P1.bam", "s.P2.bam", "s.json", "s.bam.bai"]
    run_every_class(tmp_path / "x")
    rerun(tmp_path / "x")
    first = [(tmp_path / "x" / name).read_bytes() for name in names]
    rerun(tmp_path / "x", threads=2)
    assert [(tmp_path / "x" / name).read_bytes() for name in names] == first


def test_no_reads_at_all(tmp_path):
    stats, records = run(tmp_path / "x", [], [])
    assert (stats["pairs_in"], stats["bias"], stats["informative_share"], records) == (0, None, None, [])


def test_chunks_do_not_matter(tmp_path, monkeypatch):
    whole, records = run_every_class(tmp_path / "x")
    monkeypatch.setattr("deepallele.allele.assign.CHUNK_RECORDS", 4)
    stats, again = run_every_class(tmp_path / "y")
    assert stats == whole
    assert [segment.to_string() for segment in again] == [segment.to_string() for segment in records]


@pytest.mark.parametrize("chunk", [2, 100])
def test_reads_out_of_step_are_told_by_name(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr("deepallele.allele.assign.CHUNK_RECORDS", chunk)
    run(tmp_path, [pair(100)] * 3, [pair(100)] * 3)
    write_bam(tmp_path / "in.B.bam", "B", [pair(100)] * 3, ["read0", "other", "read2"])
    with pytest.raises(InputError, match=r"record 3: .*in.A.bam has read read1, .*in.B.bam has other"):
        rerun(tmp_path)


def test_a_shorter_bam_is_told(tmp_path):
    run(tmp_path, [pair(100)] * 3, [pair(100)] * 3)
    write_bam(tmp_path / "in.B.bam", "B", [pair(100)] * 2)
    with pytest.raises(InputError, match=r"in.B.bam: ends after 4 records"):
        rerun(tmp_path)


def test_single_and_paired_reads_in_one_bam_are_told(tmp_path):
    run(tmp_path, [pair(100)], [pair(100)])
    for haplotype in "AB":
        write_bam(tmp_path / f"in.{haplotype}.bam", haplotype, [pair(100), [Read(pos=5)], [Read(pos=5)]])
    with pytest.raises(InputError, match=r"record 3: read read1 has flag 0, which does not fit paired-end"):
        rerun(tmp_path)


def test_secondary_alignments_are_told(tmp_path):
    run(tmp_path, [[Read(pos=5)]], [[Read(pos=5)]])
    path = tmp_path / "in.A.bam"
    with pysam.AlignmentFile(str(path)) as file:
        segment = next(iter(file))
        segment.is_secondary = True
        with pysam.AlignmentFile(str(tmp_path / "new.bam"), "wb", template=file) as out:
            out.write(segment)
    with pytest.raises(InputError, match="read read0 is a secondary"):
        rerun(tmp_path, bams=(tmp_path / "new.bam", tmp_path / "in.B.bam"))


def test_a_failed_run_leaves_the_files_as_they_were(tmp_path):
    run(tmp_path, [pair(100)] * 3, [pair(100)] * 3)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_bam(tmp_path / "other.bam", "B", [pair(100)] * 2)
    with pytest.raises(InputError):
        rerun(tmp_path, bams=(tmp_path / "in.A.bam", tmp_path / "other.bam"))
    (tmp_path / "other.bam").unlink()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(min_posterior=0.5), "min_posterior is 0.5"),
        (Settings(min_posterior=1.1), "min_posterior is 1.1"),
        (Settings(min_insert=10, max_insert=5), "min_insert is 10"),
        (Settings(umi=Umi.NAME, umi_separators=""), "umi_separators is ''"),
    ],
)
def test_settings_out_of_range_are_told(tmp_path, settings, message):
    run(tmp_path, [pair(100)], [pair(100)])
    with pytest.raises(InputError, match=message):
        rerun(tmp_path, settings=settings)


def test_files_and_names_that_are_given_twice_are_told(tmp_path):
    run(tmp_path, [pair(100)], [pair(100)])
    bams = (tmp_path / "in.A.bam", tmp_path / "in.B.bam")
    maps, fai = (block_map("A"), block_map("B")), tmp_path / "ref.fa.fai"
    outputs = Outputs(tmp_path / "s.bam", (tmp_path / "s.1.bam", tmp_path / "s.2.bam"), tmp_path / "s.json")
    cases = [
        (Inputs(bams, maps, ("P", "P"), fai), outputs, "both haplotypes are named 'P'"),
        (Inputs((bams[0], bams[0]), maps, ("P", "Q"), fai), outputs, "in.A.bam: given for both haplotypes"),
        (
            Inputs(bams, maps, ("P", "Q"), fai),
            replace(outputs, haplotype_bams=(tmp_path / "s.1.bam", tmp_path / "s.bam")),
            "s.bam: given for two files",
        ),
        (
            Inputs(bams, maps, ("P", "Q"), fai),
            replace(outputs, split_bams=(bams[1], tmp_path / "s.3.bam")),
            "in.B.bam: given for two files",
        ),
    ]
    for inputs, places, message in cases:
        with pytest.raises(InputError, match=message):
            assign_alleles(inputs, places, Settings())


def test_chains_of_the_other_haplotype_are_told(tmp_path):
    run(tmp_path, [pair(100)], [pair(100)])
    outputs = Outputs(tmp_path / "s.bam", (tmp_path / "s.1.bam", tmp_path / "s.2.bam"), tmp_path / "s.json")
    inputs = Inputs(
        (tmp_path / "in.A.bam", tmp_path / "in.B.bam"),
        (block_map("B"), block_map("A")),
        ("P", "Q"),
        tmp_path / "ref.fa.fai",
    )
    with pytest.raises(InputError, match=r"in.A.bam: contig '1' has 5025 bases in the haplotype's chain"):
        assign_alleles(inputs, outputs, Settings())
