"""Fragment files against sinto on the same BAM, tabix, and the split BAMs' own halves."""

import gzip
import subprocess
import sys
from pathlib import Path

import pysam
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "single_cell"))

from cell_records import Pair, random_pairs, write_bam
from sinto.fragments import fragments as sinto_fragments

from deepallele.allele.names import hash_names, name_words
from deepallele.allele.split import second_half
from deepallele.errors import InputError
from deepallele.single_cell.barcodes import BarcodeIndex
from deepallele.single_cell.fragment_files import FragmentPaths, write_fragments
from deepallele.single_cell.fragments import FragmentReader

NAMES = ("REF", "ALT")


def paths(folder):
    files = [
        folder / f"s.{name}.fragments.tsv.gz"
        for name in ("REF", "ALT", "ambiguous", "REF.split", "ALT.split")
    ]
    return FragmentPaths((files[0], files[1]), files[2], (files[3], files[4]))


def write(folder, pairs, index=None, chunk=1 << 16, hemizygous=()):
    folder.mkdir(exist_ok=True)
    bam = write_bam(folder / "x.bam", pairs)
    reader = FragmentReader(bam, chunk=chunk)
    counts = write_fragments(reader, index or BarcodeIndex(), paths(folder), NAMES, hemizygous)
    return [[tuple(line.split("\t")) for line in text(path)] for path in paths(folder).all], counts


def text(path):
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def by_sinto(folder, bam):
    out = folder / "sinto.bed"
    out.unlink(missing_ok=True)
    # Without `collapse_within` it gives a fragment that two cells share to one of them.
    sinto_fragments(str(bam), str(out), min_mapq=0, nproc=1, chromosomes=None, collapse_within=True)
    return [tuple(line.split("\t")) for line in out.read_text().splitlines()]


def no_shared_ends(pairs):
    """Leave out fragments that share one end in a cell, of which sinto keeps only the most frequent."""
    seen, kept = set(), []
    for pair in pairs:
        ends = {(pair.contig, pair.barcode, "start", pair.start)}
        ends |= {(pair.contig, pair.barcode, "end", pair.start + pair.length)}
        if not ends & seen:
            kept.append(pair)
        seen |= ends
    return kept


def copied(pairs):
    """All copies of each fragment as pairs of their own, which sinto collapses."""
    return [
        Pair(pair.start, pair.length, pair.barcode, None, None, pair.contig, f"{number}.{copy}", pair.cigars)
        for number, pair in enumerate(pairs)
        for copy in range(pair.copies)
    ]


def test_fragments_of_each_class_equal_sintos(tmp_path):
    pairs = no_shared_ends(random_pairs(7, 900))
    found, counts = write(tmp_path / "ours", pairs)
    for kind, rows in zip((1, 2, None), found, strict=False):
        of_class = [pair for pair in pairs if pair.haplotype == kind and pair.barcode]
        bam = write_bam(tmp_path / "class.bam", copied(of_class))
        assert sorted(rows) == sorted(by_sinto(tmp_path, bam))
        assert len(rows) == len(of_class) > 200
    assert counts.without_barcode == sum(pair.barcode is None for pair in pairs) > 10
    assert (counts.mates_missing, counts.too_short, counts.outside_whitelist) == (0, 0, 0)


def test_where_sinto_differs(tmp_path):
    """Fragments of a cell that share one end are one there, and those below 10 bases are none."""
    pairs = [Pair(100), Pair(200, 18), Pair(300, 19), Pair(800, 150), Pair(800, 160)]
    found, _ = write(tmp_path / "ours", pairs)
    theirs = by_sinto(tmp_path, tmp_path / "ours" / "x.bam")
    ours = [row[1:] for row in found[2]]
    rest = [("104", "245", "AAAC", "1"), ("304", "314", "AAAC", "1")]
    ends = [("804", "945", "AAAC", "1"), ("804", "955", "AAAC", "1")]
    assert sorted(ours) == sorted([*rest, ("204", "213", "AAAC", "1"), *ends])
    assert sorted(row[1:] for row in theirs) == [*rest, ("804", "945", "AAAC", "2")]


def test_mates_that_reach_past_each_other_and_deletions(tmp_path):
    """Expected from the definition: start of the forward mate + 4, end of the reverse one - 5."""
    pairs = [
        Pair(100, 20, cigars=("30M", "30M")),  # the reverse mate starts 10 before the forward one
        Pair(300, 120, cigars=("10M40D20M", "12M3D18M")),
        Pair(600, 9, cigars=("30M", "30M")),  # nothing is left between the cuts
        Pair(700, 10, cigars=("30M", "30M")),
    ]
    found, counts = write(tmp_path / "x", pairs)
    assert [row[:3] for row in found[2]] == [
        ("chr1", "104", "115"),
        ("chr1", "304", "415"),
        ("chr1", "704", "705"),
    ]
    assert counts.too_short == 1


def expected_files(pairs, hemizygous=()):
    """All five files from the pairs themselves."""
    rows = {kind: [] for kind in (0, 1, 2, 3, 4)}
    for number, pair in enumerate(pairs):
        start, end = pair.start + 4, pair.start + pair.length - 5
        if pair.barcode is None or start >= end:
            continue
        row = (pair.contig, str(start), str(end), pair.barcode, str(pair.copies or 1))
        kind = {1: 0, 2: 1, None: 2}[pair.haplotype]
        rows[kind].append(row)
        if kind < 2:
            rows[3 + kind].append(row)
        elif pair.contig not in hemizygous:
            names = hash_names(name_words([pair.name or f"r{number}"]))
            rows[3 + int(second_half(names, NAMES)[0])].append(row)
    order = {"chr1": 0, "2": 1}
    return [
        sorted(rows[kind], key=lambda row: (order[row[0]], int(row[1]), int(row[2]), row[3])) for kind in rows
    ]


@pytest.mark.parametrize("chunk", [7, 1 << 16])
def test_all_files_in_order_whatever_the_chunk(tmp_path, chunk):
    pairs = random_pairs(8, 700)
    found, _ = write(tmp_path / "x", pairs, chunk=chunk)
    assert found == expected_files(pairs)
    shares = [len(rows) for rows in found]
    assert shares[3] + shares[4] == sum(shares[:3])
    half = (shares[3] - shares[0]) / shares[2]
    assert 0.35 < half < 0.65
    assert write(tmp_path / "y", pairs, hemizygous=["2"])[0] == expected_files(pairs, ["2"])


def test_a_fragment_of_several_cells_is_one_of_each_in_the_order_of_barcodes(tmp_path):
    long = "A" * 9
    pairs = [Pair(100, barcode=barcode, copies=2) for barcode in ("TC", "CT", long, "CTA", "TCAAAAAAAAAC")]
    found, _ = write(tmp_path / "x", pairs)
    assert [row[3:] for row in found[2]] == [
        (barcode, "2") for barcode in (long, "CT", "CTA", "TC", "TCAAAAAAAAAC")
    ]


def test_a_whitelist_leaves_the_others_out(tmp_path):
    pairs = random_pairs(9, 300)
    allowed = sorted({pair.barcode for pair in pairs if pair.barcode})[:5]
    found, counts = write(tmp_path / "x", pairs, BarcodeIndex(allowed, grows=False))
    assert found == expected_files([pair for pair in _numbered(pairs) if pair.barcode in allowed])
    total = sum(len(rows) for rows in found[:3])
    assert total + counts.outside_whitelist + counts.without_barcode + counts.too_short == len(pairs)


def _numbered(pairs):
    for number, pair in enumerate(pairs):
        pair.name = f"r{number}"
    return pairs


def test_the_files_are_indexed_and_the_same_each_time(tmp_path):
    pairs = random_pairs(10, 400)
    found, _ = write(tmp_path / "x", pairs)
    for path, rows in zip(paths(tmp_path / "x").all, found, strict=True):
        with pysam.TabixFile(str(path)) as file:
            for contig in ("chr1", "2"):
                wanted = [
                    row for row in rows if row[0] == contig and int(row[1]) < 3000 and int(row[2]) > 1000
                ]
                assert [tuple(line.split("\t")) for line in file.fetch(contig, 1000, 3000)] == wanted
        whole = subprocess.run(["bgzip", "-dc", path], check=True, capture_output=True, text=True).stdout
        assert whole.count("\n") == len(rows)
    write(tmp_path / "y", pairs)
    for one, other in zip(paths(tmp_path / "x").all, paths(tmp_path / "y").all, strict=True):
        for end in ("", ".tbi"):
            assert Path(f"{one}{end}").read_bytes() == Path(f"{other}{end}").read_bytes()


def test_classes_without_fragments_have_empty_files(tmp_path):
    found, _ = write(tmp_path / "x", [Pair(100, haplotype=1)])
    assert [len(rows) for rows in found] == [1, 0, 0, 1, 0]
    assert all(Path(f"{path}.tbi").stat().st_size for path in paths(tmp_path / "x").all)


def test_mates_alone_and_duplicates_are_no_fragments(tmp_path):
    pairs = [Pair(100), Pair(300, flag=0x400), Pair(500)]
    bam = write_bam(tmp_path / "x.bam", pairs)
    with (
        pysam.AlignmentFile(str(bam)) as source,
        pysam.AlignmentFile(str(tmp_path / "y.bam"), "wb", template=source) as out,
    ):
        for number, read in enumerate(source):
            if number != 5:
                out.write(read)
    reader = FragmentReader(tmp_path / "y.bam")
    assert [fragments.start.tolist() for fragments in reader] == [[104]]
    assert reader.mates_missing == 1


def test_no_barcode_that_counts_is_told_and_nothing_is_left(tmp_path):
    with pytest.raises(InputError, match="1 fragments have no barcode, 2 one that the whitelist lacks"):
        pairs = [Pair(100, barcode=None), Pair(200), Pair(300)]
        write(tmp_path / "x", pairs, BarcodeIndex(["GGGG"], grows=False))
    assert not list((tmp_path / "x").glob("s.*"))
