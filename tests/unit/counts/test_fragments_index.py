"""Fragments per region by contig, through an index: the same counts, and what is refused."""

import os
from pathlib import Path

import numpy as np
import pysam
import pytest

from deepallele.allele.bam import open_bam
from deepallele.allele.bgzf import END_OF_FILE
from deepallele.counts.fragments import count_fragments
from deepallele.counts.regions import Regions
from deepallele.counts.walk import find_fragments
from deepallele.errors import InputError
from deepallele.peaks.contigs import chunks_of_contigs

CONTIGS = {"big": 90_000, "no reads": 5_000, "no regions": 20_000, "small": 20_000, "one read": 5_000}
PAIRS = {"big": 1_500, "no regions": 300, "small": 200}
WITH_REGIONS = ["small", "no reads", "big", "one read"]
LENGTH = 60


def regions(contigs: list[str] = WITH_REGIONS, width: int = 150) -> Regions:
    places = [
        (contig, start) for contig in contigs for start in range(0, CONTIGS[contig] - width, width + 20)
    ]
    start = np.array([start for _, start in places])
    names = [f"{contig}:{start}" for contig, start in places]
    return Regions(names, [contig for contig, _ in places], start, start + width)


def write_bam(path: Path, kind: str = "bai", **haplotypes: int) -> Path:
    """Pairs on three contigs, one read on another, reads without a place at the end; and the index."""
    rng = np.random.default_rng(3)
    names = list(CONTIGS)
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": c, "LN": n} for c, n in CONTIGS.items()]}
    )
    reads = []
    for contig, pairs in PAIRS.items():
        for number in range(pairs):
            start = int(rng.integers(0, CONTIGS[contig] - 600))
            haplotype = haplotypes.get(contig.replace(" ", "_"), (1, 2, None)[number % 3])
            places = (start, start + int(rng.integers(0, 500)))
            for this, other, flag in ((*places, 0x41), (*places[::-1], 0x91)):
                read = make_read(header, f"{contig}_{number}", rng, haplotype)
                read.reference_id = read.next_reference_id = names.index(contig)
                read.reference_start, read.next_reference_start, read.flag = this, other, flag
                read.template_length = other - this
                reads.append(read)
    alone = make_read(header, "alone", rng, 2)
    alone.reference_id, alone.reference_start = names.index("one read"), 100
    reads.append(alone)
    for number in range(50):
        read = make_read(header, f"nowhere_{number}", rng, None)
        read.flag, read.cigarstring = 0x4, None
        reads.append(read)
    # Contig -1, that of reads without a place, comes last.
    reads.sort(key=lambda read: (read.reference_id < 0, read.reference_id, read.reference_start))
    with pysam.AlignmentFile(str(path), "wb", header=header) as file:
        for read in reads:
            file.write(read)
    pysam.index("-c" if kind == "csi" else "-b", str(path))
    return path


def make_read(
    header: pysam.AlignmentHeader, name: str, rng: np.random.Generator, haplotype: int | None
) -> pysam.AlignedSegment:
    read = pysam.AlignedSegment(header)
    read.query_name, read.cigarstring = name.replace(" ", "_"), f"{LENGTH}M"
    # Incompressible, so that contigs cover several blocks.
    read.query_sequence = "".join(rng.choice(list("ACGT"), LENGTH))
    read.query_qualities = pysam.qualitystring_to_array("".join(map(chr, rng.integers(33, 74, LENGTH))))
    if haplotype:
        read.set_tag("HP", haplotype)
    return read


@pytest.fixture(scope="module", params=["bai", "csi"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    bam = write_bam(tmp_path_factory.mktemp("reads") / "x.bam", request.param)
    return bam, Path(f"{bam}.{request.param}")


@pytest.fixture(autouse=True, params=["apart", "together"])
def small_contigs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every contig is read by itself, or all of them, which are small, with their neighbours."""
    if request.param == "apart":
        monkeypatch.setattr("deepallele.peaks.contigs.TOGETHER", 0)
    return request.param


def set_bytes(path: Path, at: int, data: bytes) -> None:
    whole = bytearray(path.read_bytes())
    whole[at : at + len(data)] = data
    path.write_bytes(whole)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("chunk", [7, 500, 1 << 16])
def test_index_threads_and_chunks_do_not_change_the_counts(
    case: tuple[Path, Path], threads: int, chunk: int
) -> None:
    """Pairs of 500 bases lie across the borders of chunks of 7 reads."""
    bam, index = case
    whole = count_fragments(bam, regions())
    counts = count_fragments(bam, regions(), threads, chunk, index)
    np.testing.assert_array_equal(counts, whole)
    np.testing.assert_array_equal(count_fragments(bam, regions(), threads, chunk), whole)
    chrom = np.array(regions().chrom)
    assert (whole[chrom == "big"].sum(axis=0) > 400).all()
    assert (whole[chrom == "small"].sum(axis=0) > 50).all()
    assert whole[chrom == "one read"].sum(axis=0).tolist() == [0, 1, 0]
    assert whole[chrom == "no reads"].sum() == 0


@pytest.mark.parametrize("contigs", [["big"], ["no reads"], ["one read", "no reads"]])
def test_fewer_contigs_than_threads(case: tuple[Path, Path], contigs: list[str]) -> None:
    bam, index = case
    whole = count_fragments(bam, regions(contigs))
    for threads in (1, 2, 3):
        counts = count_fragments(bam, regions(contigs), threads, index=index)
        np.testing.assert_array_equal(counts, whole)


@pytest.mark.parametrize("together", [0, 40, 300])
def test_scaffolds_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    """Scaffolds with 0 to 30 reads, regions on half of them: none is lost, and few are read alone."""
    rng = np.random.default_rng(together)
    number = rng.integers(0, 31, 60) * (rng.random(60) < 0.7)
    names = [f"scaffold_{contig}" for contig in range(60)]
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": name, "LN": 1000} for name in names]}
    )
    bam = tmp_path / "x.bam"
    with pysam.AlignmentFile(str(bam), "wb", header=header) as file:
        for contig, reads in enumerate(number):
            for start in np.sort(rng.integers(0, 900, reads)):
                read = make_read(header, f"{contig}_{start}", rng, int(rng.integers(0, 3)))
                read.reference_id, read.reference_start, read.flag = contig, int(start), 0
                file.write(read)
    pysam.index(str(bam))
    chosen = np.flatnonzero(rng.random(60) < 0.5)
    starts = np.tile([100, 500], len(chosen))
    chrom = [names[contig] for contig in np.repeat(chosen, 2)]
    places = Regions([f"{c}:{s}" for c, s in zip(chrom, starts, strict=True)], chrom, starts, starts + 300)
    monkeypatch.setattr("deepallele.peaks.contigs.TOGETHER", together)
    read_alone = chunks_of_contigs(bam, open_bam(bam).header, f"{bam}.bai", chosen.tolist(), 1)
    apart = (number[chosen] > 0).sum()
    assert len(read_alone) == apart if together == 0 else len(read_alone) < apart
    whole = count_fragments(bam, places)
    assert whole.sum() > 200
    for threads in (1, 2):
        np.testing.assert_array_equal(count_fragments(bam, places, threads, 7, f"{bam}.bai"), whole)


@pytest.mark.parametrize("tids", [[0, 2, 3], [3, 2, 0], [2, 3, 0, 3, 2], []])
def test_order_and_repeats_of_contigs_do_not_matter(case: tuple[Path, Path], tids: list[int]) -> None:
    bam, index = case
    found = chunks_of_contigs(bam, open_bam(bam).header, index, tids, 1)
    records = sum(len(chunk) for chunks in found for chunk in chunks)
    assert records == 2 * (PAIRS["big"] + PAIRS["no regions"] + PAIRS["small"]) * bool(tids)


@pytest.mark.parametrize("unplaced", [0, 3])
@pytest.mark.parametrize("kind", ["bai", "csi"])
def test_a_bam_without_placed_reads(tmp_path: Path, kind: str, unplaced: int) -> None:
    header = pysam.AlignmentHeader.from_dict({"SQ": [{"SN": c, "LN": n} for c, n in CONTIGS.items()]})
    bam = tmp_path / "x.bam"
    with pysam.AlignmentFile(str(bam), "wb", header=header) as file:
        for number in range(unplaced):
            read = make_read(header, f"nowhere_{number}", np.random.default_rng(1), None)
            read.flag, read.cigarstring = 0x4, None
            file.write(read)
    pysam.index("-c" if kind == "csi" else "-b", str(bam))
    for threads in (1, 2):
        assert count_fragments(bam, regions(), threads, index=f"{bam}.{kind}").sum() == 0


def test_small_neighbours_must_fit_the_index_without_regions_too(tmp_path: Path) -> None:
    """The index is that of a BAM with a read less on the contig between those with regions."""
    bam, other = write_bam(tmp_path / "x.bam"), tmp_path / "other.bam"
    with (
        pysam.AlignmentFile(str(bam)) as source,
        pysam.AlignmentFile(str(other), "wb", header=source.header) as file,
    ):
        reads = list(source)
        number = max(index for index, read in enumerate(reads) if read.reference_name == "no regions")
        for index, read in enumerate(reads):
            if index != number:
                file.write(read)
    pysam.index(str(other))
    with pytest.raises(InputError, match="is not where the index says"):
        count_fragments(bam, regions(["big", "small"]), index=f"{other}.bai")


def test_contigs_without_regions_are_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def watched(*arguments: np.ndarray) -> tuple:
        seen.append(len(arguments[1]))
        return find_fragments(*arguments)

    seen: list[int] = []
    monkeypatch.setattr("deepallele.counts.fragments.find_fragments", watched)
    bam = write_bam(tmp_path / "x.bam", no_regions=3)
    counts = count_fragments(bam, regions(), 2, 50, f"{bam}.bai")
    assert sum(seen) == 2 * PAIRS["big"] + 2 * PAIRS["small"] + 1
    np.testing.assert_array_equal(counts, count_fragments(bam, regions()))
    assert sum(seen) == 2 * (2 * PAIRS["big"] + 2 * PAIRS["small"] + 1) + 2 * PAIRS["no regions"] + 50
    with pytest.raises(InputError, match="HP tag 3"):
        count_fragments(bam, regions([*WITH_REGIONS, "no regions"]), 2, index=f"{bam}.bai")


@pytest.mark.parametrize("threads", [1, 2])
def test_bad_records_are_refused_as_without_an_index(tmp_path: Path, threads: int) -> None:
    bam = write_bam(tmp_path / "x.bam", big=3)
    with pytest.raises(InputError, match=r"read big_\d+: HP tag 3; only 1 and 2 are known"):
        count_fragments(bam, regions(), threads, index=f"{bam}.bai")
    with pytest.raises(InputError, match="no contig 'other'"):
        count_fragments(bam, Regions(["x"], ["other"], np.array([1]), np.array([2])), index=f"{bam}.bai")


@pytest.mark.parametrize("threads", [1, 2])
def test_damage_in_a_contig_that_is_read_is_refused(tmp_path: Path, threads: int) -> None:
    bam = write_bam(tmp_path / "x.bam")
    set_bytes(bam, bam.stat().st_size // 3, bytes(100))
    with pytest.raises(InputError, match="damaged"):
        count_fragments(bam, regions(), threads, index=f"{bam}.bai")


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    bam = write_bam(tmp_path / "x.bam")
    bam.write_bytes(bam.read_bytes()[: -len(END_OF_FILE)])
    with pytest.raises(InputError, match="no end-of-file block"):
        count_fragments(bam, regions(), 2, index=f"{bam}.bai")
    # Its records are cut short, and somebody put the block behind them.
    bam.write_bytes(bam.read_bytes()[:100_000] + END_OF_FILE)
    with pytest.raises(InputError):
        count_fragments(bam, regions(), 2, index=f"{bam}.bai")


def test_the_index_of_another_bam_is_refused(tmp_path: Path) -> None:
    bam, other = write_bam(tmp_path / "x.bam"), tmp_path / "other.bam"
    mend = rf"{bam}: contig \S.* is not where the index says; run: samtools index {bam}"
    with pysam.AlignmentFile(str(bam)) as source:
        reads = list(source)
        header = source.header
    # Without the first read; without the last one of the contig that is read; with one more on it.
    last = max(index for index, read in enumerate(reads) if read.reference_name == "big")
    for kept in (reads[1:], reads[:last] + reads[last + 1 :], reads[: last + 1] + reads[last:]):
        with pysam.AlignmentFile(str(other), "wb", header=header) as file:
            for read in kept:
                file.write(read)
        pysam.index(str(other))
        for threads in (1, 2):
            with pytest.raises(InputError, match=mend):
                count_fragments(bam, regions(["big"]), threads, index=f"{other}.bai")
    with pysam.AlignmentFile(str(other), "wb", header=header) as file:
        file.write(reads[0])
    pysam.index(str(other))
    np.testing.assert_array_equal(count_fragments(other, regions(), index=f"{other}.bai").sum(), 1)
    with pytest.raises(InputError, match=r"other\.bam: .*; run: samtools index"):
        count_fragments(other, regions(), index=f"{bam}.bai")


@pytest.mark.parametrize("absent", ["big", "small", "one read"])
def test_the_index_of_a_bam_without_reads_of_a_contig_is_refused(
    case: tuple[Path, Path], tmp_path: Path, absent: str
) -> None:
    bam, index = case
    other = tmp_path / "other.bam"
    with (
        pysam.AlignmentFile(str(bam)) as source,
        pysam.AlignmentFile(str(other), "wb", header=source.header) as file,
    ):
        for read in source:
            if read.reference_name != absent:
                file.write(read)
    pysam.index("-c" if index.suffix == ".csi" else "-b", str(other))
    wrong = f"{other}{index.suffix}"
    for sought in ([absent], [absent, "no reads"]):
        with pytest.raises(InputError, match=rf"index (says|lacks contig).*; run: samtools index {bam}"):
            count_fragments(bam, regions(sought), 2, index=wrong)
    # What is asked for decides: another contig may be where it says.
    if absent == "one read":
        whole = count_fragments(bam, regions(["big"]))
        np.testing.assert_array_equal(count_fragments(bam, regions(["big"]), index=wrong), whole)


def test_damaged_offsets_are_refused(tmp_path: Path) -> None:
    """BAI has no checksum: an offset in the midst of a block, or of a record, shows by what stands there."""
    bam = write_bam(tmp_path / "x.bam")
    index = Path(f"{bam}.bai")
    whole = index.read_bytes()
    at = whole.index((37450).to_bytes(4, "little")) + 8
    for offset in (int.from_bytes(whole[at : at + 8], "little") + 1, 1 << 16, 1 << 50):
        set_bytes(index, at, offset.to_bytes(8, "little"))
        with pytest.raises(InputError, match="contig big is not where the index says"):
            count_fragments(bam, regions(), 2, index=index)
    index.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=rf"{index}: no sound index of {bam} .*; run: samtools index {bam}"):
        count_fragments(bam, regions(), 2, index=index)


def test_the_step_says_when_it_cannot_use_an_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import count_alleles

    bam, bed, out = write_bam(tmp_path / "x.bam"), tmp_path / "r.bed", tmp_path / "counts.tsv"
    places = regions()
    rows = zip(places.chrom, places.start, places.end, places.name, strict=True)
    bed.write_text("".join(f"{c}\t{s}\t{e}\t{n}\t0\t.\t{s}\n" for c, s, e, n in rows))
    written, said = [], []
    for action in (lambda: None, lambda: os.utime(f"{bam}.bai", (1, 1)), Path(f"{bam}.bai").unlink):
        action()
        command = ["--bam", bam, "--regions", bed, "--sample", "s", "--threads", "2", "--out", out]
        count_alleles.main(count_alleles.build_parser().parse_args(list(map(str, command))))
        written.append(out.read_bytes())
        said.append(capsys.readouterr().out)
    assert written[0] == written[1] == written[2]
    assert "note" not in said[0]
    assert f"note: {bam}.bai is older than the BAM and not used; make one: samtools index {bam}" in said[1]
    assert f"note: {bam} has no index" in said[2]
